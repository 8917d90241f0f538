"""Slides with their notes and hidden ones, sheets with what they show."""

from __future__ import annotations

import copy
import io
from datetime import datetime, time

import openpyxl
import pptx
import pytest
from openpyxl.comments import Comment
from pptx.enum.shapes import PP_PLACEHOLDER as PP
from pptx.oxml import parse_xml
from pptx.util import Inches

from tests.convert.coverage.measured import left_out, missing, with_parts

DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def slides(*titles: str) -> pptx.presentation.Presentation:
    file = pptx.Presentation()
    for title in titles:
        file.slides.add_slide(file.slide_layouts[5]).shapes.title.text = title
    return file


def saved(file: object) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def test_slides_hidden_slides_and_notes_are_counted_with_their_number() -> None:
    file = slides("Abertura geral", "Plano reserva")
    file.slides[1].element.set("show", "0")
    file.slides[0].notes_slide.notes_text_frame.text = "lembrar da meta"
    found = missing(saved(file), "pptx")
    assert found["body"] == (2, ("slide 1",))
    assert found["hidden_slide"] == (2, ("hidden slide 2",))
    assert found["note"] == (3, ("notes of slide 1",))


def test_tables_and_groups_on_slides_are_counted() -> None:
    file = slides("Metas")
    shapes = file.slides[0].shapes
    shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table.cell(0, 1).text = "noventa por cento"
    group = shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.text = "dentro do grupo"
    assert missing(saved(file), "pptx", "Metas") == {
        "body": (3, ("slide 1",)),
        "table_cell": (3, ("slide 1",)),
    }


def test_smart_art_on_slides_is_counted_and_the_text_of_masters_is_left_out() -> None:
    data = with_parts(
        saved(slides("Organograma")),
        {"ppt/diagrams/data1.xml": f"<m {DRAWING}><a:p><a:r><a:t>Diretoria nova</a:t></a:r></a:p></m>"},
    )
    assert missing(data, "pptx", "Organograma") == {"smart_art": (2, ("diagram 1",))}
    file = slides("Organograma")
    box = file.slides[0].shapes.add_textbox(0, 0, Inches(2), Inches(1))
    box.text_frame.text = "lema do órgão"
    file.slide_layouts[5].shapes._spTree.append(box._element)
    assert left_out(saved(file), "pptx", "Organograma") == {"slide_master": 3}


def book(**cells: object) -> openpyxl.Workbook:
    file = openpyxl.Workbook()
    file.active.title = "Taxas"
    for name, value in cells.items():
        file.active[name] = value
    return file


def test_cells_are_counted_with_their_sheet_and_name() -> None:
    assert missing(saved(book(A1="Curso", B12="alíquota básica")), "xlsx", "Curso") == {
        "table_cell": (2, ("sheet Taxas, B12",))
    }


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234567.5, '"R$" #,##0.00', ["R$ 1.234.567,50", "1234567.5", "1,234,567.50"]),
        (0.125, "0.0%", ["12,5%", "0.125", "12.5 %"]),
        (42, "00000", ["00042", "42"]),
        (datetime(2025, 3, 7), "dd/mm/yyyy", ["07/03/2025", "2025-03-07", "2025-03-07 00:00:00"]),
        (datetime(2025, 3, 7), "mmm/yy", ["mar/25"]),
        (datetime(2025, 3, 7), 'dddd, d "de" mmmm', ["sexta-feira, 7 de março", "Friday, 7 de March"]),
        (datetime(2025, 3, 7), "[$-F800]dddd, mmmm dd, yyyy", ["sexta-feira, 7 de março de 2025"]),
        (datetime(2025, 3, 7, 15, 4), "dd/mm/yy h:mm AM/PM", ["07/03/25 3:04 PM"]),
        (datetime(2025, 3, 7, 9, 4), "h:mm A/P", ["9:04 A"]),
        (time(14, 30), "hh:mm", ["14:30", "14:30:00"]),
        (1.5, "[h]:mm", ["36:00"]),
        (1.5, "# ?/?", ["1 1/2"]),
        (1234567.5, "0.00E+00", ["1,23E+06"]),
        (1234567.5, "#,##0,", ["1.235"]),
        (1 / 3, "General", ["0,333333333"]),
        (12345678000195, '00"."000"."000"/"0000"-"00', ["12.345.678/0001-95"]),
        (1, '[=1]"Deferido";[=0]"Negado";General', ["Deferido"]),
        (True, "General", ["VERDADEIRO", "True", "TRUE"]),
        (98.70, "0.00", ["98,70", "98.7"]),
    ],
)
def test_a_value_is_found_however_it_is_shown(value: object, code: str, shown: list[str]) -> None:
    file = book(A1=value)
    file.active["A1"].number_format = code
    for text in shown:
        assert missing(saved(file), "xlsx", text) == {}, text
    assert missing(saved(file), "xlsx", "outra coisa")["table_cell"][0] > 0


