"""All text of a workbook is kept, as its sheets show it."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image as SheetImage
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from pipeline.convert.office.names import S
from pipeline.convert.office.sheet_cells import hidden_columns
from pipeline.errors import ErrorCode, PermanentError
from tests.support.office import DECLARED, text_and_warnings, text_of

SHAPE = (
    f'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" {DECLARED}>'
    "<xdr:twoCellAnchor><xdr:sp><xdr:nvSpPr><xdr:cNvPr id='2' name='x'/></xdr:nvSpPr><xdr:txBody><a:bodyPr/>"
    "<a:p><a:r><a:t>preg</a:t></a:r><a:r><a:rPr b='1'/><a:t>ão</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
    "</xdr:twoCellAnchor></xdr:wsDr>"
)


def workbook(*rows: tuple[object, ...]) -> tuple[Workbook, Worksheet]:
    file = openpyxl.Workbook()
    for row in rows:
        file.active.append(row)
    return file, file.active


def saved(file: Workbook, replaced: dict[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    if not replaced:
        return buffer.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, replaced.get(name, source.read(name)))
    return changed.getvalue()


def test_cells_hold_what_the_sheet_shows(tmp_path: Path) -> None:
    formats = ("dd/mm/yyyy", '"R$" #,##0.00', "0.0%", "00000", "hh:mm", "General", "General")
    file, sheet = workbook(tuple("abcdefg"), (45723, 1234567.5, 0.125, 42, 0.6041666666666666, True, 98.7))
    for cell, code in zip(sheet[2], formats, strict=True):
        cell.number_format = code
    shown = "07/03/2025 | R$ 1.234.567,50 | 12,5% | 00042 | 14:30 | VERDADEIRO | 98,7"
    assert text_of(tmp_path, saved(file), "xlsx") == f"a | b | c | d | e | f | g\n{shown}"


def test_a_workbook_in_english_shows_english_numbers(tmp_path: Path) -> None:
    file, sheet = workbook(("a", "b"), (1234.5, False))
    sheet["A2"].number_format = "#,##0.00"
    file.properties.language = "en-US"
    assert text_of(tmp_path, saved(file), "xlsx") == "a | b\n1,234.50 | FALSE"


def test_dates_of_macintosh_workbooks_are_right(tmp_path: Path) -> None:
    file = openpyxl.Workbook()
    file.epoch = CALENDAR_MAC_1904
    file.active.append(("a", date(2025, 3, 7)))
    file.active["B1"].number_format = "dd/mm/yyyy"
    assert text_of(tmp_path, saved(file), "xlsx") == "a | 07/03/2025"


def test_formulas_without_result_are_counted(tmp_path: Path) -> None:
    file, _ = workbook(("a", "b"), ("=1+1", "=SUM(A1:A2)"))
    _, warnings = text_and_warnings(tmp_path, saved(file), "xlsx")
    assert warnings == ("2 formulas have no stored result: open the file in its program and save it again.",)


def test_rich_struck_and_linked_cells_are_one_text(tmp_path: Path) -> None:
    rich = CellRichText(
        "preg", TextBlock(InlineFont(b=True), "ão "), TextBlock(InlineFont(strike=True), "cinco"), " dez"
    )
    file, sheet = workbook((rich, "revogado"), ("portal", '=HYPERLINK("https://gov.br/f","formulário")'))
    sheet["B1"].font = Font(strike=True)
    sheet["A2"].hyperlink = "https://gov.br/portal"
    text, warnings = text_and_warnings(tmp_path, saved(file), "xlsx")
    assert text == "pregão ~~cinco~~ dez | ~~revogado~~\nportal (https://gov.br/portal) | formulário (https://gov.br/f)"
    assert not warnings


def test_hidden_sheets_rows_and_columns_are_kept_and_counted(tmp_path: Path) -> None:
    file, sheet = workbook(("a", "b"), ("c", "d"))
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    for name, state in (("x", "hidden"), ("y", "veryHidden")):
        hidden = file.create_sheet(name)
        hidden.sheet_state = state
        hidden.append((f"segredo {name}",))
    text, warnings = text_and_warnings(tmp_path, saved(file), "xlsx")
    assert text.split("\n\n") == ["a | b\nc | d", "segredo x", "segredo y"]
    assert warnings == (
        "2 hidden sheets were kept as text.",
        "2 hidden rows and columns were kept as text.",
    )


def test_a_column_that_is_hidden_over_and_over_counts_once() -> None:
    spans = "".join(f'<col min="{first}" max="{last}" hidden="1"/>' for first, last in ((2, 9), (1, 3), (2, 9), (5, 5)))
    sheet = etree.fromstring(f'<worksheet xmlns="{S[1:-1]}"><cols>{spans}</cols></worksheet>')
    assert hidden_columns(sheet, [1, 3, 5, 9, 10]) == 4


def test_running_headers_of_sheets_are_kept_once(tmp_path: Path) -> None:
    file, _ = workbook(("a",))
    file.create_sheet("dois").append(("b",))
    for sheet in file.worksheets:
        sheet.oddHeader.center.text = '&"Arial,Bold"Processo 48500.1/2025'
        sheet.oddFooter.right.text = "Página &P de &N"
    assert text_of(tmp_path, saved(file), "xlsx").split("\n\n") == ["a", "Processo 48500.1/2025", "b"]


def test_text_boxes_charts_and_descriptions_are_kept(tmp_path: Path) -> None:
    file, sheet = workbook(("Região", "Vagas"), ("Norte", 10))
    chart = BarChart()
    chart.title, chart.y_axis.title = "Vagas por região", "quantidade"
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=2), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2))
    sheet.add_chart(chart, "D2")
    text = text_of(tmp_path, saved(file), "xlsx")
    assert "Vagas por região" in text
    assert text.endswith("quantidade")
    file, sheet = workbook(("a", "b"))
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    sheet.add_image(SheetImage(picture), "D2")
    assert text_of(tmp_path, saved(file, {"xl/drawings/drawing1.xml": SHAPE}), "xlsx") == "a | b\n\npregão"


def test_form_boxes_on_a_sheet_say_whether_they_are_ticked(tmp_path: Path) -> None:
    file, sheet = workbook(("a", "b"))
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    sheet.add_image(SheetImage(picture), "D2")
    data = saved(file)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/ctrlProp"
    link = f'<Relationship Id="rId9" Type="{kind}" Target="/xl/ctrlProps/ctrlProp1.xml"/></Relationships>'
    changes: dict[str, Callable[[str], str]] = {
        "xl/drawings/drawing1.xml": lambda _: SHAPE,
        "xl/worksheets/sheet1.xml": lambda text: text.replace(
            "</worksheet>", f'<controls><control {DECLARED} shapeId="2" r:id="rId9" name="x"/></controls></worksheet>'
        ),
        "xl/worksheets/_rels/sheet1.xml.rels": lambda text: text.replace("</Relationships>", link),
    }
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, changes[name](text.decode()) if name in changes else text)
        target.writestr("xl/ctrlProps/ctrlProp1.xml", '<formControlPr objectType="CheckBox" checked="Checked"/>')
    assert text_of(tmp_path, changed.getvalue(), "xlsx") == "a | b\n\n[x] pregão"


def test_a_value_at_the_far_corner_costs_seconds(tmp_path: Path) -> None:
    file, sheet = workbook(("Chave", "Valor"), ("k", "longe"))
    sheet["XFD1048576"] = "fim"
    sheet["XFD1048576"].hyperlink = "https://gov.br"
    started = time.monotonic()
    assert text_of(tmp_path, saved(file), "xlsx") == "Chave | Valor\nk | longe\n\nfim (https://gov.br)"
    assert time.monotonic() - started < 30


def test_values_on_a_long_diagonal_are_refused(tmp_path: Path) -> None:
    file, sheet = workbook()
    for step in range(1, 3000):
        sheet.cell(step * 100, step * 5).value = step
    with pytest.raises(PermanentError) as raised:
        text_of(tmp_path, saved(file), "xlsx")
    assert raised.value.code == ErrorCode.TOO_LARGE


def test_merged_cells_and_far_values_stay_together(tmp_path: Path) -> None:
    file, sheet = workbook(("Quadro", None, None), ("a", "b", "c"))
    sheet.merge_cells("A1:C1")
    sheet["ZZ90000"] = "longe"
    assert text_of(tmp_path, saved(file), "xlsx").split("\n\n") == ["Quadro", "a | b | c", "longe"]


def test_comments_of_reviewers_are_left_out(tmp_path: Path) -> None:
    file, sheet = workbook(("corpo",))
    sheet["A1"].comment = Comment("revisar", "Ana")
    assert text_of(tmp_path, saved(file), "xlsx") == "corpo"


def test_chart_sheets_without_a_chart_do_not_stop_the_others(tmp_path: Path) -> None:
    file, sheet = workbook(("Ano", "Valor"))
    file.create_chartsheet("Vazio")
    file.create_chartsheet("Outro").HeaderFooter.oddHeader.center.text = "Anexo II"
    assert text_of(tmp_path, saved(file), "xlsx") == "Ano | Valor\n\nAnexo II"
    file.remove(sheet)
    assert text_of(tmp_path, saved(file), "xlsx") == "Anexo II"
    chart = BarChart()
    chart.title = "Matrículas"
    file.chartsheets[0].add_chart(chart)
    assert "Matrículas" in text_of(tmp_path, saved(file), "xlsx")
