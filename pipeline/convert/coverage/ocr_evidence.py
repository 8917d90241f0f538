"""What OCR has read, as far as the converted document shows it: words from pages and words that stand with pictures."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from docling_core.types.doc import (
    ContentLayer,
    DocItem,
    DoclingDocument,
    GroupItem,
    GroupLabel,
    ListItem,
    NodeItem,
    PictureItem,
    RichTableCell,
    TableItem,
    TextItem,
)

from pipeline.convert.coverage.ink import Area, Gray, unread_lines
from pipeline.convert.coverage.passages import Passage
from pipeline.convert.coverage.words import words_of
from pipeline.convert.text_export import RUNNING

MIN_BEYOND = 20  # words on a page that its own text does not have
ADDRESS = re.compile(r"\b(?:https?://|mailto:|www\.)\S+", re.I)
MIN_RUN = 3  # words in a row, in a cell or list entry, that the file has only as ink
MIN_SHARE = 0.5  # of the words with a picture that the file's own text does not have


@dataclass
class PageRead:
    """Which words a document has from a page, and where: (left, top, right, bottom) as shares of the page."""

    words: list[str] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)

    is_wide: bool = False

    def leaves_lines(self, gray: Gray, least: int, known: Sequence[Area] = ()) -> bool:
        """Whether the page shows so many lines elsewhere. It may have been turned to read it: then all ways count."""
        if not self.areas:
            return any(unread_lines(gray, known, quarter_turns=turns) >= least for turns in (0, 1))
        ways = (0, 2) if self.is_wide == (gray.shape[1] > gray.shape[0]) else (1, 3)
        return all(unread_lines(gray, known, self.areas, turns) >= least for turns in ways)


NOT_READ = PageRead()


def pages_read(document: DoclingDocument) -> dict[int, PageRead]:
    """By page number, from 1; empty where the format has no pages."""
    pages: dict[int, PageRead] = defaultdict(PageRead)
    items: Iterable[TextItem | TableItem] = (*document.texts, *document.tables)
    for item in items:
        words = _words(item)
        for provenance in item.prov if words else ():
            page = pages[provenance.page_no]
            page.words += words if provenance is item.prov[0] and _is_in_text(item) else []
            size = document.pages[provenance.page_no].size if provenance.page_no in document.pages else None
            if size is not None and size.width and size.height:
                page.is_wide = size.width > size.height
                box = provenance.bbox.to_top_left_origin(size.height)
                page.areas.append((box.l / size.width, box.t / size.height, box.r / size.width, box.b / size.height))
    return dict(pages)


def read_by_ocr(pages: Mapping[int, PageRead], passages: Iterable[Passage]) -> list[str]:
    """The words that the document has from pages that are mostly pictures, beyond those of the pages' own text."""
    known: dict[int, Counter[str]] = defaultdict(Counter)
    for passage in passages:
        if passage.page is not None:
            known[passage.page].update(words_of(passage.text))
    read: list[str] = []
    for number, page in pages.items():
        beyond = Counter(page.words) - known[number]
        if beyond.total() >= max(MIN_BEYOND, known[number].total()):
            read += _taken(page.words, beyond)
    return read


def _is_in_text(item: DocItem) -> bool:
    """Whether it is exported; running headers and footers may have been read without being text."""
    return item.content_layer == ContentLayer.BODY and item.label not in RUNNING


def _taken(words: Iterable[str], counts: Counter[str]) -> Iterator[str]:
    """So many of each word, in the order of the text."""
    left = Counter(counts)
    for word in words:
        if left[word] > 0:
            left[word] -= 1
            yield word


def pictures_read(
    document: DoclingDocument,
    beyond: Counter[str],
    descriptions: Iterable[str] = (),
    attachments: Mapping[str, int] = MappingProxyType({}),
    unplaced: int = 0,
) -> int:
    """How many pictures have words behind them, or as caption, that the file has only as ink.

    A picture's description may stand between it and its words; in a sheet, whatever floats beside the cells. Within
    cells and lists its words stand in the text.
    `attachments`: name of an attached file, which stands as heading over what was read in it -> pictures in it.
    `unplaced`: how many pictures the document does not have as such; their words may stand anywhere.
    """
    known = {tuple(words_of(description)) for description in descriptions}
    heads = {tuple(words_of(name)): count for name, count in attachments.items()}
    waiting = read = 0
    left = Counter(beyond)
    for item, parent in _in_order(document):
        words = _words(item)
        if isinstance(item, PictureItem):
            waiting += 1
        elif tuple(words) in heads:
            waiting = heads[tuple(words)]
        elif words and waiting and _is_beyond(words, left):
            left -= Counter(words)
            read, waiting = read + 1, waiting - 1
        elif words and unplaced > 0 and MIN_RUN <= len(words) == (Counter(words) & left).total():
            left -= Counter(words)
            read, unplaced = read + 1, unplaced - 1
        elif words and tuple(words) not in known and parent != GroupLabel.SHEET:
            read += sum(_holds_run(part, left) for part in _parts(item))
            waiting = 0
    return read


def _parts(item: NodeItem) -> list[list[str]]:
    """Cells and entries of lists, in which a picture's words stand among others."""
    if isinstance(item, TableItem):
        return [words_of(ADDRESS.sub(" ", cell.text)) for cell in item.data.table_cells]
    return [_words(item)] if isinstance(item, ListItem) else []


def _holds_run(words: Sequence[str], left: Counter[str]) -> bool:
    """Words that are found are taken from `left`."""
    run = 0
    for word in words:
        run = run + 1 if left[word] > 0 else 0
        if run == MIN_RUN:
            left -= Counter(words)
            return True
    return False


def _in_order(document: DoclingDocument) -> Iterator[tuple[NodeItem, GroupLabel | None]]:
    """Items with the label of the group that they stand in."""
    for item, _ in document.iterate_items(traverse_pictures=True):
        parent = item.parent.resolve(document) if item.parent else None
        yield item, parent.label if isinstance(parent, GroupItem) else None


def _is_beyond(words: Sequence[str], left: Counter[str]) -> bool:
    return (Counter(words) & left).total() >= MIN_SHARE * len(words)


def _words(item: NodeItem) -> list[str]:
    """Addresses of links, which are not counted, left out."""
    if isinstance(item, TableItem):
        plain = (cell for cell in item.data.table_cells if not isinstance(cell, RichTableCell))  # others hold items
        return [word for cell in plain for word in words_of(cell.text)]
    return words_of(ADDRESS.sub(" ", item.text)) if isinstance(item, TextItem) else []
