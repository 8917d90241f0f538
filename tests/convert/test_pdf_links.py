"""Where the links of a PDF lead stands behind their text, as in every other format."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pytest
from docling_core.types.doc import DoclingDocument
from pikepdf import Array, Dictionary, Name, Pdf, String
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.convert.pdf_file import turn_pages
from pipeline.convert.text_export import text_of
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.convert.coverage.measured import left_out, missing
from tests.support.documents import converted

NO_OCR = ConversionSettings(ocr_engine="none")
FONT, SIZE = "Helvetica", 11
Link = tuple[str, str]
"""A part of a line, and where it leads."""


def linked(*lines: tuple[str, Iterable[Link]]) -> bytes:
    """A page of lines, of which the given parts are links."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setFont(FONT, SIZE)
    for number, (text, links) in enumerate(lines):
        left, base = 72.0, 700 - 15.0 * number
        canvas.drawString(left, base, text)
        for part, address in links:
            start = left + canvas.stringWidth(text[: text.index(part)], FONT, SIZE)
            canvas.linkURL(address, (start, base - 3, start + canvas.stringWidth(part, FONT, SIZE), base + 9))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read(folder: Path, data: bytes) -> tuple[DoclingDocument, Conversion]:
    source = folder / "document.pdf"
    source.write_bytes(data)
    return converted(source, NO_OCR)


OVER_LINES = "https://a.br/um/dois"
HYPHENED = "https://a.br/um-dois"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("Leia o edital, já.", [("edital", "https://a.br/e?x=1")])], "Leia o edital (https://a.br/e?x=1), já."),
        ([("Fim: o edital.", [("edital.", "https://a.br/e")])], "Fim: o edital. (https://a.br/e)"),
        ([("Escreva a nós", [("nós", "mailto:a@b.br?subject=x")])], "Escreva a nós (a@b.br)"),
        ([("Em www.gov.br/x há mais", [("www.gov.br/x", "https://www.gov.br/x/")])], "Em www.gov.br/x há mais"),
        ([("Veja o anexo", [("anexo", "anexo.pdf")])], "Veja o anexo"),
        (
            [("Um e dois", [("Um", "https://a.br/1"), ("dois", "https://a.br/2")])],
            "Um (https://a.br/1) e dois (https://a.br/2)",
        ),
        (
            [("Vale o edital que", [("edital que", HYPHENED)]), ("está aqui, hoje.", [("está aqui", HYPHENED)])],
            f"Vale o edital que está aqui ({HYPHENED}), hoje.",
        ),
        (
            [("Em https://a.br/um/", [("https://a.br/um/", OVER_LINES)]), ("dois há", [("dois", OVER_LINES)])],
            "Em https://a.br/um/ dois há",
        ),
        (
            [("Em https://a.br/um-", [("https://a.br/um-", HYPHENED)]), ("dois há", [("dois", HYPHENED)])],
            f"Em https://a.br/umdois ({HYPHENED}) há",
        ),
    ],
    ids=["amid", "at the end", "mail", "said", "in the site", "two", "over two lines", "said over two", "hyphened"],
)
def test_an_address_stands_once_behind_its_text(
    lines: list[tuple[str, list[Link]]], expected: str, tmp_path: Path
) -> None:
    document, conversion = read(tmp_path, linked(*lines))
    assert text_of(document) == expected
    assert (conversion.text_coverage, conversion.missing) == (1.0, ())


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_links_of_turned_pages_keep_their_addresses(rotation: int, tmp_path: Path) -> None:
    lines = [("Leia o edital completo antes de tudo.", [("edital", "https://a.br/e")])]
    document, _ = read(tmp_path, turn_pages(linked(*lines), {1: rotation}))
    assert "edital (https://a.br/e) completo" in " ".join(item.text for item in document.texts)


def test_a_link_of_a_picture_leaves_its_address(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.drawString(72, 700, "Texto da folha.")
    canvas.linkURL("https://a.br/icone", (300, 400, 340, 440))
    canvas.save()
    document, _ = read(tmp_path, buffer.getvalue())
    assert text_of(document) == "Texto da folha.\n\n(https://a.br/icone)"


def test_a_link_in_a_table_stands_in_its_cell(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.grid([72, 200, 328], [700, 680, 660])
    for row, texts in enumerate((("Norma", "Onde"), ("Lei 8.112", "texto integral"))):
        for column, text in enumerate(texts):
            canvas.drawString(76 + 128 * column, 685 - 20 * row, text)
    canvas.linkURL("https://a.br/lei", (204, 662, 280, 676))
    canvas.save()
    document, _ = read(tmp_path, buffer.getvalue())
    assert [cell.text for cell in document.tables[0].data.table_cells][-1] == "texto integral (https://a.br/lei)"


def test_hidden_links_are_not_read(tmp_path: Path) -> None:
    data = linked(("Texto da folha.", []))
    with Pdf.open(io.BytesIO(data)) as document:
        action = Dictionary(S=Name.URI, URI=String("https://a.br/oculto"))
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([72, 690, 90, 710]), F=2, A=action)
        document.pages[0].Annots = Array([document.make_indirect(link)])
        buffer = io.BytesIO()
        document.save(buffer)
    converted_document, conversion = read(tmp_path, buffer.getvalue())
    assert (text_of(converted_document), conversion.missing) == ("Texto da folha.", ())


def test_an_address_that_the_text_lacks_is_counted() -> None:
    data = linked(
        ("Leia o edital.", [("edital", "https://a.br/regras")]), ("E o edital.", [("edital", "https://a.br/regras")])
    )
    assert missing(data, "pdf", "Leia o edital. E o edital.") == {"link": (4, ("page 1, link",))}
    assert missing(data, "pdf", "Leia o edital (https://a.br/regras). E o edital.") == {}
    assert left_out(data, "pdf", "Leia o edital (https://a.br/regras). E o edital.") == {}
