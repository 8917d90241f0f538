"""What no Word document holds costs Docling no more than what is written: runs, breaks, levels, numbers, chains."""

from __future__ import annotations

import pytest
from lxml import etree

from pipeline.convert.office.names import W
from pipeline.convert.office.word_bounds import (
    LAST_LEVEL,
    LAST_NUMBER,
    LONGEST_MARKER,
    MOST_PIECES,
    MOST_RUNS,
    MOST_SECTIONS,
    MOST_STYLES,
    bound_body,
    bound_numbering,
    bound_styles,
)
from pipeline.convert.office.word_tables import MAX_COLUMNS, mend_tables
from pipeline.convert.office.word_text import text_of

COUNT = 2 * MOST_RUNS


def word(content: str, name: str = "body") -> etree._Element:
    return etree.fromstring(f'<w:{name} xmlns:w="{W[1:-1]}">{content}</w:{name}>')


def run(text: str, properties: str = "") -> str:
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}<w:t>{text}</w:t></w:r>"


def bounded(content: str) -> etree._Element:
    body = word(content)
    bound_body(body)
    return body


def test_runs_of_a_paragraph_as_people_write_it_stay() -> None:
    written = "".join(run(f"{number} ", "<w:b/>" * (number % 2)) for number in range(MOST_RUNS))
    body = bounded(f"<w:p>{written}</w:p>")
    assert len(body[0]) == MOST_RUNS


def test_neighbours_of_one_format_are_one_run_where_they_are_many() -> None:
    body = bounded(f"<w:p>{run('a ') * COUNT}<w:bookmarkStart/><w:r/>{run('b ', '<w:b/>') * COUNT}</w:p>")
    assert len(body[0].findall(f"{W}r")) == 2
    assert text_of(body[0]) == ("a " * COUNT + "b " * COUNT).strip()


def test_runs_that_change_their_format_by_the_hundred_lose_it() -> None:
    body = bounded(f"<w:p>{(run('a ') + run('b ', '<w:i/>')) * COUNT}</w:p>")
    assert len(body[0].findall(f"{W}r")) < MOST_RUNS
    assert text_of(body[0]) == ("a b " * COUNT).strip()


def test_a_run_of_thousands_of_breaks_is_parted() -> None:
    body = bounded(f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>a</w:t>{'<w:br/>' * 5 * MOST_PIECES}<w:t>b</w:t></w:r></w:p>")
    assert max(len(one) for one in body[0]) <= MOST_PIECES + 1
    assert all(one[0].tag == f"{W}rPr" for one in body[0])
    assert text_of(body[0]).split() == ["a", "b"]


def test_sections_are_kept_to_a_number_and_the_last_stays() -> None:
    section = "<w:p><w:pPr><w:sectPr/></w:pPr></w:p>"
    body = bounded(section * 2 * MOST_SECTIONS + '<w:sectPr w:last="1"/>')
    assert len(list(body.iter(f"{W}sectPr"))) == MOST_SECTIONS + 1
    assert body[-1].get(f"{W}last") == "1"


def test_levels_of_lists_are_those_that_word_has() -> None:
    body = bounded('<w:p><w:pPr><w:numPr><w:ilvl w:val="99999999999"/></w:numPr></w:pPr></w:p><w:ilvl w:val="3"/>')
    assert [level.get(f"{W}val") for level in body.iter(f"{W}ilvl")] == [str(LAST_LEVEL), "3"]


def test_numbers_and_markers_are_no_longer_than_words() -> None:
    levels = "".join(f'<w:lvl w:ilvl="{depth}"><w:start w:val="99999999"/></w:lvl>' for depth in range(50))
    marker = f'<w:lvl w:ilvl="0"><w:lvlText w:val="{"%1" * 99}"/></w:lvl>'
    numbering = word(f"<w:abstractNum>{levels}</w:abstractNum><w:abstractNum>{marker}</w:abstractNum>", "numbering")
    bound_numbering(numbering)
    assert len(numbering[0]) == LAST_LEVEL + 1
    assert {start.get(f"{W}val") for start in numbering.iter(f"{W}start")} == {str(LAST_NUMBER)}
    (text,) = (text.get(f"{W}val", "") for text in numbering.iter(f"{W}lvlText"))
    assert text.count("%1") == LAST_LEVEL + 1
    assert len(text) <= LONGEST_MARKER


def style(name: str, base: str) -> str:
    return f'<w:style w:styleId="{name}"><w:basedOn w:val="{base}"/></w:style>'


def depth_of(root: etree._Element, name: str) -> int:
    bases = {one.get(f"{W}styleId"): one.find(f"{W}basedOn") for one in root}
    depth = 0
    while name in bases and depth <= len(bases):
        base = bases[name]
        name = base.get(f"{W}val", "") if base is not None else ""
        depth += 1
    return depth


@pytest.mark.slow
def test_chains_of_styles_end() -> None:
    chain = "".join(style(f"s{number}", f"s{number + 1}") for number in range(500))
    ring = "".join(style(f"r{number}", f"r{(number + 1) % 3}") for number in range(3))
    root = word(chain + ring + style("a", "b") + style("b", ""), "styles")
    bound_styles(root)
    assert max(depth_of(root, f"s{number}") for number in range(500)) <= MOST_STYLES
    assert max(depth_of(root, f"r{number}") for number in range(3)) <= 3
    assert depth_of(root, "a") == 2


def test_a_table_declares_no_more_columns_than_word_allows() -> None:
    table = f"<w:tbl><w:tblPr/><w:tblGrid>{'<w:gridCol/>' * 1000}</w:tblGrid><w:tr><w:tc/></w:tr></w:tbl>"
    body = word(table)
    mend_tables(body)
    assert len(list(body.iter(f"{W}gridCol"))) == MAX_COLUMNS
