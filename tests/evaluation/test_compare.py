"""A paired test finds real differences and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.evaluation.compare import compare
from pipeline.evaluation.evaluate import Answer, MethodOutcome, Subject, evaluate
from pipeline.evaluation.measures import summarise
from pipeline.evaluation.published import compare_evaluations, read_evaluation, write
from pipeline.evaluation.questions import Question


def outcome(values: list[float], first: int = 0) -> MethodOutcome:
    answers = tuple(
        Answer(qid=f"{first + n}", question="?", expected="a", found=(), values={"hit_at_1": value})
        for n, value in enumerate(values)
    )
    return MethodOutcome(overall=summarise([]), by_language={}, by_kind={}, answers=answers)


def test_a_consistent_gain_is_significant() -> None:
    (found,) = compare(outcome([0.0] * 20 + [1.0] * 80), outcome([1.0] * 100))
    assert (found.better, found.worse, found.before, found.after) == (20, 0, 0.8, 1.0)
    assert found.is_significant


def test_as_many_gains_as_losses_are_not() -> None:
    (found,) = compare(outcome([0.0, 1.0] * 50), outcome([1.0, 0.0] * 50))
    assert (found.better, found.worse) == (50, 50)
    assert found.p_value > 0.5


def test_a_few_gains_are_not_significant() -> None:
    (found,) = compare(outcome([0.0] * 3 + [1.0] * 97), outcome([1.0] * 100))
    assert found.p_value == pytest.approx(0.25)  # 2 of 2 ** 3 signs


def test_equal_evaluations_do_not_differ() -> None:
    (found,) = compare(outcome([1.0, 0.0]), outcome([1.0, 0.0]))
    assert found.p_value == 1


def test_only_questions_of_both_are_compared() -> None:
    (found,) = compare(outcome([0.0] * 10), outcome([1.0] * 10, first=5))
    assert found.questions == 5
    with pytest.raises(ConfigurationError, match="no question"):
        compare(outcome([1.0]), outcome([1.0], first=7))


def test_an_evaluation_that_was_written_can_be_compared_with(tmp_path: Path) -> None:
    """Also where no question is in another language than its document, as most people's are."""
    subject = Subject(collection="nic__1", embedding_model="bundled", commit="c" * 40)
    questions = [Question(qid="1", question="?", path="a.pdf")]
    made = evaluate(questions, {"hybrid": lambda texts, _: [[] for _ in texts]}, subject)
    write(made, tmp_path)
    before = read_evaluation(tmp_path / "evaluation.json")
    assert {each.p_value for each in compare_evaluations(before, made)["hybrid"]} == {1.0}


def test_only_an_evaluation_is_compared_with(tmp_path: Path) -> None:
    (tmp_path / "questions.json").write_text('{"queries": []}')
    with pytest.raises(ConfigurationError, match=r"questions\.json is no evaluation\.json"):
        read_evaluation(tmp_path / "questions.json")
