"""A document's text, passage by passage, and its outline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, NonNegativeInt

from pipeline.schema import BoundingBox, ChunkType, Record, point_id

if TYPE_CHECKING:
    from pipeline.store.reader import Reader

_RENAMED = {"index": "chunk_index", "text": "content", "kind": "chunk_type", "headings": "section_path"}


class Passage(Record):
    """One chunk of a document."""

    index: NonNegativeInt = Field(description="from 0, in the order of the document")
    text: str
    kind: ChunkType
    headings: tuple[str, ...] = Field((), description="section path, outermost first")
    page_numbers: tuple[int, ...] = ()
    token_count: NonNegativeInt = 0
    bounding_boxes: tuple[BoundingBox, ...] = Field((), description="where it stands on its pages")


class Section(Record):
    """A heading of a document, and the first passage below it."""

    title: str
    level: NonNegativeInt = Field(description="0: outermost")
    passage: NonNegativeInt
    page: int | None = None


_STORED = {name: _RENAMED.get(name, name) for name in Passage.model_fields}


def read_passages(reader: Reader, document_id: str, slots: Iterable[int]) -> list[Passage]:
    """Those of these passages that there are, in order."""
    wanted = sorted(set(slots))
    found = reader.slots([(document_id, slot) for slot in wanted], list(_STORED.values()))
    payloads = (found.get(point_id(document_id, slot)) for slot in wanted)
    return [_passage(payload) for payload in payloads if payload]


def outline(passages: Iterable[Passage]) -> list[Section]:
    """The headings in the order in which they stand in the document."""
    sections: list[Section] = []
    before: tuple[str, ...] = ()
    for passage in passages:
        same = 0
        while passage.headings[: same + 1] == before[: same + 1] and same < len(passage.headings):
            same += 1
        page = passage.page_numbers[0] if passage.page_numbers else None
        sections += (
            Section(title=title, level=level, passage=passage.index, page=page)
            for level, title in enumerate(passage.headings)
            if level >= same
        )
        before = passage.headings
    return sections


def _passage(payload: Mapping[str, Any]) -> Passage:
    return Passage.model_validate({name: payload[field] for name, field in _STORED.items() if field in payload})
