"""How much of a file's text is in its DoclingDocument, and what is not, by kind and place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from docling_core.types.doc import DoclingDocument

from pipeline.convert.coverage.comparison import Comparison, Lost, compare
from pipeline.convert.coverage.ocr_evidence import pages_read, pictures_read, read_by_ocr
from pipeline.convert.coverage.passages import Passage, PassageKind
from pipeline.convert.coverage.readers import PICTURES, passages_of
from pipeline.convert.coverage.words import words_of
from pipeline.convert.text_export import text_of
from pipeline.schema import Gap

MAX_PLACES = 20
SPLIT_FORMATS = {"pdf", *PICTURES}


@dataclass(frozen=True)
class Coverage:
    """`text_coverage` is the share of the words that should be in the text and are; None: it was not measured."""

    text_coverage: float | None = None
    missing: tuple[Gap, ...] = ()
    left_out: tuple[Gap, ...] = ()


def measure(data: bytes, kind: str, document: DoclingDocument) -> Coverage:
    """Count the words of the file and find them in the document. Raises whatever a damaged file leads a reader to.

    `kind` is the real format. A document of which nothing but pictures could be read, and none was, has coverage 0.
    """
    comparison, unread = _compared(data, kind, document)
    lost = sum(each.words for each in comparison.missing)
    share = 1 - lost / comparison.words if comparison.words else float(not unread)
    return Coverage(share, _gaps([*comparison.missing, *unread]), _gaps(comparison.left_out))


def lost_passages(data: bytes, kind: str, document: DoclingDocument) -> list[Passage]:
    """The passages that should be in the document and are not; of one that is there in part only the words missing."""
    comparison, unread = _compared(data, kind, document)
    whole = {each.passage: len(words_of(each.passage.text)) for each in comparison.missing}
    parts = [
        each.passage if each.words == whole[each.passage] else replace(each.passage, text=" … ".join(each.stretches))
        for each in comparison.missing
    ]
    return [*parts, *(each.passage for each in unread)]


def _compared(data: bytes, kind: str, document: DoclingDocument) -> tuple[Comparison, list[Lost]]:
    """What was compared word by word, and what has no words: pictures and files that nobody can count."""
    text = text_of(document)
    pages = pages_read(document) if kind in SPLIT_FORMATS else {}
    passages = passages_of(data, kind, pages)
    comparison = compare(passages, text, read_by_ocr(pages, passages), may_be_split=kind in SPLIT_FORMATS)
    wordless = [passage for passage in passages if passage.is_uncounted]
    read = _pictures_read([passage for passage in passages if not passage.left_out], document, comparison.beyond)
    on_purpose = (*comparison.left_out, *(Lost(passage, 0) for passage in wordless if passage.left_out))
    lost = [Lost(passage, 0) for passage in wordless if not passage.left_out and passage not in read]
    return replace(comparison, left_out=on_purpose), lost


def _pictures_read(passages: Sequence[Passage], document: DoclingDocument, beyond: Counter[str]) -> set[Passage]:
    """All that show text if as many have been read, else none: which picture's words these are, nobody knows."""
    shown = {passage for passage in passages if passage.kind == PassageKind.PICTURE and passage.page is None}
    if not shown:
        return set()
    descriptions = [passage.text for passage in passages if passage.kind == PassageKind.ALT_TEXT]
    attached = {
        passage.text: sum(each.place.startswith(f"{passage.place}, ") for each in shown)
        for passage in passages
        if passage.kind == PassageKind.ATTACHMENT
    }
    unplaced = len(shown) - len(document.pictures) - sum(attached.values())
    return shown if len(shown) <= pictures_read(document, beyond, descriptions, attached, unplaced) else set()


def _gaps(lost: Sequence[Lost]) -> tuple[Gap, ...]:
    words: Counter[PassageKind] = Counter()
    places: dict[PassageKind, dict[str, None]] = defaultdict(dict)
    for each in lost:
        words[each.passage.kind] += each.words
        places[each.passage.kind][each.passage.place] = None
    return tuple(
        Gap(kind=kind, words=words[kind], places=tuple(places[kind])[:MAX_PLACES])
        for kind in PassageKind
        if kind in places
    )
