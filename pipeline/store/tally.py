"""Compares what a collection lists, page by page, with what it should hold, in 70 bytes a document and one a point.

Only documents that are not what they should be are looked at one by one.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.store.differences import Difference, Stored, count_difference, differences

Listed = tuple[str, str, int]
"""Document id, content version and slot of a point."""
Wanted = Iterable[tuple[str, tuple[str, int]]]
"""Document id -> content version, number of chunks."""
_BLOCK = 4096


class Tally:
    """What was listed so far of what is wanted."""

    def __init__(self, wanted: Wanted) -> None:
        ids, self._versions, self._chunks = _columns(wanted)
        order = np.argsort(ids, kind="stable")
        self._ids = ids[order]
        del ids  # of very many, a column is tens of megabytes
        self._versions = self._versions[order]
        self._chunks = self._chunks[order]
        self._starts = np.cumsum(self._chunks) - self._chunks
        self._seen = np.zeros(int(self._chunks.sum()), dtype=bool)
        self._odd: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.listed = 0

    def add(self, page: Sequence[Listed]) -> None:
        """Some points, each of which is listed once."""
        self.listed += len(page)
        places, fits = self._places(page)
        self._seen[places[fits]] = True
        for index in np.flatnonzero(~fits).tolist():
            document_id, version, slot = page[index]
            self._odd[document_id].append((version, slot))

    def differences(self, counted: int) -> list[Difference]:
        """How what was listed, and is `counted`, differs from what is wanted; empty: not at all."""
        looked_at = {*self._odd, *map(_text, self._ids[self._lacking()])}
        rows = {document_id: row for document_id in looked_at if (row := self._row(document_id)) is not None}
        wanted = {each: (_text(self._versions[row]), int(self._chunks[row])) for each, row in rows.items()}
        found = {each: self._stored(each, rows.get(each)) for each in looked_at}
        held = {each: stored for each, stored in found.items() if stored.slots}
        return [*differences(held, wanted), *count_difference(self.listed, counted)]

    def _places(self, page: Sequence[Listed]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Of each point the place in `_seen`, and whether it is one that is wanted there and was not seen before."""
        if not len(self._ids):
            return np.zeros(len(page), np.int64), np.zeros(len(page), bool)
        ids = np.array([_bytes(each) for each, _, _ in page], dtype=self._ids.dtype)
        versions = np.array([_bytes(each) for _, each, _ in page], dtype=self._versions.dtype)
        slots = np.array([slot for _, _, slot in page], dtype=np.int64)
        rows = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        fits = (self._ids[rows] == ids) & (self._versions[rows] == versions)
        fits &= (slots >= 0) & (slots < self._chunks[rows])
        places = np.where(fits, self._starts[rows] + slots, -1)
        is_first = np.zeros(len(page), bool)
        is_first[np.unique(places, return_index=True)[1]] = True
        fits &= is_first & ~self._seen[places] if len(self._seen) else False
        return places, fits

    def _lacking(self) -> NDArray[np.bool_]:
        """Rows of which not every slot was seen."""
        seen = np.concatenate([[0], np.cumsum(self._seen)])
        found: NDArray[np.bool_] = seen[self._starts + self._chunks] - seen[self._starts] < self._chunks
        return found

    def _row(self, document_id: str) -> int | None:
        row = int(np.searchsorted(self._ids, np.array(_bytes(document_id), dtype=self._ids.dtype)))
        return row if row < len(self._ids) and _text(self._ids[row]) == document_id else None

    def _stored(self, document_id: str, row: int | None) -> Stored:
        odd = self._odd.get(document_id, [])
        slots, versions = [slot for _, slot in odd], {version for version, _ in odd}
        if row is not None:
            seen = np.flatnonzero(self._seen[self._starts[row] : self._starts[row] + self._chunks[row]]).tolist()
            slots += seen
            versions |= {_text(self._versions[row])} if seen else set()
        return Stored(frozenset(versions), tuple(sorted(slots)))


def _columns(wanted: Wanted) -> Iterator[NDArray[Any]]:
    """Ids, versions, numbers of chunks."""
    blocks: tuple[list[NDArray[Any]], ...] = ([], [], [])
    rest = iter(wanted)
    while block := list(itertools.islice(rest, _BLOCK)):
        blocks[0].append(_texts([each for each, _ in block]))
        blocks[1].append(_texts([version for _, (version, _) in block]))
        blocks[2].append(np.array([chunks for _, (_, chunks) in block], dtype=np.int64))
    for column, empty in zip(blocks, (_texts(()), _texts(()), np.zeros(0, np.int64)), strict=True):
        yield np.concatenate([empty, *column])
        column.clear()


def _texts(texts: Sequence[str]) -> NDArray[np.bytes_]:
    """One byte wider than the longest, so that a longer one that is cut is never equal to any."""
    encoded = [_bytes(text) for text in texts]
    return np.array(encoded, dtype=f"S{max(map(len, encoded), default=0) + 1}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(value: bytes) -> str:
    return bytes(value).decode("utf-8", "surrogatepass")
