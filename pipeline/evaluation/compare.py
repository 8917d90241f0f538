"""Is one evaluation better than another on the same questions, or is the difference chance?"""

from __future__ import annotations

import numpy as np
from scipy import stats

from pipeline.errors import ConfigurationError
from pipeline.evaluation.evaluate import MethodOutcome
from pipeline.evaluation.measures import MEASURES
from pipeline.schema import Record

_RESAMPLES = 9_999


class Comparison(Record):
    """A measure before and after, over the questions that both have."""

    measure: str
    questions: int
    before: float
    after: float
    better: int
    worse: int
    p_value: float

    @property
    def is_significant(self) -> bool:
        """At the 5 % level, for this measure alone: nothing is corrected for how many are compared."""
        return self.p_value < 0.05


def compare(before: MethodOutcome, after: MethodOutcome) -> list[Comparison]:
    """Each measure, paired by question: a two-sided permutation test (Smucker, Allan and Carterette, CIKM 2007).

    Raises ConfigurationError when the two share no question.
    """
    old = {answer.qid: answer.values for answer in before.answers}
    new = {answer.qid: answer.values for answer in after.answers}
    both = sorted(old.keys() & new.keys())
    if not both:
        raise ConfigurationError("the two evaluations share no question")
    return [_compare(name, [(old[qid], new[qid]) for qid in both]) for name in MEASURES if name in new[both[0]]]


def _compare(name: str, pairs: list[tuple[dict[str, float], dict[str, float]]]) -> Comparison:
    values = np.array([(old[name], new[name]) for old, new in pairs if name in old and name in new])
    difference = values[:, 1] - values[:, 0]
    return Comparison(
        measure=name,
        questions=len(values),
        before=float(values[:, 0].mean()),
        after=float(values[:, 1].mean()),
        better=int((difference > 0).sum()),
        worse=int((difference < 0).sum()),
        p_value=_p_value(difference[difference != 0]),
    )


def _p_value(differences: np.ndarray) -> float:
    """Of differences that are not 0; equal answers say nothing about which is better."""
    if not len(differences):
        return 1.0
    test = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=_RESAMPLES, rng=0, vectorized=True
    )
    return float(test.pvalue)
