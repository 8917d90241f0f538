"""Files that an Office file wraps in OLE objects are read: Office files in their place, others at the end."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import docx
import openpyxl
import pytest
from pptx.util import Inches

from pipeline.convert.limits import MAX_PARTS
from tests.convert.coverage.measured import archive, missing, part, with_parts
from tests.convert.office.test_slides import saved, slides
from tests.support.compound_file import compound_file
from tests.support.documents import pdf, prose
from tests.support.office import add_part, element, paragraph, text_and_warnings

OLE = "application/vnd.openxmlformats-officedocument.oleObject"
CORNER = Inches(1)


def letter(text: str) -> bytes:
    file, buffer = docx.Document(), io.BytesIO()
    file.add_paragraph(text)
    file.save(buffer)
    return buffer.getvalue()


def native(name: str, data: bytes) -> bytes:
    """An object of Windows' packager."""
    names = f"{name}\0C:\\Temp\\{name}\0".encode("cp1252")
    copy = f"C:\\Temp\\{name}\0".encode("cp1252")
    content = (
        b"\x02\0" + names + b"\0\0\x03\0" + struct.pack("<L", len(copy)) + copy + struct.pack("<L", len(data)) + data
    )
    return compound_file({"\x01Ole10Native": struct.pack("<L", len(content)) + content})


def document_with(data: bytes, name: str = "oleObject1.bin", kind: str = OLE, relation: str = "oleObject") -> bytes:
    file = docx.Document()
    file.add_paragraph("Antes.")
    identifier = add_part(file, f"embeddings/{name}", kind, data, relation)
    shown = f'<w:object><o:OLEObject Type="Embed" ProgID="Package" r:id="{identifier}"/></w:object>'
    file.element.body.insert(1, element(paragraph(f"<w:r>{shown}</w:r>")))
    file.add_paragraph("Depois.")
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


ODT = archive(
    {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:text><t:p>Teor interno.</t:p></o:text>'
        "</o:body></o:document-content>",
    }
)
IN_PLACE = ["Antes.", "Teor interno.", "Depois."]


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (native("parecer.docx", letter("Teor interno.")), IN_PLACE),
        (native("nota.txt", b"Teor interno."), IN_PLACE),
        (compound_file({"Package": letter("Teor interno.")}), IN_PLACE),
        (native("laudo.pdf", pdf(prose("Teor interno."))), ["Antes.", "Depois.", "laudo.pdf", "Teor interno."]),
        (
            compound_file({"CONTENTS": pdf(prose("Teor interno."))}),
            ["Antes.", "Depois.", "documento.pdf", "Teor interno."],
        ),
        (
            native("carta.eml", b"From: a@b.br\nSubject: Aviso\n\nTeor interno.\n"),
            ["Antes.", "Depois.", "carta.eml", "Aviso", "From: a@b.br", "Teor interno."],
        ),
    ],
    ids=["docx", "txt", "package", "pdf", "acrobat", "eml"],
)
def test_the_file_in_an_object_is_read(data: bytes, texts: list[str], tmp_path: Path) -> None:
    text, warnings = text_and_warnings(tmp_path, document_with(data), "docx")
    assert (text.split("\n\n"), warnings) == (texts, ())


@pytest.mark.parametrize(
    "data",
    [
        compound_file({"Equation Native": b"\x1c\0"}),
        compound_file({"CONTENTS": b"\0\1\2"}),
        compound_file({"\x01Ole10Native": b"\0" * 40}),
        native("programa.exe", b"MZ\0\1"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ],
    ids=["equation", "unknown", "empty", "program", "damaged"],
)
def test_an_object_that_holds_no_document_is_named(data: bytes, tmp_path: Path) -> None:
    assert text_and_warnings(tmp_path, document_with(data), "docx") == (
        "Antes.\n\nDepois.",
        ("1 embedded file was not read.",),
    )


def test_objects_in_slides_and_sheets_are_read_alike(tmp_path: Path) -> None:
    file, (slide,) = slides()
    slide.shapes.add_ole_object(io.BytesIO(native("nota.txt", b"Teor interno.")), "Package", CORNER, CORNER)
    assert text_and_warnings(tmp_path, saved(file), "pptx") == ("Teor interno.", ())
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = "Antes."
    book.save(buffer)
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/oleObject" '
        'Target="../embeddings/oleObject1.bin"/></Relationships>'
    )
    types = part(buffer.getvalue(), "[Content_Types].xml").replace(
        "</Types>", f'<Default Extension="bin" ContentType="{OLE}"/></Types>'
    )
    parts: dict[str, str | bytes] = {
        "xl/embeddings/oleObject1.bin": native("nota.txt", b"Teor interno."),
        "xl/worksheets/_rels/sheet1.xml.rels": relations,
        "[Content_Types].xml": types,
    }
    assert text_and_warnings(tmp_path, with_parts(buffer.getvalue(), parts), "xlsx") == ("Antes.\n\nTeor interno.", ())


def test_an_embedded_document_is_read_in_its_place_to_the_second(tmp_path: Path) -> None:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    inner = document_with(letter("Fundo."), "b.docx", kind, "package")
    text, warnings = text_and_warnings(tmp_path, document_with(inner, "a.docx", kind, "package"), "docx")
    assert (text.split("\n\n"), warnings) == (["Antes.", "Antes.", "Fundo.", "Depois.", "Depois."], ())


def test_an_object_that_is_shown_by_the_hundred_is_read_once(tmp_path: Path) -> None:
    shown = document_with(native("nota.txt", b"Teor interno."))
    body = part(shown, "word/document.xml")
    run = body[body.index("<w:object>") : body.index("</w:object>") + len("</w:object>")]
    text, warnings = text_and_warnings(
        tmp_path, with_parts(shown, {"word/document.xml": body.replace(run, run * (MAX_PARTS + 3))}), "docx"
    )
    assert text.count("Teor interno.") == 1
    assert warnings == ()


def test_what_an_object_holds_is_counted() -> None:
    assert missing(document_with(native("laudo.pdf", pdf(prose("Teor interno.")))), "docx", "Antes. Depois.") == {
        "embedded_object": (2, ("embedded object 1, page 1",))
    }
    found = missing(document_with(compound_file({"EmbeddedOdf": ODT})), "docx", "Antes. Depois.")
    assert found["embedded_object"][0] == 2
