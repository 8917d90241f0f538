"""Asks every question every way, and sums up: by way, by language, by kind of document, with the worst questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import Field

from pipeline.evaluation.measures import Figures, measure, summarise
from pipeline.evaluation.questions import Question
from pipeline.schema import Record, Timestamp
from pipeline.search import Hit

_TOP_K = 50  # chunks: deep enough for ten documents
_SHOWN_HITS = 5
_WORST = 20
Ask = Callable[[list[str], int], list[list[Hit]]]
"""Questions and how many chunks each may have -> hits, best first."""


class Answer(Record):
    """What came back for a question, and what it is worth."""

    qid: str
    question: str
    expected: str = Field(description="path of the right document")
    found: tuple[str, ...] = Field(description="path and heading of the first hits")
    values: dict[str, float]


class MethodOutcome(Record):
    """One way of searching, over all questions."""

    overall: Figures = Field(description="questions in the language of their document")
    cross_lingual: Figures | None = None
    by_language: dict[str, Figures]
    by_kind: dict[str, Figures]
    answers: tuple[Answer, ...]

    @property
    def worst(self) -> list[Answer]:
        """The questions whose right document is not first, the worst before the others."""
        missed = [answer for answer in self.answers if not answer.values["hit_at_1"]]
        return sorted(missed, key=lambda answer: answer.values["ndcg_at_10"])[:_WORST]


class Subject(Record):
    """What is evaluated."""

    collection: str
    embedding_model: str
    commit: str


class Evaluation(Record):
    """Content of an evaluation's JSON file."""

    time: Timestamp
    subject: Subject
    outcomes: dict[str, MethodOutcome] = Field(description="by way of searching")


def evaluate(questions: Sequence[Question], ways: Mapping[str, Ask], subject: Subject) -> Evaluation:
    """Every question by every way of searching. Raises what searching raises."""
    texts = [question.question for question in questions]
    outcomes = {way: _outcome(questions, ask(texts, _TOP_K)) for way, ask in ways.items()}
    return Evaluation(time=datetime.now(UTC), subject=subject, outcomes=outcomes)


def _outcome(questions: Sequence[Question], answers: Sequence[Sequence[Hit]]) -> MethodOutcome:
    values = [measure(question, hits) for question, hits in zip(questions, answers, strict=True)]
    groups: dict[tuple[str, str], list[Mapping[str, float]]] = defaultdict(list)
    for question, row in zip(questions, values, strict=True):
        if question.cross_lingual:
            groups["cross", ""].append(row)
        else:
            groups["all", ""].append(row)
            groups["lang", question.lang].append(row)
            groups["kind", question.kind].append(row)
    figures = {key: summarise(rows) for key, rows in sorted(groups.items())}
    return MethodOutcome(
        overall=figures.get(("all", "")) or summarise(values),
        cross_lingual=figures.get(("cross", "")),
        by_language={name: found for (group, name), found in figures.items() if group == "lang"},
        by_kind={name: found for (group, name), found in figures.items() if group == "kind"},
        answers=tuple(_answer(*triple) for triple in zip(questions, answers, values, strict=True)),
    )


def _answer(question: Question, hits: Sequence[Hit], values: dict[str, float]) -> Answer:
    found = tuple(" › ".join((hit.path, *hit.headings)) for hit in hits[:_SHOWN_HITS])
    return Answer(qid=question.qid, question=question.question, expected=question.path, found=found, values=values)
