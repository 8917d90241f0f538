"""What a file claims to hold costs no more than what it holds: spans, ranges, references to one part, pages."""

from __future__ import annotations

import pytest
from lxml import etree

from pipeline.convert.html.table_spans import bound_spans
from pipeline.convert.image_file import inspect_image
from pipeline.convert.limits import MAX_PARTS, Budget
from pipeline.convert.markdown.guard import DEFINITION, bounded
from pipeline.convert.office.names import S
from pipeline.convert.office.sheet_bounds import draw_together
from pipeline.convert.office.sheet_ranges import MOST, limit_ranges
from pipeline.convert.web_page import parsed_page
from pipeline.errors import PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import page, saved


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
