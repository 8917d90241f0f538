"""Office files in Strict OOXML, with macros, and templates are read like their plain kin."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from tests.support.office import text_of

TRANSITIONAL = re.compile(rb"http://schemas\.openxmlformats\.org/(\w+)/2006/(main|relationships|wordprocessingDrawing)")
STRICT = rb"http://purl.oclc.org/ooxml/\1/\2"
MAIN = b"openxmlformats-officedocument."
KIN = {
    "docm": (b"wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"),
    "dotx": (b"wordprocessingml.document.main", MAIN + b"wordprocessingml.template.main"),
    "pptm": (b"presentationml.presentation.main", b"ms-powerpoint.presentation.macroEnabled.main"),
    "ppsx": (b"presentationml.presentation.main", MAIN + b"presentationml.slideshow.main"),
    "xlsm": (b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"),
    "xltx": (b"spreadsheetml.sheet.main", MAIN + b"spreadsheetml.template.main"),
}
PLAIN = {"d": "docx", "p": "pptx", "x": "xlsx"}


def made(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "docx":
        file = docx.Document()
        file.add_paragraph("corpo")
        file.save(buffer)
    elif kind == "pptx":
        slides = pptx.Presentation()
        slides.slides.add_slide(slides.slide_layouts[5]).shapes.title.text = "corpo"
        slides.save(buffer)
    else:
        book = openpyxl.Workbook()
        book.active.append(("corpo",))
        book.save(buffer)
    return buffer.getvalue()


def changed(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_strict_files_are_read(tmp_path: Path, kind: str) -> None:
    def strict(name: str, part: bytes) -> bytes:
        return part if name == "[Content_Types].xml" else TRANSITIONAL.sub(STRICT, part)

    assert text_of(tmp_path, changed(made(kind), strict), kind) == "corpo"


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_xml_comments_are_no_obstacle_in_any_part(tmp_path: Path, kind: str) -> None:
    def commented(_: str, part: bytes) -> bytes:
        return re.sub(
            rb"(<(?:w:p|w:style|w:lvl|p:sp|a:p|row|c|si|font|Override)\b[^>]*(?<!/)>)", rb"\1<!-- x -->", part
        )

    assert text_of(tmp_path, changed(made(kind), commented), kind) == "corpo"


@pytest.mark.parametrize("extension", KIN)
def test_files_with_macros_and_templates_are_read(tmp_path: Path, extension: str) -> None:
    plain, other = KIN[extension]
    kind = PLAIN[extension[0]]

    def renamed(_: str, part: bytes) -> bytes:
        return part.replace((b"" if other.startswith(MAIN) else MAIN) + plain, other.removeprefix(MAIN))

    assert text_of(tmp_path, changed(made(kind), renamed), kind) == "corpo"
