"""What a file claims to hold costs no more than what it holds: spans, ranges, references to one part, pages."""

from __future__ import annotations

import pytest
from docling_core.types.doc import DoclingDocument, TableData
from lxml import etree

from pipeline.convert.builder import Cell, DocumentBuilder
from pipeline.convert.conversion import extract
from pipeline.convert.drop_caps import MOST_CAPS
from pipeline.convert.epub import read_epub
from pipeline.convert.html.table_spans import bound_spans
from pipeline.convert.image_file import inspect_image
from pipeline.convert.limits import MAX_BLANKS, MAX_PARTS, Blanks, Budget
from pipeline.convert.mail import mime
from pipeline.convert.markdown.guard import DEFINITION, bounded
from pipeline.convert.office.names import S
from pipeline.convert.office.sheet_bounds import draw_together
from pipeline.convert.office.sheet_ranges import MOST, limit_ranges
from pipeline.convert.opendocument import styles
from pipeline.convert.opendocument.package import open_package
from pipeline.convert.rtf.reader import MOST_FIELDS
from pipeline.convert.rtf.story import Story
from pipeline.convert.sheet_grid import SheetGrid
from pipeline.convert.vector_pictures import svg
from pipeline.convert.web_page import parsed_page, with_pictures
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import page, saved
from tests.promises.hostile.office import docx_of, rewritten
from tests.support.books import book, chapter
from tests.support.opendocument import opendocument, root

SETTINGS = ConversionSettings(ocr_engine="none")
PICTURE = {"OEBPS/p.png": b"x"}
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "attributes",
    [
        " x='<' " + " ".join(f"a{number}=1" for number in range(6000)),
        " " + " ".join(f"a{number}='<'" for number in range(6000)),
        " " + "".join(f"a{number}='>'" for number in range(6000)),
        "/" + "/".join(f"a{number}" for number in range(6000)),
    ],
    ids=["a tag in a value", "a tag in each value", "without blanks", "slashes"],
)
def test_attributes_are_counted_however_they_are_written(attributes: str) -> None:
    with pytest.raises(PermanentError, match="attributes"):
        parsed_page(f"<p{attributes}>x</p>")


@pytest.mark.parametrize(
    "page",
    [
        f"<img src='data:image/png;base64,{'a/b=' * 9000}'>",
        "<script>" + "if (a<b && c == 'x' ) { d = 1 } " * 3000 + "</script>",
    ],
    ids=["a picture", "a script"],
)
def test_what_only_looks_like_attributes_is_none(page: str) -> None:
    assert parsed_page(page) is not None


def test_fields_in_fields_are_looked_into_to_a_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    since = Story.since

    def noted(self: Story, mark: int) -> str:
        read.append(mark)
        return since(self, mark)

    monkeypatch.setattr(Story, "since", noted)
    field = r'{\field{\*\fldinst HYPERLINK "http://a.br/%d"}{\fldrslt a'
    body = "".join(field % number for number in range(300)) + "}" * 600
    document, _ = extract(rf"{{\rtf1 {body}}}".encode(), "rtf", SETTINGS)
    assert len(read) <= MOST_FIELDS
    assert "http://a.br/0" in document.texts[0].text


@pytest.mark.parametrize("extension", ["rtf", "docx"])
def test_first_letters_over_several_lines_are_joined_to_a_number(extension: str) -> None:
    if extension == "rtf":
        data = (r"{\rtf1 " + r"\pard\dropcapli3\dropcapt1 P\par\pard bc\par " * 2 * MOST_CAPS + "}").encode()
    else:
        cap = '<w:p><w:pPr><w:framePr w:dropCap="drop"/></w:pPr><w:r><w:t>P</w:t></w:r></w:p>'
        many = (cap + "<w:p><w:r><w:t>bc</w:t></w:r></w:p>").encode() * 2 * MOST_CAPS
        data = rewritten(
            docx_of(), {"word/document.xml": lambda xml: xml.replace(b"<w:sectPr", many + b"<w:sectPr", 1)}
        )
    texts = [item.text for item in extract(data, extension, SETTINGS)[0].texts]
    assert texts.count("Pbc") == MOST_CAPS
    assert texts.count("P") == texts.count("bc") == MOST_CAPS


