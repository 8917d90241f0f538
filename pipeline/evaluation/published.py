"""Evaluations of what is published, and their files."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeline.datadir import files
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.evaluation.compare import Comparison, compare
from pipeline.evaluation.evaluate import Ask, Evaluation, Subject, evaluate
from pipeline.evaluation.questions import Question
from pipeline.run.records import Published
from pipeline.schema import Method
from pipeline.search import Options, search
from pipeline.settings.sections import Settings

RERANKED = "reranked"
_NAMED = 3


def evaluate_published(
    settings: Settings,
    published: Published | None,
    paths: Collection[str],
    questions: Sequence[Question],
    methods: Sequence[Method],
) -> Evaluation:
    """The collection that readers see now, under these settings; with a reranker also what it makes of hybrid.

    `paths`: of the documents in the collection. Raises what `pipeline.search.search` raises, TransientError
    (INCOMPLETE) when nothing is published, and ConfigurationError for questions about documents that are not there.
    """
    if published is None:
        raise TransientError("nothing is published yet: run `nic run` first", ErrorCode.INCOMPLETE)
    _refuse_unknown(questions, paths)
    subject = Subject(
        collection=published.collection, embedding_model=settings.embedding.model_name, commit=published.commit
    )
    plain = Options(is_reranked=False)
    ways: dict[str, Ask] = {
        method: functools.partial(search, settings=settings, method=method, options=plain) for method in methods
    }
    if settings.search.reranker:
        ways[RERANKED] = functools.partial(search, settings=settings)
    return evaluate(questions, ways, subject)


def _refuse_unknown(questions: Sequence[Question], paths: Collection[str]) -> None:
    """No search can find what is not there; it would count as the search's fault."""
    unknown = sorted({question.path for question in questions} - set(paths))
    if unknown:
        named = ", ".join(unknown[:_NAMED]) + (" …" if len(unknown) > _NAMED else "")
        raise ConfigurationError(
            f"{len(unknown)} of the documents that the questions name are not in the collection: {named}"
        )


def write(evaluation: Evaluation, folder: Path) -> None:
    """evaluation.json and evaluation.html in a folder, which is made. Raises TransientError (no space, no right)."""
    from pipeline.evaluation.page import render

    with files.disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / "evaluation.json", evaluation)
    files.write_bytes(folder / "evaluation.html", render(evaluation).encode())


def read_evaluation(file: Path) -> Evaluation:
    """An evaluation.json that `write` left. Raises ConfigurationError."""
    try:
        return Evaluation.model_validate_json(file.read_bytes())
    except ValidationError:
        raise ConfigurationError(f"{file.name} is no evaluation.json of this version") from None


def compare_evaluations(before: Evaluation, after: Evaluation) -> dict[str, list[Comparison]]:
    """By each way of searching that both have. Raises ConfigurationError when they share no question."""
    return {
        way: compare(before.outcomes[way], outcome) for way, outcome in after.outcomes.items() if way in before.outcomes
    }
