"""The guard before the alias moves: does the new collection answer the office's own questions well enough?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.errors import ErrorCode, PipelineError
from pipeline.settings.sections import Settings

if TYPE_CHECKING:
    from pipeline.store.collection import Store

log = logging.getLogger(__name__)
_TOP_K = 50  # chunks: deep enough for five documents


def check(settings: Settings, store: Store) -> None:
    """Ask the questions that [quality] names, if any, of a collection that readers do not see yet.

    Raises PipelineError (QUALITY) when too few are answered, ConfigurationError when the file of questions is none.
    """
    wanted = settings.quality
    if wanted.questions is None or store.published_collection() == store.collection:
        return
    from pipeline.evaluation.measures import measure, summarise
    from pipeline.evaluation.questions import read_questions
    from pipeline.search.ask import embedded, search_collection

    questions = read_questions(wanted.questions)
    asked = embedded([question.question for question in questions], settings)
    answers = search_collection(store, asked, _TOP_K, settings)
    found = summarise([measure(question, hits) for question, hits in zip(questions, answers, strict=True)])
    hit = found.measures["hit_at_5"]
    if hit.mean < wanted.min_hit_at_5:
        raise PipelineError(
            f"of {found.questions} questions {100 * hit.mean:.1f} % find their document among the first five, fewer "
            f"than [quality] min_hit_at_5 = {wanted.min_hit_at_5:g} demands; readers keep what they have",
            ErrorCode.QUALITY,
        )
    log.info("quality: of %d questions %s %% find their document among the first five", found.questions, hit)
