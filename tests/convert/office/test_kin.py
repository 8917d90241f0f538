"""Office files in Strict OOXML, with macros, and templates are read like their plain kin."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image
from pptx.util import Inches

from tests.support.documents import png
from tests.support.office import text_and_warnings, text_of

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


BITMAP = b"\x51\0\0\0\x50\0\0\0" + b"\0" * 72
EMF = b"\x01\0\0\0\x6c\0\0\0" + b"\0" * 32 + b" EMF" + b"\0" * 64 + BITMAP


def _with_picture(kind: str) -> bytes:
    picture, buffer = io.BytesIO(png(Image.new("RGB", (8, 8)))), io.BytesIO()
    if kind == "docx":
        file = docx.Document()
        file.add_paragraph("corpo")
        file.add_picture(picture)
        file.save(buffer)
    elif kind == "pptx":
        slides = pptx.Presentation()
        slide = slides.slides.add_slide(slides.slide_layouts[5])
        slide.shapes.title.text = "corpo"
        slide.shapes.add_picture(picture, Inches(1), Inches(1))
        slides.save(buffer)
    else:
        book = openpyxl.Workbook()
        book.active.append(("corpo",))
        book.active.add_image(SheetImage(picture), "D2")
        book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_metafiles_are_counted_and_start_no_other_program(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a document started a program")

    text_of(tmp_path, made(kind), kind)  # what Docling imports for its first document starts programs, too
    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    data, buffer = _with_picture(kind), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = EMF if name.endswith("/image1.png") else old.read(name)
            part = part.replace(b"image1.png", b"image1.emf").replace(b'Extension="png"', b'Extension="emf"')
            new.writestr(name.replace("image1.png", "image1.emf"), part)
    assert text_and_warnings(tmp_path, buffer.getvalue(), kind) == ("corpo", ("1 picture was not read.",))


@pytest.mark.parametrize("extension", KIN)
def test_files_with_macros_and_templates_are_read(tmp_path: Path, extension: str) -> None:
    plain, other = KIN[extension]
    kind = PLAIN[extension[0]]

    def renamed(_: str, part: bytes) -> bytes:
        return part.replace((b"" if other.startswith(MAIN) else MAIN) + plain, other.removeprefix(MAIN))

    assert text_of(tmp_path, changed(made(kind), renamed), kind) == "corpo"


def test_a_file_is_known_whose_main_part_has_a_number(tmp_path: Path) -> None:
    """As SharePoint writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made("docx"))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            renamed = name.replace("document.xml", "document2.xml")
            new.writestr(renamed, old.read(name).replace(b"word/document.xml", b"word/document2.xml"))
    assert text_of(tmp_path, buffer.getvalue()) == "corpo"
