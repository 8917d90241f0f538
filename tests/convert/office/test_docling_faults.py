"""Docling still has the faults that Office files are rewritten for; where a test fails, delete the work-around."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from docling.datamodel.base_models import DocumentStream
from docling_core.types.doc import ContentLayer, DoclingDocument

from pipeline.convert.converter import document_converter
from pipeline.settings.sections import ConversionSettings
from tests.convert.office.test_slides import saved as saved_slides
from tests.convert.office.test_slides import shape, slides
from tests.convert.office.test_workbook import saved as saved_book
from tests.convert.office.test_workbook import workbook
from tests.support.office import add_notes, element, paragraph, row, run, saved, table, word


def by_docling(data: bytes, extension: str) -> DoclingDocument:
    stream = DocumentStream(name=f"document.{extension}", stream=io.BytesIO(data))
    return document_converter(ConversionSettings()).convert(stream).document


def texts(document: DoclingDocument) -> str:
    body = [item.text for item in document.texts if item.content_layer == ContentLayer.BODY]
    return " ".join(body + [cell.text for one in document.tables for cell in one.data.table_cells])


WRAPPED = "<w:sdt><w:sdtContent><w:r><w:t>controlado</w:t></w:r></w:sdtContent></w:sdt>"
FAULTS = {
    "cells lose content controls": table(row(WRAPPED, run("b")), row(run("c"), run("d"))),
    "moved text is lost": paragraph(f'<w:moveTo w:id="1" w:author="a">{run("controlado")}</w:moveTo>'),
    "custom XML is lost": f'<w:customXml w:uri="u" w:element="e">{paragraph(run("controlado"))}</w:customXml>',
    "symbols are lost": paragraph('<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>', run("α-")).replace("α-", "x"),
}


@pytest.mark.parametrize("block", FAULTS.values(), ids=FAULTS)
def test_wrapped_text_of_word_is_lost(block: str) -> None:
    read = texts(by_docling(saved(word(block)), "docx"))
    assert "controlado" not in read
    assert "α" not in read


def test_runs_of_word_are_stripped() -> None:
    document = by_docling(saved(word(paragraph(run("preg"), run("ão", "<w:b/>"), run(" ")))), "docx")
    assert [item.text for item in document.texts] == ["preg", "ão"]


def test_notes_and_running_headers_of_word_are_furniture() -> None:
    file = word(paragraph(run("Corpo"), '<w:r><w:footnoteReference w:id="2"/></w:r>'))
    add_notes(file, "footnote", _2=paragraph(run("nota")))
    file.sections[0].header.paragraphs[0].text = "cabeçalho"
    assert texts(by_docling(saved(file), "docx")) == "Corpo"


def test_a_comment_in_the_xml_of_word_is_fatal() -> None:
    with pytest.raises(RuntimeError):
        by_docling(saved(word(paragraph(run("a")), paragraph("<!-- x -->", run("b")))), "docx")


def test_descriptions_of_pictures_are_lost(tmp_path: Path) -> None:
    del tmp_path
    drawing = '<w:drawing><wp:inline><wp:docPr id="1" name="x" descr="mapa"/></wp:inline></w:drawing>'
    assert texts(by_docling(saved(word(paragraph(run("a"), f"<w:r>{drawing}</w:r>"))), "docx")) == "a"


def test_files_to_be_read_in_are_lost() -> None:
    file = docx.Document()
    file.element.body.insert(0, element('<w:altChunk r:id="rId99"/>'))
    assert not texts(by_docling(saved(file), "docx"))


def test_cells_beyond_the_declared_columns_are_lost() -> None:
    assert "c" not in texts(by_docling(saved(word(table(row(run("a"), run("b"), run("c"))))), "docx"))


def test_cells_of_a_workbook_hold_stored_numbers() -> None:
    file, sheet = workbook(("a", 0.125))
    sheet["B1"].number_format = "0.0%"
    assert texts(by_docling(saved_book(file), "xlsx")) == "a 0.125"


def test_hidden_sheets_and_slides_are_invisible() -> None:
    file, (slide,) = slides()
    slide.shapes._spTree.append(element(shape("oculto")))
    slide._element.set("show", "0")
    assert not texts(by_docling(saved_slides(file), "pptx"))
    book = openpyxl.Workbook()
    book.create_sheet("b").append(("oculto",))
    book.worksheets[1].sheet_state = "hidden"
    assert [group.content_layer for group in by_docling(saved_book(book), "xlsx").groups][1] == ContentLayer.INVISIBLE


def test_alternates_on_slides_are_lost() -> None:
    file = pptx.Presentation()
    slide = file.slides.add_slide(file.slide_layouts[6])
    choice = f'<mc:Choice Requires="a">{shape("novo")}</mc:Choice><mc:Fallback>{shape("antigo")}</mc:Fallback>'
    slide.shapes._spTree.append(element(f"<mc:AlternateContent>{choice}</mc:AlternateContent>"))
    assert not texts(by_docling(saved_slides(file), "pptx"))


@pytest.mark.parametrize(("extension", "page"), [("html", "<p>preg<b>ão</b></p>"), ("md", "preg**ão**")])
def test_runs_of_pages_are_stripped(extension: str, page: str) -> None:
    from docling.datamodel.base_models import InputFormat
    from docling.document_converter import DocumentConverter

    converter = DocumentConverter(allowed_formats=[InputFormat.HTML, InputFormat.MD])
    stream = DocumentStream(name=f"document.{extension}", stream=io.BytesIO(page.encode()))
    assert [item.text for item in converter.convert(stream).document.texts if item.text] == ["preg", "ão"]
