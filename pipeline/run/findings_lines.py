"""Findings in words, as lines for a terminal; counts, kinds and places, never text.

Paths and places come from documents, so that their control characters are shown and not sent to the terminal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from pipeline.errors.escaping import one_line
from pipeline.run.findings import DocumentGaps, TextCoverage, Warned
from pipeline.schema import Gap

_PLACES_SHOWN = 3


def warning_lines(warned: Mapping[str, Warned], most: int) -> Iterator[str]:
    """Each warning, and below it at most so many of its documents."""
    for warning, named in warned.items():
        yield f"warning: {one_line(warning).removesuffix('.')}: {documents(named.count)}"
        shown = [one_line(path) for path in named.documents[:most]]
        yield from _paths(shown, named.count if named.documents else 0, "nic status --json")


def coverage_lines(coverage: TextCoverage | None, most: int) -> Iterator[str]:
    """The documents of which text is missing, at most so many, and what was left out on purpose."""
    if coverage is None:
        return
    if coverage.documents:
        yield f"text is missing: {documents(coverage.documents)}, {by_kind(coverage.missing)}"
        shown = [incomplete_line(document) for document in coverage.incomplete[:most]]
        yield from _paths(shown, coverage.documents, "nic coverage")
    if coverage.left_out:
        yield f"left out on purpose: {by_kind(coverage.left_out)}"


def incomplete_line(document: DocumentGaps) -> str:
    """A document, its coverage, and what it lacks."""
    return f"{one_line(document.path)}: coverage {share(document.text_coverage)}, missing {_gaps(document.missing)}"


def gap_lines(missing: Sequence[Gap], left_out: Sequence[Gap]) -> Iterator[str]:
    """What a document lacks, a line for each kind, with all places that are known."""
    for gap in missing:
        yield f"missing: {_gap(gap, len(gap.places))}"
    for gap in left_out:
        yield f"left out on purpose: {_gap(gap, len(gap.places))}"


def documents(count: int) -> str:
    """Such as "1 document" or "2 documents"."""
    return counted(count, "document")


def counted(count: int, noun: str) -> str:
    """So many of what a noun names that takes an s."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def share(value: float) -> str:
    """Four digits, never rounded up: what is not complete does not read 1.0000."""
    return f"{math.floor(value * 10_000) / 10_000:.4f}"


def by_kind(words: Mapping[str, int]) -> str:
    """What is missing, or was left out, of many documents."""
    return ", ".join(f"{kind_name(kind)}{_words(count)}" for kind, count in words.items()) or "words of no known kind"


def kind_name(kind: str) -> str:
    """A kind of missing text as people read it: "text box"."""
    return kind.replace("_", " ")


def _paths(shown: Sequence[str], count: int, command: str) -> Iterator[str]:
    yield from (f"  {path}" for path in shown)
    if count > len(shown):
        yield f"  and {count - len(shown)} more: `{command}` names them all"


def _gaps(gaps: Sequence[Gap]) -> str:
    return ", ".join(_gap(gap, _PLACES_SHOWN) for gap in gaps) or "words of no known kind"


def _gap(gap: Gap, most: int) -> str:
    more = "; …" if len(gap.places) > most else ""
    places = f" ({'; '.join(map(one_line, gap.places[:most]))}{more})" if gap.places else ""
    return f"{kind_name(gap.kind)}{_words(gap.words)}{places}"


def _words(count: int) -> str:
    """Nothing for what has words that nobody can count, such as a picture."""
    return f" {counted(count, 'word')}" if count else ""
