"""What an answer is worth: the rank of the right document, and whether the answer's words are among the first chunks.

Documents are ranked by their best chunk. Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008),
chapter 8, has the measures. Their intervals are Wilson's (1927), which stay wide where few questions all say the same;
for measures between 0 and 1 they are wider than they need be, never narrower.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import stats

from pipeline.evaluation.questions import Question
from pipeline.schema import Record
from pipeline.search import Hit

MEASURES = {
    "hit_at_1": "hit@1",
    "hit_at_5": "hit@5",
    "hit_at_10": "hit@10",
    "mrr_at_10": "MRR@10",
    "ndcg_at_10": "nDCG@10",
    "answer_at_1": "answer@1",
    "answer_at_5": "answer@5",
}
"""Measure -> its name in the field."""
_DEPTH = 10
_Z = float(stats.norm.ppf(0.975))  # of 95 %


class Estimate(Record):
    """A mean over questions and the interval that holds it with 95 % confidence; all between 0 and 1."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Such as 86.8 (83–90), in per cent."""
        return f"{100 * self.mean:.1f} ({100 * self.low:.0f}–{100 * self.high:.0f})"


class Figures(Record):
    """The measures of some questions."""

    questions: int
    measures: dict[str, Estimate] = Field(description="measure -> estimate; answers only where questions give any")


def measure(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """Each measure's value for one question, 0 to 1; `hits` are best first."""
    paths = list(dict.fromkeys(hit.path for hit in hits))
    rank = paths.index(question.path) + 1 if question.path in paths else math.inf
    values = {f"hit_at_{k}": float(rank <= k) for k in (1, 5, 10)}
    values["mrr_at_10"] = 1 / rank if rank <= _DEPTH else 0.0
    values["ndcg_at_10"] = 1 / math.log2(rank + 1) if rank <= _DEPTH else 0.0
    if question.answers:
        values |= {f"answer_at_{k}": float(_contains(hits[:k], question.answers)) for k in (1, 5)}
    return values


def summarise(values: Sequence[Mapping[str, float]]) -> Figures:
    """The means of what `measure` gave for some questions, with intervals."""
    columns = {name: np.array([row[name] for row in values if name in row]) for name in MEASURES}
    return Figures(
        questions=len(values), measures={name: _estimate(column) for name, column in columns.items() if len(column)}
    )


def _estimate(column: NDArray[np.float64]) -> Estimate:
    mean, count = float(column.mean()), len(column)
    centre = mean + _Z**2 / (2 * count)
    half = _Z * math.sqrt(mean * (1 - mean) / count + (_Z / (2 * count)) ** 2)
    scale = 1 + _Z**2 / count
    low, high = max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
    return Estimate(mean=mean, low=min(low, mean), high=max(high, mean))  # 0 and 1 are ends up to rounding


def _contains(hits: Sequence[Hit], answers: Sequence[str]) -> bool:
    text = _plain("\n".join(hit.text for hit in hits))
    return any(_plain(answer) in text for answer in answers)


def _plain(text: str) -> str:
    """Letters and digits alone: how a text is set and hyphenated does not matter."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
