"""The passages of a PDF's pages, by pypdfium2: text, running headers and footers, pictures of text."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pypdfium2

from pipeline.convert.coverage.ocr_evidence import NOT_READ, PageRead
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind
from pipeline.convert.coverage.pdf_annotations import annotation_passages
from pipeline.convert.coverage.pdf_ink import Shown, has_layers, is_printed, shows_unread_text
from pipeline.convert.coverage.pdf_links import link_passages

CUT_OFF = (PassageKind.HIDDEN_TEXT, LeftOut.HIDDEN_TEXT)  # outside of the part of the page that is shown
EDGE_LINES = 4  # at either end of a page's text, where programs write its header and footer
EDGE = 0.15  # of the page's height
MIN_REPEATED = 0.25  # of all pages, and at least two
PAGE_NUMBER = re.compile(r"\W*(?:\w{1,6}\.?\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|de|of|-)\s*\d{1,4})?\W*", re.I)
PAGE_PHRASE = re.compile(r"\b(?:p[áa]g(?:ina)?s?\.?|page|fls?\.|folha)\s*\d{1,4}(?:\s*(?:/|de|of)\s*\d{1,4})?\b", re.I)
COUNTED = re.compile(r"(?<![\d.-])\d{1,4}(?![\d.-]*\d)")
MAX_NUMBERS = 6  # of a line that can count pages
MAX_LOOKED_AT = 3000  # characters of a page
MIN_LETTERS = 20  # fewer say nothing about how letters are mapped
VOWELS = re.compile("[aeiouyáàâãäåéèêëíìîïóòôõöúùûüýæø]", re.I)
SANE_VOWELS = (0.2, 0.7)  # of the letters
LATIN = re.compile("[a-zà-öø-ÿ]", re.I)
NO_CHARACTER = re.compile("[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
MAX_STRANGE = 0.1  # of the characters


@dataclass(frozen=True)
class Line:
    """A line of a page's text. `edge` is the kind of running line that it can be by its place."""

    text: str
    page: int
    edge: PassageKind | None = None

    @property
    def patterns(self) -> set[str]:
        """The line as it stands, and with each of its numbers as its distance from the page's, if it counts pages."""
        text = " ".join(self.text.casefold().split())
        numbers = list(itertools.islice(COUNTED.finditer(text), MAX_NUMBERS))
        return {text} | {
            f"{text[: number.start()]}#{int(number[0]) - self.page}{text[number.end() :]}" for number in numbers
        }


def page_passages(document: pypdfium2.PdfDocument, data: bytes, read: Mapping[int, PageRead]) -> Iterator[Passage]:
    """`read`: page number -> what the conversion has from this page."""
    reader, pages = _Reader(document, has_layers(data)), []
    for index in range(len(document)):
        with contextlib.suppress(pypdfium2.PdfiumError), contextlib.closing(document[index]) as page:
            yield from annotation_passages(document, page, f"page {index + 1}")
            lines, extra = reader.read(page, index + 1, read.get(index + 1, NOT_READ))
            yield from extra
            pages.append((index + 1, lines))
    running, seen = _running([lines for _, lines in pages]), set[str]()
    for number, lines in pages:
        yield from _passages(number, lines, running, seen)


@dataclass(frozen=True)
class _Reader:
    """Reads page after page. `pictures` are those of the pages read."""

    document: pypdfium2.PdfDocument
    layered: bool
    pictures: set[Shown] = field(default_factory=set)

    def read(self, page: pypdfium2.PdfPage, number: int, read: PageRead) -> tuple[list[Line], list[Passage]]:
        """The lines of a page, and what of it is not text that can be compared."""
        extra: list[Passage] = []
        with contextlib.closing(page.get_textpage()) as text_page:
            extra += link_passages(self.document, page, text_page, number)
            text = text_page.get_text_range()
            is_sane = _is_sane(text)
            if not is_sane and not read.words:
                extra.append(Passage.uncounted(PassageKind.UNREADABLE_TEXT, f"page {number}", number))
            if is_sane and shows_unread_text(page, text_page, read, self.pictures):
                extra.append(Passage.uncounted(PassageKind.PICTURE, f"page {number}", number))
            lines = list(_lines(text, number, page, text_page)) if is_sane else []
            if lines and (self.layered or page.get_cropbox() != page.get_mediabox()):
                shown = is_printed(page, text_page)
                kind, reason = (PassageKind.LAYER_OFF, LeftOut.LAYER_OFF) if self.layered else CUT_OFF
                off = [line.text for line, printed in zip(lines, shown, strict=True) if not printed]
                lines = [line for line, printed in zip(lines, shown, strict=True) if printed]
                extra += [Passage(kind, f"page {number}", text, reason, page=number) for text in off]
        return lines, extra


def _is_sane(text: str) -> bool:
    """Whether the font says which characters its glyphs are."""
    text = text[:MAX_LOOKED_AT].replace("\x02", "")
    strange, letters = len(NO_CHARACTER.findall(text)), LATIN.findall(text)
    if strange > MAX_STRANGE * max(1, len(text)):
        return False
    if len(letters) < MIN_LETTERS:
        return True
    return SANE_VOWELS[0] <= len(VOWELS.findall(text)) / len(letters) <= SANE_VOWELS[1]


def _lines(text: str, number: int, page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> Iterator[Line]:
    position, rows = 0, text.split("\r\n")
    filled = [index for index, row in enumerate(rows) if row.strip()]
    edges = {*filled[:EDGE_LINES], *filled[-EDGE_LINES:]}
    for index, row in enumerate(rows):
        if index in edges or PAGE_NUMBER.fullmatch(row):
            yield Line(row, number, _edge(page, text_page, position + len(row) - len(row.lstrip())))
        elif row.strip():
            yield Line(row, number)
        position += len(row) + 2


def _edge(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, character: int) -> PassageKind | None:
    try:
        _, bottom, _, top = text_page.get_charbox(character)
    except (pypdfium2.PdfiumError, IndexError, ValueError):
        return None
    _, low, _, high = page.get_bbox()
    middle = ((bottom + top) / 2 - low) / max(1, high - low)
    return PassageKind.FOOTER if middle < EDGE else PassageKind.HEADER if middle > 1 - EDGE else None


def _running(pages: list[list[Line]]) -> set[str]:
    """Patterns of lines that stand at the edge of many pages."""
    found = ({pattern for line in lines if line.edge for pattern in line.patterns} for lines in pages)
    counts = Counter(pattern for patterns in found for pattern in patterns)
    return {pattern for pattern, count in counts.items() if count >= max(2, MIN_REPEATED * len(pages))}


def _passages(number: int, lines: list[Line], running: set[str], seen: set[str]) -> Iterator[Passage]:
    """Running lines come after the text: what stands in both is missing from them, if anywhere."""
    edges = [line for line in lines if line.edge and _is_running(line, running)]
    body = "\n".join(line.text for line in lines if line not in edges)
    yield Passage(PassageKind.BODY, f"page {number}", body, page=number)
    for line in edges:
        left_out = LeftOut.REPEATED if line.patterns & running & seen else None
        seen |= line.patterns & running
        kind, text = line.edge or PassageKind.HEADER, PAGE_PHRASE.sub(" ", line.text)
        if PAGE_NUMBER.fullmatch(line.text):
            left_out, text = LeftOut.PAGE_NUMBER, line.text
        yield Passage(kind, f"page {number}, {kind}", text, left_out, page=number)


def _is_running(line: Line, running: set[str]) -> bool:
    return bool(line.patterns & running or PAGE_NUMBER.fullmatch(line.text) or PAGE_PHRASE.search(line.text))
