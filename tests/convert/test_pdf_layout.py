"""How the pages of a PDF become one text: running lines, watermarks, turned text, drop caps, tables over pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from docling_core.types.doc import DoclingDocument, TableItem
from fpdf import FPDF

from pipeline.settings.sections import ConversionSettings
from tests.support.documents import PARAGRAPH, Draw, body_texts, converted, pdf, prose

NO_OCR = ConversionSettings(ocr_engine="none")
HEADINGS = ("title", "section_header")


def document_of(folder: Path, *pages: Draw) -> DoclingDocument:
    source = folder / "document.pdf"
    source.write_bytes(pdf(*pages))
    return converted(source, NO_OCR)[0]


def labels(document: DoclingDocument, text: str) -> list[str]:
    return [item.label.value for item in document.texts if text in item.text]


def at(y: float, text: str, x: float = 10, size: float = 11) -> Draw:
    """A line that stands so many millimetres below the upper edge."""

    def draw(page: FPDF) -> None:
        page.set_font("Helvetica", size=size)
        page.text(x, y, text)
        page.set_font("Helvetica", size=11)

    return draw


def together(*drawings: Draw) -> Draw:
    def draw(page: FPDF) -> None:
        for drawing in drawings:
            drawing(page)

    return draw


def body(*paragraphs: str, top: float = 40) -> Draw:
    def draw(page: FPDF) -> None:
        page.set_y(top)
        prose(*paragraphs)(page)

    return draw


def tilted(text: str, degrees: float, x: float = 60, y: float = 200, size: float = 60) -> Draw:
    def draw(page: FPDF) -> None:
        page.set_font("Helvetica", size=size)
        with page.rotation(degrees, x, y):
            page.text(x, y, text)
        page.set_font("Helvetica", size=11)

    return draw


def filler(number: int) -> str:
    return f"Item {number}. {PARAGRAPH}"


def test_a_running_header_and_footer_are_said_once(tmp_path: Path) -> None:
    def page(number: int) -> Draw:
        return together(
            at(12, "Processo 48500.009876/2025-11"),
            body(filler(number)),
            at(288, f"Documento 7654321, página {number} de 4"),
        )

    texts = body_texts(document_of(tmp_path, *map(page, range(1, 5))))
    assert texts[0] == "Processo 48500.009876/2025-11"
    assert [text for text in texts if "Processo 48500" in text] == texts[:1]
    assert [text for text in texts if "7654321" in text] == ["Documento 7654321, página 1 de 4"]


def test_each_of_several_process_numbers_is_said_once(tmp_path: Path) -> None:
    numbers = ["100", "100", "100", "200", "200", "200"]
    pages = [together(at(12, f"Processo {number}/2025"), body(filler(i))) for i, number in enumerate(numbers)]
    texts = body_texts(document_of(tmp_path, *pages))
    assert [text for text in texts if "Processo" in text] == ["Processo 100/2025", "Processo 200/2025"]


def test_headers_of_several_lines_keep_their_order(tmp_path: Path) -> None:
    page = [together(at(10, "Ministério", size=14), at(20, "Secretaria 9"), body(filler(i))) for i in range(4)]
    texts = body_texts(document_of(tmp_path, *page))
    assert texts[:2] == ["Ministério", "Secretaria 9"]


def test_running_lines_break_no_paragraph_over_pages(tmp_path: Path) -> None:
    start, end = "O prazo para a entrega dos documentos corre a partir da", "publicação deste edital no portal."
    pages = [
        together(at(12, "Processo 9/2025"), at(270, start), at(288, "Câmara 7")),
        together(at(12, "Processo 9/2025"), at(30, end), at(288, "Câmara 7")),
    ]
    texts = body_texts(document_of(tmp_path, *pages))
    assert f"{start} {end}" in texts


def test_page_numbers_alone_are_never_text(tmp_path: Path) -> None:
    pages = [together(body(filler(i)), at(288, f"Página {i + 1} de 3")) for i in range(3)]
    assert not [text for text in body_texts(document_of(tmp_path, *pages)) if "Página" in text]


@pytest.mark.parametrize(
    "mark",
    [tilted("MINUTA aguamarca", 45, size=40), at(60, "MINUTA aguamarca", size=60)],
    ids=["across the page", "under its text"],
)
def test_a_watermark_is_no_heading_and_in_no_paragraph(mark: Draw, tmp_path: Path) -> None:
    document = document_of(tmp_path, together(mark, body(*[PARAGRAPH] * 8)))
    assert labels(document, "aguamarca") == ["text"]
    assert body_texts(document).count(PARAGRAPH) == 8
    assert body_texts(document)[-1] == "MINUTA aguamarca"


def test_a_pale_watermark_over_no_text_is_no_heading(tmp_path: Path) -> None:
    def mark(page: FPDF) -> None:
        page.set_text_color(220)
        at(200, "MINUTA aguamarca", size=50)(page)
        page.set_text_color(0)

    document = document_of(tmp_path, together(mark, body(PARAGRAPH)))
    assert labels(document, "aguamarca") == ["text"]


def test_a_large_dark_title_stays_the_title(tmp_path: Path) -> None:
    document = document_of(tmp_path, together(at(30, "Regimento interno", size=32), body(PARAGRAPH, PARAGRAPH)))
    assert labels(document, "Regimento") == ["title"]


def test_a_watermark_on_every_page_is_said_once(tmp_path: Path) -> None:
    pages = [together(tilted("RASCUNHO", 50), body(filler(i), PARAGRAPH)) for i in range(5)]
    document = document_of(tmp_path, *pages)
    assert "\n".join(body_texts(document)).count("RASCUNHO") == 1
    assert not [item for item in document.texts if item.label.value in HEADINGS]


def test_a_huge_text_at_one_place_of_all_pages_is_a_watermark(tmp_path: Path) -> None:
    pages = [together(at(200, "RASCUNHO", x=40, size=50), body(filler(i))) for i in range(4)]
    document = document_of(tmp_path, *pages)
    assert [item.label.value for item in document.texts if item.content_layer == "body"].count("text") == 5
    assert "\n".join(body_texts(document)).count("RASCUNHO") == 1


def test_a_line_along_the_side_joins_no_paragraph(tmp_path: Path) -> None:
    signature = tilted("Assinado eletronicamente por Fulana de Tal", 90, x=205, y=200, size=9)
    texts = body_texts(document_of(tmp_path, together(body(*[PARAGRAPH] * 6), signature)))
    assert texts.count(PARAGRAPH) == 6
    assert texts[-1] == "Assinado eletronicamente por Fulana de Tal"


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_of_real_text_on_its_side_or_head_is_turned(degrees: int, tmp_path: Path) -> None:
    lines = [f"Artigo {number} do regulamento das bibliotecas" for number in range(1, 7)]

    def turned(page: FPDF) -> None:
        with page.rotation(degrees, page.w / 2, page.h / 2):
            for number, line in enumerate(lines):
                page.text(50, 120 + 12 * number, line)

    text = " ".join(body_texts(document_of(tmp_path, body(PARAGRAPH), turned, body(PARAGRAPH))))
    positions = [text.index(line) for line in lines]
    assert positions == sorted(positions)


def drop_cap(letter: str, words: str, lines: int) -> Draw:
    """A letter as high as so many lines, and the words beside and below it."""

    def draw(page: FPDF) -> None:
        page.set_font("Helvetica", size=(17 * (lines - 1) + 8) / 0.72)
        page.text(20, 40 + 6 * (lines - 1), letter)
        indent = page.get_string_width(letter) + 1
        page.set_font("Helvetica", size=11)
        line, number = "", 0
        for word in words.split():
            shift = indent if number < lines else 0
            if page.get_string_width(f"{line} {word}") > 170 - shift:
                page.text(20 + shift, 40 + 6 * number, line)
                line, number = "", number + 1
            line = f"{line} {word}".strip()
        page.text(20 + (indent if number < lines else 0), 40 + 6 * number, line)

    return draw


@pytest.mark.parametrize("lines", [2, 3, 4])
def test_a_drop_cap_joins_its_word_and_its_paragraph(lines: int, tmp_path: Path) -> None:
    words = f"{PARAGRAPH[2:].removeprefix('a')} {PARAGRAPH} {PARAGRAPH}"
    expected = f"{PARAGRAPH} {PARAGRAPH} {PARAGRAPH}"
    words = expected.removeprefix("A ")
    texts = body_texts(document_of(tmp_path, drop_cap("D", f"ecide-se que {words}", lines)))
    assert texts == [f"Decide-se que {words}"]


def test_a_drop_cap_that_is_a_word_stays_one(tmp_path: Path) -> None:
    words = "prazo para recurso é de dez dias, e o prazo para resposta é de vinte dias úteis contados da ciência. "
    texts = body_texts(document_of(tmp_path, drop_cap("O", words + PARAGRAPH, 3)))
    assert texts[0].startswith("O prazo para recurso")


def table_page(*rows: Sequence[str], top: float = 20) -> Draw:
    def draw(page: FPDF) -> None:
        page.set_y(top)
        with page.table(col_widths=(60, 60, 40), first_row_as_headings=False) as table:
            for cells in rows:
                row = table.row()
                for cell in cells:
                    row.cell(cell)

    return draw


def rows_of(start: int, count: int) -> list[tuple[str, str, str]]:
    return [(f"Secretaria {number}", f"Cargo {number}", str(number)) for number in range(start, start + count)]


def headers(document: DoclingDocument) -> list[list[str]]:
    return [[cell.text for cell in table.data.table_cells if cell.column_header] for table in document.tables]


HEADER = ("Órgão", "Cargo", "Vagas")
Tables = Callable[[], list[TableItem]]


def test_a_table_that_goes_on_has_no_data_as_its_header(tmp_path: Path) -> None:
    document = document_of(
        tmp_path, table_page(HEADER, *rows_of(0, 20)), table_page(*rows_of(20, 20)), table_page(*rows_of(40, 5))
    )
    assert headers(document) == [list(HEADER), [], []]


def test_a_header_that_is_repeated_is_a_header(tmp_path: Path) -> None:
    document = document_of(tmp_path, table_page(HEADER, *rows_of(0, 20)), table_page(HEADER, *rows_of(20, 5)))
    assert headers(document) == [list(HEADER), list(HEADER)]


def test_running_lines_between_its_parts_do_not_end_a_table(tmp_path: Path) -> None:
    margins = together(at(10, "Processo 77/2025"), at(290, "Anexo único"))
    pages = [
        together(margins, table_page(HEADER, *rows_of(0, 12))),
        together(margins, table_page(*rows_of(12, 9))),
        together(margins, table_page(*rows_of(21, 9))),
    ]
    assert headers(document_of(tmp_path, *pages)) == [list(HEADER), [], []]


def test_another_table_on_the_next_page_keeps_its_header(tmp_path: Path) -> None:
    other = ("Curso", "Turno", "Total")
    document = document_of(tmp_path, table_page(HEADER, *rows_of(0, 9)), table_page(other, *rows_of(50, 9)))
    assert headers(document)[1] == list(other)
    captioned = together(at(20, "Quadro 2 - Demanda"), table_page(*rows_of(50, 9), top=30))
    document = document_of(tmp_path, table_page(HEADER, *rows_of(0, 9)), captioned)
    assert headers(document)[1]
