"""Coverage of files that tests make, held against a text that they choose."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from pipeline.convert.coverage import Coverage, measure
from pipeline.convert.text import text_document

NOTHING = ""


def measured(data: bytes, kind: str, text: str = NOTHING) -> Coverage:
    return measure(data, kind, text_document(text))


def missing(data: bytes, kind: str, text: str = NOTHING) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Kind -> words and places of what the text lacks."""
    return {gap.kind: (gap.words, gap.places) for gap in measured(data, kind, text).missing}


def left_out(data: bytes, kind: str, text: str = NOTHING) -> dict[str, int]:
    return {gap.kind: gap.words for gap in measured(data, kind, text).left_out}


def with_parts(data: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """A zipped document with parts added, or put in place of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return buffer.getvalue()


def part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()
