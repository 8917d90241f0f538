"""What was found about documents and is worth telling: warnings, and missing text by counts and places, never itself.

A document's findings stand in its receipt, so that what is told of very many documents is read with what is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import Field, NonNegativeInt, model_validator

from pipeline.schema import NOT_MEASURED, Conversion, Gap, Record


class TextGaps(Record):
    """What a document's extracted text lacks of its file's words."""

    text_coverage: float = Field(ge=0, le=1, description="share of the file's words that the text holds")
    missing: tuple[Gap, ...] = Field((), description="by kind, words that should be in the text")


class Findings(Record):
    """What was found about one document. There may be very many: what most have none of is None."""

    warnings: tuple[str, ...] = ()
    gaps: TextGaps | None = Field(None, description="none: the text lacks nothing but what is left out on purpose")
    left_out: dict[str, NonNegativeInt] | None = Field(None, description="on purpose: kind -> words; none: nothing")

    @property
    def text_coverage(self) -> float | None:
        """None: it was not measured."""
        if NOT_MEASURED in self.warnings:
            return None
        return self.gaps.text_coverage if self.gaps else 1.0


class DocumentGaps(TextGaps):
    """What the text of one document lacks."""

    path: str


class Warned(Record):
    """The documents that have one warning."""

    count: NonNegativeInt
    documents: tuple[str, ...] = Field((), description="their paths, in order; a long list is cut, the count is whole")

    @model_validator(mode="before")
    @classmethod
    def _of_a_count_alone(cls, value: Any) -> Any:
        """Summaries of versions 1 and 2 name no documents."""
        return {"count": value} if isinstance(value, int) else value


class TextCoverage(Record):
    """How complete the text of many documents is."""

    documents: NonNegativeInt = Field(0, description="documents of which text is missing")
    lowest: float = Field(1.0, ge=0, le=1, description="text_coverage of the one that lacks most")
    missing: dict[str, NonNegativeInt] = Field(default_factory=dict, description="kind -> words, of all documents")
    left_out: dict[str, NonNegativeInt] = Field(default_factory=dict, description="kind -> words, of all documents")
    incomplete: tuple[DocumentGaps, ...] = Field(
        (), description="those documents, the one that lacks most first; a long list is cut, the counts are whole"
    )


def findings_of(conversion: Conversion) -> Findings:
    """What a conversion found. The places of what it left out on purpose stay in its own file."""
    coverage = conversion.text_coverage
    is_lacking = coverage is not None and (coverage < 1 or conversion.missing)
    return Findings(
        warnings=conversion.warnings,
        gaps=TextGaps(text_coverage=coverage, missing=conversion.missing) if is_lacking else None,
        left_out=dict(_words_by_kind(conversion.left_out)) or None,
    )


class Collected:
    """The findings of many documents, taken in one by one in any order; of each kind at most `most` documents are
    named (none given: all)."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()
        self._paths: dict[str, list[str]] = defaultdict(list)
        self._missing: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._incomplete_count = 0
        self._incomplete: list[DocumentGaps] = []

    def add(self, path: str, found: Findings) -> None:
        """Take in what was found about the document at `path`, once a document; a warning it has twice counts once."""
        for warning in dict.fromkeys(found.warnings):
            self._counts[warning] += 1
            self._paths[warning].append(path)
            if self._most is not None and len(self._paths[warning]) > 2 * self._most:
                self._paths[warning] = self._first(warning)
        if found.left_out:
            self._left_out.update(found.left_out)
        if found.gaps:
            self._missing.update(_words_by_kind(found.gaps.missing))
            self._incomplete_count += 1
            self._incomplete.append(DocumentGaps(path=path, **dict(found.gaps)))
            if self._most is not None and len(self._incomplete) > 2 * self._most:
                self._incomplete = self._worst()

    def _first(self, warning: str) -> list[str]:
        return sorted(self._paths[warning])[: self._most]

    def _worst(self) -> list[DocumentGaps]:
        return sorted(self._incomplete, key=_completeness)[: self._most]

    @property
    def warned(self) -> dict[str, Warned]:
        """Warning -> its documents, the first ones by path."""
        return {
            warning: Warned(count=count, documents=tuple(self._first(warning)))
            for warning, count in self._counts.items()
        }

    @property
    def text_coverage(self) -> TextCoverage:
        """Of all documents; the incomplete ones from the least complete, at most as many as are named."""
        worst = self._worst()
        return TextCoverage(
            documents=self._incomplete_count,
            lowest=worst[0].text_coverage if worst else 1.0,
            missing=dict(self._missing.most_common()),
            left_out=dict(self._left_out.most_common()),
            incomplete=tuple(worst),
        )


def _completeness(document: DocumentGaps) -> tuple[float, str]:
    return document.text_coverage, document.path


def _words_by_kind(gaps: Iterable[Gap]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for gap in gaps:
        counts[gap.kind] += gap.words
    return counts
