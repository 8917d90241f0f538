"""What a file claims to hold costs no more than what it holds: spans, ranges, references to one part, pages."""

from __future__ import annotations

import pytest
from docling_core.types.doc import DoclingDocument
from lxml import etree

from pipeline.convert.builder import Cell, DocumentBuilder
from pipeline.convert.conversion import extract
from pipeline.convert.html.table_spans import bound_spans
from pipeline.convert.image_file import inspect_image
from pipeline.convert.limits import MAX_BLANKS, MAX_PARTS, Blanks, Budget
from pipeline.convert.markdown.guard import DEFINITION, bounded
from pipeline.convert.office.names import S
from pipeline.convert.office.sheet_bounds import draw_together
from pipeline.convert.office.sheet_ranges import MOST, limit_ranges
from pipeline.convert.opendocument import styles
from pipeline.convert.opendocument.package import open_package
from pipeline.convert.sheet_grid import SheetGrid
from pipeline.convert.web_page import parsed_page
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import page, saved
from tests.support.opendocument import opendocument, root

SETTINGS = ConversionSettings(ocr_engine="none")
KIND_OF = {"text": "odt", "spreadsheet": "ods"}


def table(*rows: str) -> etree._Element:
    """The page with this table."""
    found = parsed_page(f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    assert found is not None
    return found


def widths(page: etree._Element) -> list[int]:
    return [len(row) for row in page.iter("tr")]


def spans(page: etree._Element) -> list[str]:
    return [cell.get(name) for cell in page.iter("td") for name in ("colspan", "rowspan") if cell.get(name)]


def test_tables_as_people_make_them_keep_their_spans() -> None:
    made = table("<td rowspan=2>a<td colspan=99>b", "<td>c<td>d", "<td colspan=100>e")
    bound_spans(made)
    assert spans(made) == ["2", "99", "100"]


def test_cells_that_span_a_thousand_blank_places_each_span_none() -> None:
    made = table("<td colspan=1000>a" * 500)
    bound_spans(made)
    assert spans(made) == []
    assert "".join(made.itertext()) == "a" * 500


def test_cells_that_span_all_rows_below_them_push_no_table_apart() -> None:
    made = table(*["<td rowspan=65534>a" * 40] * 200)
    bound_spans(made)
    assert spans(made) == []


def test_many_small_tables_claim_no_more_than_a_large_one() -> None:
    rows = "<tr><td colspan=1000>a<td>b</tr>" * 9
    made = parsed_page(f"<table>{rows}</table>" * 100)
    assert made is not None
    bound_spans(made)
    assert spans(made) == []


def test_a_row_far_longer_than_the_others_goes_on_in_the_next() -> None:
    cells = [f"<td>{number}" for number in range(2000)]
    made = table("".join(cells), *["<td>fim"] * 2000)
    bound_spans(made)
    assert max(widths(made)) * len(widths(made)) < 100_000
    assert list(made.itertext()) == [*map(str, range(2000)), *["fim"] * 2000]


def test_the_blanks_of_a_large_table_are_bounded_however_many_cells_it_has() -> None:
    made = table("<td colspan=19>a<td>b", *["<td>c"] * 8000)
    bound_spans(made)
    assert spans(made) == []


def grid_places(document: DoclingDocument) -> int:
    return sum(one.data.num_rows * one.data.num_cols for one in document.tables)


def test_the_blanks_of_all_tables_of_a_document_are_bounded_together() -> None:
    builder = DocumentBuilder(SETTINGS)
    for _ in range(100):
        builder.table([[Cell("a"), Cell("b", columns=90)], *[[Cell("c")]] * 90])
    assert grid_places(builder.document) < 2 * MAX_BLANKS
    assert sum(cell.text == "b" for one in builder.document.tables for cell in one.data.table_cells) == 100


def test_what_spans_from_above_push_aside_counts_as_places() -> None:
    builder = DocumentBuilder(SETTINGS)
    builder.table([[Cell("a", rows=100)] * 100] * 100)
    assert grid_places(builder.document) <= 100 * 100 + MAX_BLANKS


def test_a_builder_refuses_more_text_than_the_settings_allow() -> None:
    builder = DocumentBuilder(ConversionSettings(max_characters=1000))
    with pytest.raises(PermanentError, match="more than"):
        builder.table([[Cell("palavra" * 20)] * 10])


def test_cells_on_a_diagonal_cost_no_more_than_they_are() -> None:
    grid = SheetGrid(Blanks())
    for number in range(1000):
        grid.put(number, 2 * number, Cell("a"))
    assert sum(len(row) for made in grid.tables() for row in made) == 1000


def opened(body: str, kind: str = "text", known: str = "") -> DoclingDocument:
    return extract(opendocument(body, kind, styles=known), KIND_OF[kind], SETTINGS)[0]


REPEATED = 'table:number-columns-repeated="1000"'


def cells(text: str, count: int, inner: str = "") -> str:
    cell = f"<table:table-cell {REPEATED}><text:p>{text}</text:p>{inner}</table:table-cell>"
    return f"<table:table><table:table-row>{cell * count}</table:table-row></table:table>"


@pytest.mark.parametrize("kind", ["text", "spreadsheet"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (cells("a", 30) * 4, "repeats cells"),
        (cells("palavra" * 500, 3), "characters"),
        (cells("a", 1, cells("a", 1, cells("a", 1, cells("a", 1)))), "characters"),
    ],
    ids=["many", "long", "in each other"],
)
def test_cells_that_only_repeat_are_bounded_for_the_whole_document(kind: str, body: str, message: str) -> None:
    with pytest.raises(PermanentError, match=message) as refused:
        opened(body, kind)
    assert refused.value.code is ErrorCode.TOO_LONG


def test_numbers_of_lists_and_headings_are_no_longer_than_people_read() -> None:
    levels = "".join(
        f'<text:outline-level-style text:level="{level}" style:num-format="1" text:display-levels="{level}"/>'
        for level in range(1, 900)
    )
    letters = '<text:list-level-style-number text:level="1" style:num-format="a"/>'
    known = (
        f'<text:outline-style>{levels}</text:outline-style><text:list-style style:name="L">{letters}</text:list-style>'
    )
    body = (
        '<text:h text:outline-level="899">Fim</text:h><text:list text:style-name="L"><text:list-item '
        'text:start-value="99999"><text:p>item</text:p></text:list-item></text:list>'
    )
    assert max(len(item.text) for item in opened(body, known=known).texts) < 100


def test_an_object_that_holds_itself_is_read_once() -> None:
    frame = '<text:p><draw:frame><draw:object xlink:href="./O"/></draw:frame></text:p>'
    inner = root(
        "document-content", f"<office:body><office:text><text:p>dentro</text:p>{frame * 9}</office:text></office:body>"
    )
    document, _ = extract(opendocument(frame * 9, files={"O/content.xml": inner}), "odt", SETTINGS)
    assert [item.text for item in document.texts] == ["dentro"]


def test_a_file_in_an_open_document_is_unpacked_once() -> None:
    package = open_package(opendocument("", files={"a.bin": b"x" * 1000}), SETTINGS)
    assert package.file("a.bin") is package.file("a.bin")


def test_each_style_is_looked_into_once_however_many_are_built_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(styles, "_hides", lambda style: read.append(style.get(styles.NAME)))
    chain = "".join(
        f'<style:style style:family="text" style:name="s{number}" style:parent-style-name="s{number + 1}"/>'
        for number in range(10)
    )
    known = styles.Styles(open_package(opendocument("", styles=chain), SETTINGS))
    for number in range(10):
        known.hides("text", f"s{number}")
    assert len(read) == 10


def sheet(content: str) -> etree._Element:
    return etree.fromstring(f'<worksheet xmlns="{S[1:-1]}">{content}</worksheet>')


def test_of_ranges_that_begin_at_one_cell_the_first_is_kept() -> None:
    made = sheet('<mergeCell ref="A1:B2"/><mergeCell ref="A1:Z9"/><mergeCell ref="C1:D1"/>')
    limit_ranges(made)
    assert [merge.get("ref") for merge in made] == ["A1:B2", "C1:D1"]


def test_a_sheet_has_so_many_ranges_and_no_more() -> None:
    made = sheet("".join(f'<hyperlink ref="A{number}"/>' for number in range(MOST + 5)))
    limit_ranges(made)
    assert len(made) == MOST


def test_rows_without_cells_are_left_out_and_the_others_stay_in_their_places() -> None:
    made = sheet('<row r="3"/><row/><row><c><v>1</v></c></row><row r="9"><c r="A9" s="1"/></row>')
    draw_together(made)
    assert [(row.get("r"), row[0].get("r")) for row in made] == [("5", "A5")]


def test_what_is_in_a_file_is_counted_and_measured() -> None:
    few, small = Budget(ConversionSettings()), Budget(ConversionSettings(max_unpacked_mb=2))
    assert [few.allows(1) for _ in range(MAX_PARTS + 1)] == [*[True] * MAX_PARTS, False]
    assert [small.allows(1_000_000) for _ in range(3)] == [True, True, False]


def test_link_definitions_by_the_hundred_stay_and_are_parted() -> None:
    lines = [f"[a{number}]: https://exemplo.br/{number} 'título'" for number in range(300)]
    parted = bounded("\n".join([*lines, "texto [a7]"]))
    assert [line for line in parted.split("\n") if line] == [*lines, "texto [a7]"]
    assert DEFINITION.search(parted) is None
    assert bounded("\n".join(lines[:50])) == "\n".join(lines[:50])


@pytest.mark.parametrize("is_big", [False, True], ids=["as ever", "for large files"])
def test_the_pages_of_a_scan_are_counted_to_the_last(*, is_big: bool) -> None:
    data = saved(page(), "TIFF", save_all=True, append_images=[page()] * 2, big_tiff=is_big)
    inspect_image(data, ConversionSettings(max_pages=3))
    with pytest.raises(PermanentError, match="has 3 pages"):
        inspect_image(data, ConversionSettings(max_pages=2))
