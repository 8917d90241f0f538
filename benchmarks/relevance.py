"""How well the search tells questions that the collection answers from questions that it does not.

Asks the published collection of the effective settings, which must be that of the judged corpus of `dev_corpus`.
Without an answer there are: the same questions with their own document left out, of which some are still answered
elsewhere, and the questions of another corpus that NIC_BENCH_UNANSWERED names, as far as this one does not have them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks import dev_corpus
from benchmarks.figures import Figure
from pipeline.evaluation.questions import Question, read_questions
from pipeline.run.current import current_run
from pipeline.schema import Method
from pipeline.search import Hit, search
from pipeline.search.relevance import NEAREST, THRESHOLD, evidence, share_of_words

_UNANSWERED = os.environ.get("NIC_BENCH_UNANSWERED", "../shared/corpus/large/qrels.json")
_HITS, _MOST_OF_A_DOCUMENT = 10, 100
_TARGET = 0.80


def run() -> list[Figure]:
    if not (dev_corpus.CORPUS / "qrels.json").is_file():
        return [Figure(what="relevance", value=0, unit="", note="no corpus: name one in NIC_BENCH_CORPUS")]
    questions = read_questions(dev_corpus.CORPUS / "qrels.json")
    asked = {question.question for question in questions}
    answered = judged(questions)
    without = {"their own document left out": judged(questions, leave_out=True)}
    if Path(_UNANSWERED).is_file():
        others = [question for question in read_questions(Path(_UNANSWERED)) if question.question not in asked]
        without["questions of other documents"] = judged(others)
    without["both"] = [each for some in without.values() for each in some]
    return [_figure(answered, some, name) for name, some in without.items()]


def _figure(answered: Sequence[float], others: Sequence[float], name: str) -> Figure:
    found = auc(answered, others)
    note = (
        f"refused: {_refused(answered):.1%} of {len(answered)} answered, {_refused(others):.1%} of {len(others)} others"
    )
    return Figure(what=f"AUC, {name}", value=found, unit="", target="at least 0.80", met=found >= _TARGET, note=note)


def _refused(found: Sequence[float]) -> float:
    return sum(one < THRESHOLD for one in found) / len(found)


def judged(questions: Sequence[Question], leave_out: bool = False) -> list[float]:
    """The evidence for each question that its answer was found."""
    settings, texts = current_run().settings, [question.question for question in questions]
    count = NEAREST + (_MOST_OF_A_DOCUMENT if leave_out else 0)
    found, nearest = (search(texts, count, settings, method) for method in (Method.HYBRID, Method.DENSE))
    kept = [
        tuple([hit for hit in hits if not leave_out or hit.path != question.path] for hits in both)
        for question, *both in zip(questions, found, nearest, strict=True)
    ]
    return [of(question.question, *both) for question, both in zip(questions, kept, strict=True)]


def of(question: str, hits: Sequence[Hit], nearest: Sequence[Hit]) -> float:
    return evidence(share_of_words(question, hits[:_HITS]), [hit.score for hit in nearest[:NEAREST]])


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """How often one with an answer is above one without; a draw counts half."""
    wins = sum((one > other) + (one == other) / 2 for one in positive for other in negative)
    return wins / (len(positive) * len(negative))