def test_a_book_shows_its_chapters_and_pictures_once_however_they_are_named() -> None:
    body = chapter("Um", "Primeiro.", '<img src="p.png"/>' * 50, '<img src="./p.png"/>')
    data = book({"a.xhtml": body, "a.xhtml#b": None, "b.xhtml": chapter("Dois", '<img src="p.png"/>')}, PICTURE)
    spine = rewritten(data, {"OEBPS/book.opf": lambda opf: opf.replace(b"%23", b"#")})
    page = read_epub(spine, SETTINGS).data
    assert (page.count(b"Primeiro."), page.count(b"base64")) == (1, 1)


def test_a_picture_of_a_message_is_put_where_it_is_shown_first() -> None:
    shown = with_pictures("<img src='cid:a'>" * 50, {"cid:a": b"x"})
    assert (shown.count("base64"), shown.count("cid:a")) == (1, 49)


@pytest.mark.parametrize("value", ['text/plain; a="' + ";" * 50_000, "text/plain; " + "; ".join(["a=b"] * 20_000)])
def test_what_describes_a_part_of_a_message_is_cut(value: str) -> None:
    message = mime.parse(f"From: a@b.br\r\nContent-Type: {value}\r\nSubject: {'a' * 9000}\r\n\r\nTexto.".encode())
    assert len(message["content-type"]) == mime.MAX_DESCRIPTION
    assert len(message["subject"]) == 9000


def test_each_element_of_a_drawing_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    class Style:
        @staticmethod
        def search(style: str) -> bool:
            looked.append(style)
            return style == "display:none"

    monkeypatch.setattr(svg, "HIDDEN", Style)
    inner = "<text>a</text><text style='display:none'>b</text><text>c<text>d</text></text>" * 20
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg'>{'<g>' * 100}{inner}{'</g>' * 100}</svg>"
    assert svg.svg_lines(drawing.encode()) == ["a", "cd"] * 20
    assert len(looked) == 1 + 100 + 60


def test_link_definitions_by_the_hundred_stay_and_are_parted() -> None:
    lines = [f"[a{number}]: https://exemplo.br/{number} 'título'" for number in range(300)]
    parted = bounded("\n".join([*lines, "texto [a7]"]))
    assert [line for line in parted.split("\n") if line] == [*lines, "texto [a7]"]
    assert DEFINITION.search(parted) is None
    assert bounded("\n".join(lines[:50])) == "\n".join(lines[:50])


@pytest.mark.parametrize("level", ["> ", ">", "- ", "1. ", "  * ", "12)\t", "> - "])
def test_quotes_and_lists_that_begin_in_one_line_end_at_the_fiftieth(level: str) -> None:
    assert bounded(f"a\n\n{level * 20}b\n") == f"a\n\n{level * 20}b\n"
    assert bounded(f"a\n\n{level * 9000}b\n") in {f"a\n\n{level * levels}b\n" for levels in (25, 50)}
    assert bounded(f"{level * 9000}b\n").endswith("b\n")


@pytest.mark.parametrize("is_big", [False, True], ids=["as ever", "for large files"])
def test_the_pages_of_a_scan_are_counted_to_the_last(*, is_big: bool) -> None:
    data = saved(page(), "TIFF", save_all=True, append_images=[page()] * 2, big_tiff=is_big)
    inspect_image(data, ConversionSettings(max_pages=3))
    with pytest.raises(PermanentError, match="has 3 pages"):
        inspect_image(data, ConversionSettings(max_pages=2))


def test_a_table_that_docling_takes_for_too_large_is_too_long_and_not_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are short count as long as the first is: to the user the file is whole."""

    def rows(*_: object) -> list[object]:
        TableData(num_rows=1001, num_cols=1001)
        return []

    monkeypatch.setattr("pipeline.convert.markdown.backend.join_inline", rows)
    with pytest.raises(PermanentError, match="more than a million cells") as raised:
        extract(b"a", "md", SETTINGS)
    assert raised.value.code is ErrorCode.TOO_LONG
