"""What stands around a hit in its document. The neighbours' ids are computed, so this costs one look-up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.schema import point_id
from pipeline.search.hits import Hit

if TYPE_CHECKING:
    from pipeline.store.reader import Reader

_FIELDS = ["content", "document_id"]
_SHORTEST_OVERLAP = 12  # characters; less may be equal by chance


def with_neighbours(store: Reader, hits: Sequence[Hit], count: int) -> list[Hit]:
    """The hits with the text of up to `count` chunks on either side, what chunks share standing there once."""
    wanted = [(hit.document_id, slot) for hit in hits for slot in _around(hit, count)]
    found = store.slots(wanted, _FIELDS) if wanted else {}
    return [_surrounded(hit, found, count) for hit in hits]


def _around(hit: Hit, count: int) -> list[int]:
    slots = range(max(0, hit.chunk_index - count), hit.chunk_index + count + 1)
    return [slot for slot in slots if slot != hit.chunk_index]


def _surrounded(hit: Hit, found: dict[str, dict[str, Any]], count: int) -> Hit:
    texts = {slot: found.get(point_id(hit.document_id, slot), {}).get("content", "") for slot in _around(hit, count)}
    before = join(text for slot, text in texts.items() if slot < hit.chunk_index)
    after = join(text for slot, text in texts.items() if slot > hit.chunk_index)
    begin = len(before) - _shared(before, hit.text)
    return hit.model_copy(
        update={"before": before[:begin].rstrip(), "after": after[_shared(hit.text, after) :].strip()}
    )


def join(texts: Iterable[str]) -> str:
    """Consecutive chunks as one text: what a chunk repeats of the one before is left out, else they are two
    paragraphs."""
    whole = ""
    for text in texts:
        shared = _shared(whole, text)
        whole = whole + text[shared:] if shared else "\n\n".join(filter(None, (whole, text)))
    return whole


def _shared(left: str, right: str) -> int:
    """Length of the longest end of `left` that `right` begins with; 0 for what may be chance."""
    longest = min(len(left), len(right))
    return next((size for size in range(longest, _SHORTEST_OVERLAP - 1, -1) if left.endswith(right[:size])), 0)
