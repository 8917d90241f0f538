"""Text is harmless for the place that shows it, and stays readable."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from markupsafe import Markup

from pipeline.errors.escaping import for_html, for_json, for_luigid, for_page, for_terminal, one_line
from tests.support.paths import ROOT

PLAIN = "Portaria nº 7 – “férias”, ação, 日本語, 🎉, soft\u00adhyphen, não\u00a0quebra"
EVERYTHING = "".join(map(chr, range(0x20000)))
OBEYED = {"Cc", "Cs", "Zl", "Zp"}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def obeyed(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in OBEYED or each in BIDI}


def test_of_all_characters_a_terminal_gets_only_text_and_lines() -> None:
    assert obeyed(for_terminal(EVERYTHING)) == {"\t", "\n"}
    assert one_line(EVERYTHING).isprintable()


def test_ordinary_text_stays_as_it_is() -> None:
    assert for_terminal(PLAIN) == PLAIN
    assert for_page(PLAIN) == PLAIN
    assert json.loads(for_json(json.dumps(PLAIN, ensure_ascii=False))) == PLAIN


def test_one_line_is_one_line() -> None:
    assert one_line("a\n b\r\n\x1b[2J\u202e") == r"a b \x1b[2J\u202e"


def test_a_name_keeps_its_spaces_so_that_it_can_be_typed_again() -> None:
    assert one_line("30-Aprovados/NOR-007  Parte 2.pdf") == "30-Aprovados/NOR-007  Parte 2.pdf"
    assert one_line(" a \n\n  b\t") == "a b"


def test_everything_is_printed_by_the_console_that_escapes() -> None:
    own = ROOT / "pipeline" / "monitoring" / "console.py"
    others = [file for file in (ROOT / "pipeline").rglob("*.py") if file != own]
    direct = [
        file.name for file in others if re.search(r"(?<!Safe)Console\(|rich import print", file.read_text("utf-8"))
    ]
    assert direct == []


@pytest.mark.parametrize("form", ["indent", "line"])
def test_json_stays_the_same_json(form: str) -> None:
    text = "".join(each for each in EVERYTHING if not 0xD800 <= ord(each) <= 0xDFFF) + "\U000e0041"
    document = json.dumps({text: [text]}, ensure_ascii=False, indent=1 if form == "indent" else None)
    shown = for_json(document)
    assert obeyed(shown) <= {"\n"}
    assert json.loads(shown) == {text: [text]}


def test_pages_get_no_markup_and_markup_stays() -> None:
    assert for_html("<b>&\u202e'\"") == "&lt;b&gt;&amp;\\u202e&#x27;&quot;"
    assert for_luigid("<img src=x\n>") == "&lt;img src=x &gt;"


def test_a_message_of_a_task_fits_the_box_of_luigids_page() -> None:
    message = "not reached: convert failed: The PDF cannot be opened: export it again from its origin. (corrupt)"
    lines = for_luigid(message).split("\n")
    assert (len(lines), " ".join(lines)) == (2, message)
    markup = Markup("<b>\u202e</b>")
    assert for_page(markup) is markup
    assert for_page(7) == 7
