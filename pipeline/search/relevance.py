"""Whether what was found answers the question, or is only what the collection has nearest to it.

Two signals that do not depend on the embedding model: how many of the question's words the best of the first hits has,
and how far the nearest chunk stands out from the hundred nearest. docs/retrieval.md says how the threshold was chosen.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from pipeline.search.hits import Hit
from pipeline.sparse import LANGUAGES, words

NEAREST = 100
"""How many nearest chunks the best one is compared with."""
_HITS = 5
_WEIGHT = 0.1  # of one standard deviation, where all the question's words count 1
THRESHOLD = 0.65


def is_relevant(question: str, hits: Sequence[Hit], nearest: Callable[[], Sequence[float]]) -> bool:
    """`nearest` gives the similarities of the nearest chunks; it is asked only where words alone do not decide."""
    share = share_of_words(question, hits)
    return share >= THRESHOLD or evidence(share, nearest()) >= THRESHOLD


def evidence(share: float, similarities: Sequence[float]) -> float:
    """Both signals as one number."""
    return share + _WEIGHT * prominence(similarities)


def share_of_words(question: str, hits: Sequence[Hit]) -> float:
    """The most that one of the first hits has of the question's words, whatever their ending; 0 for no words."""
    wanted = _content_words(question)
    if not wanted:
        return 0.0
    found = (_terms(hit) for hit in hits[:_HITS])
    return max((sum(not word.isdisjoint(terms) for word in wanted) for terms in found), default=0) / len(wanted)


def prominence(similarities: Sequence[float]) -> float:
    """By how many standard deviations the greatest is above their mean; 0 where they are all alike."""
    spread = statistics.pstdev(similarities) if similarities else 0.0
    return (max(similarities) - statistics.fmean(similarities)) / spread if spread else 0.0


def _content_words(question: str) -> set[frozenset[str]]:
    """Each word's terms in all languages; a word that says nothing in one of them is none."""
    readings = zip(*(words(question, language) for language in LANGUAGES), strict=True)
    return {frozenset[str]().union(*found) for found in readings if all(found)}


def _terms(hit: Hit) -> frozenset[str]:
    return frozenset[str]().union(*words("\n".join((*hit.headings, hit.text)), hit.language))