@pytest.mark.parametrize(
    ("value", "code", "wrong"),
    [
        (datetime(2025, 3, 7), "dd/mm/yyyy", ["07/03/2026", "08/03/2025", "07/03"]),
        (1234567.5, '"R$" #,##0.00', ["R$ 1.234.567,60", "R$ 1.234.567"]),
        (0.125, "0.0%", ["12,6%", "12%"]),
        (12345678000195, '00"."000"."000"/"0000"-"00', ["12.345.678/0001-96"]),
        (time(14, 30), "hh:mm", ["14:31"]),
    ],
)
def test_a_wrong_value_is_seen(value: object, code: str, wrong: list[str]) -> None:
    file = book(A1=value, A2=value)
    file.active["A1"].number_format = file.active["A2"].number_format = code
    for text in wrong:
        assert missing(saved(file), "xlsx", text)["table_cell"][1], text


def test_a_value_is_compared_with_one_cell_and_not_with_words_of_several() -> None:
    file = book(A1=datetime(2025, 3, 7), B1=12345678000100)
    file.active["A1"].number_format, file.active["B1"].number_format = "dd/mm/yyyy hh:mm", '00"."000"."000"/"0000"-"00'
    assert missing(saved(file), "xlsx", "07/03/2025 00:00 | 12.345.678/0001-00") == {}
    file.active["A1"].number_format = "dd/mm/yyyy"
    assert missing(saved(file), "xlsx", "07/03/2025 | 12.345.678/0001-00") == {}


def test_a_zero_that_its_format_shows_as_a_dash_is_not_missing() -> None:
    file = book(A1=0, A2="Saldo")
    file.active["A1"].number_format = '#,##0.00;-#,##0.00;"-"'
    assert missing(saved(file), "xlsx", "Saldo | -") == {}


def test_hidden_sheets_rows_and_columns_are_counted_as_such() -> None:
    file = book(A1="visível", A2="linha oculta", C1="coluna oculta")
    file.active.row_dimensions[2].hidden = file.active.column_dimensions["C"].hidden = True
    hidden = file.create_sheet("Apoio")
    hidden["A1"], hidden.sheet_state = "tabela de apoio", "hidden"
    assert missing(saved(file), "xlsx", "visível") == {
        "hidden_row": (4, ("sheet Taxas, C1", "sheet Taxas, A2")),
        "hidden_sheet": (3, ("sheet Apoio, A1",)),
    }


def test_parts_of_a_running_header_repeat_by_themselves() -> None:
    file = book(A1="Total")
    other = file.create_sheet("Outra")
    file.active.oddHeader.left.text = other.oddHeader.left.text = "Processo 4850"
    file.active.oddHeader.right.text, other.oddHeader.right.text = "parte primeira", "parte segunda"
    text = "Total Processo 4850 parte primeira parte segunda"
    assert missing(saved(file), "xlsx", text) == {}


def test_the_label_of_a_link_formula_is_what_its_cell_shows() -> None:
    data = saved(book(A1='=HYPERLINK("https://gov.br/f","formulário anexo")'))
    assert missing(data, "xlsx") == {"table_cell": (2, ("sheet Taxas, A1",))}


def test_a_date_that_the_program_fills_in_is_left_out_on_purpose() -> None:
    file = slides("Abertura")
    places = list(file.slide_layouts[5].placeholders)
    layout = next(shape for shape in places if shape.placeholder_format.type == PP.DATE)
    shape = copy.deepcopy(layout._element)
    paragraph = shape.find(".//{*}p")
    for child in list(paragraph):
        paragraph.remove(child)
    field = f'<a:fld {DRAWING} id="{{1}}" type="datetime1"><a:t>26/11/2026</a:t></a:fld>'
    paragraph.append(parse_xml(field))
    file.slides[0].shapes._spTree.append(shape)
    assert missing(saved(file), "pptx", "Abertura") == {}
    assert left_out(saved(file), "pptx", "Abertura") == {"footer": 3}


def test_formulas_without_a_stored_result_are_named() -> None:
    assert missing(saved(book(A1="Total", B1="=1+1")), "xlsx", "Total") == {"formula": (0, ("sheet Taxas, B1",))}


def test_headers_text_boxes_and_comments_of_sheets_are_counted() -> None:
    file = book(A1="Total")
    file.active["A1"].comment = Comment("conferir com a fonte", "Ana")
    file.active.oddHeader.center.text = "Processo 4850 - página &P de &N"
    box = f"<x {DRAWING}><txBody><a:p><a:r><a:t>caixa avulsa</a:t></a:r></a:p></txBody></x>"
    data = with_parts(saved(file), {"xl/drawings/drawing9.xml": box})
    assert missing(data, "xlsx", "Total") == {
        "header": (2, ("sheet Taxas, header",)),
        "text_box": (2, ("drawing 1",)),
    }
    assert left_out(data, "xlsx", "Total")["comment"] >= 4
