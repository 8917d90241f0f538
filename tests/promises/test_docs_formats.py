"""The table of formats names every extension that is read, and no other."""

from __future__ import annotations

import re

from pipeline.convert.formats import KIND_OF_EXTENSION, KNOWN_EXTENSIONS
from pipeline.convert.legacy_office.libreoffice import SUCCESSOR
from tests.support.paths import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").partition("\n## ")[0].splitlines()
    if line.startswith("| ") and "`" in line
]


def extensions(row: list[str]) -> list[str]:
    return re.findall(r"`(\w+)`", row[1])


def test_the_table_names_every_extension_once() -> None:
    named = [extension for row in ROWS for extension in extensions(row)]
    assert sorted(named) == sorted(KNOWN_EXTENSIONS)


def test_the_table_says_what_needs_libreoffice() -> None:
    needing = {extension for row in ROWS if row[4] == "LibreOffice" for extension in extensions(row)}
    assert needing == {
        extension for extension in KNOWN_EXTENSIONS if KIND_OF_EXTENSION.get(extension, extension) in SUCCESSOR
    }


def test_the_table_says_of_each_format_what_is_read() -> None:
    assert all(len(row) == 5 and row[2] not in ("", "–") for row in ROWS)
