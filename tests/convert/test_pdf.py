"""What a digital PDF becomes, and which PDFs are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF

from pipeline.convert.text_export import document_text
from pipeline.datadir import files
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import PARAGRAPH, body_texts, converted, pdf, prose

NO_OCR = ConversionSettings(ocr_engine="none")


def two_columns(page: FPDF) -> None:
    for column, x in (("esquerda", 15), ("direita", 110)):
        page.set_xy(x, 30)
        for number in range(1, 13):
            page.set_x(x)
            page.cell(80, 6, f"Linha {number:02d} da coluna {column} do texto", new_x="LMARGIN", new_y="NEXT")


def ruled_table(page: FPDF) -> None:
    page.multi_cell(0, 6, PARAGRAPH)
    page.ln(6)
    with page.table() as table:
        for cells in (("Curso", "Vagas", "Turno"), ("Direito", "40", "noturno"), ("Física", "25", "integral")):
            row = table.row()
            for cell in cells:
                row.cell(cell)


def letter(number: int) -> str:
    return f"Ofício {number}. {PARAGRAPH}"


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    source = tmp_path / "columns.pdf"
    source.write_bytes(pdf(two_columns))
    document, _ = converted(source, NO_OCR)
    text = " ".join(body_texts(document))
    assert text.index("Linha 12 da coluna esquerda") < text.index("Linha 01 da coluna direita")


def test_a_ruled_table_keeps_its_cells(tmp_path: Path) -> None:
    source = tmp_path / "table.pdf"
    source.write_bytes(pdf(ruled_table))
    document, _ = converted(source, NO_OCR)
    (table,) = document.tables
    rows = [[cell.text for cell in row] for row in table.data.grid]
    assert rows == [["Curso", "Vagas", "Turno"], ["Direito", "40", "noturno"], ["Física", "25", "integral"]]
    assert PARAGRAPH in body_texts(document)


def test_a_wrapped_paragraph_is_one_text_and_a_large_line_a_heading(tmp_path: Path) -> None:
    def draw(page: FPDF) -> None:
        page.set_font("Helvetica", style="B", size=18)
        page.cell(0, 12, "Regulamento de compras", new_x="LMARGIN", new_y="NEXT")
        page.set_font("Helvetica", size=11)
        prose(PARAGRAPH, PARAGRAPH[::-1])(page)

    source = tmp_path / "heading.pdf"
    source.write_bytes(pdf(draw))
    document, _ = converted(source, NO_OCR)
    assert [item.label.value for item in document.texts if item.text == "Regulamento de compras"] == ["title"]
    assert PARAGRAPH in body_texts(document)


def test_lines_that_repeat_on_every_page_are_text_once(tmp_path: Path) -> None:
    def page(number: int) -> Callable[[FPDF], None]:
        def draw(document: FPDF) -> None:
            document.set_y(12)
            document.multi_cell(0, 6, f"Universidade Federal, Pró-Reitoria de Graduação. {PARAGRAPH}")
            document.set_y(80)
            prose(letter(number))(document)

        return draw

    source = tmp_path / "letters.pdf"
    source.write_bytes(pdf(*(page(number) for number in range(1, 5))))
    document, _ = converted(source, NO_OCR)
    assert len([text for text in body_texts(document) if "Pró-Reitoria" in text]) == 1
    exported = document_text(tmp_path / "letters.pdf.document.json")
    assert exported.count("Pró-Reitoria") == 1
    assert "Ofício 4." in exported


def test_a_line_in_the_margin_of_one_page_is_text_and_a_page_number_is_not(tmp_path: Path) -> None:
    def draw(document: FPDF) -> None:
        document.set_y(8)
        document.cell(0, 6, "Portaria 41 de 2024", new_x="LMARGIN", new_y="NEXT")
        document.set_y(80)
        prose(PARAGRAPH)(document)
        document.set_auto_page_break(False)
        document.set_y(285)
        document.cell(0, 6, "Página 1 de 1", align="C")

    source = tmp_path / "order.pdf"
    source.write_bytes(pdf(draw))
    texts = body_texts(converted(source, NO_OCR)[0])
    assert "Portaria 41 de 2024" in texts
    assert not [text for text in texts if "Página" in text]


def test_text_drawn_twice_to_look_bold_is_read_once(tmp_path: Path) -> None:
    def draw(page: FPDF) -> None:
        prose(PARAGRAPH)(page)
        for shift in (0.0, 0.5):
            page.text(20 + shift, 100, "Prazo improrrogável")

    source = tmp_path / "shadow.pdf"
    source.write_bytes(pdf(draw))
    document, _ = converted(source, NO_OCR)
    assert " ".join(body_texts(document)).count("improrrogável") == 1


def test_a_blank_page_costs_no_ocr_and_is_reported(tmp_path: Path) -> None:
    source = tmp_path / "blank.pdf"
    source.write_bytes(pdf(prose()))
    _, conversion = converted(source)
    assert conversion.page_count == 1
    assert not conversion.ocr_applied
    assert conversion.quality_score == 0
    assert conversion.warnings == ("No text was found in the document.",)


def test_the_same_content_gives_the_same_bytes_whatever_the_file_is_called(tmp_path: Path) -> None:
    first, second = tmp_path / "a.pdf", tmp_path / "outro nome.pdf"
    for source in (first, second):
        source.write_bytes(pdf(ruled_table))
        converted(source, NO_OCR)
    one, other = (tmp_path / f"{source.name}.document.json" for source in (first, second))
    assert files.read_sealed(one) == files.read_sealed(other)
    assert b"outro nome" not in other.read_bytes()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf(prose(PARAGRAPH), password="segredo"), ErrorCode.ENCRYPTED),  # noqa: S106
        (b"%PDF-1.7\nthis was a document once", ErrorCode.CORRUPT),
        (b"not a PDF at all", ErrorCode.CORRUPT),
        (b"", ErrorCode.CORRUPT),
    ],
    ids=["encrypted", "damaged", "other content", "empty"],
)
def test_a_pdf_that_cannot_be_read_says_why_and_leaves_no_file(tmp_path: Path, data: bytes, code: ErrorCode) -> None:
    source = tmp_path / "bad.pdf"
    source.write_bytes(data)
    with pytest.raises(PermanentError) as raised:
        converted(source)
    assert raised.value.code == code
    assert str(tmp_path) not in str(raised.value)
    assert list(tmp_path.iterdir()) == [source]


def test_a_pdf_with_too_many_pages_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "long.pdf"
    source.write_bytes(pdf(*[prose("página")] * 3))
    with pytest.raises(PermanentError, match=r"3 pages, more than \[conversion\] max_pages = 2") as raised:
        converted(source, ConversionSettings(max_pages=2))
    assert raised.value.code == ErrorCode.TOO_LONG


def test_facts_of_a_digital_pdf(tmp_path: Path) -> None:
    source = tmp_path / "facts.pdf"
    source.write_bytes(pdf(prose(PARAGRAPH), prose(PARAGRAPH)))
    _, conversion = converted(source)
    assert conversion.engine == "rules"
    assert conversion.page_count == 2
    assert not conversion.ocr_applied
    assert conversion.ocr_confidence is None
    assert conversion.quality_score > 0.9
    assert set(conversion.versions) == {"docling", "docling-core", "docling-parse"}


def test_an_artifacts_folder_without_models_says_how_to_get_them(tmp_path: Path) -> None:
    source = tmp_path / "any.pdf"
    source.write_bytes(pdf(prose(PARAGRAPH)))
    with pytest.raises(ConfigurationError, match="docling-tools models download"):
        converted(source, ConversionSettings(artifacts_path=tmp_path))
