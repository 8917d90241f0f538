"""The figures of an evaluation, against answers whose worth is known by hand."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from pipeline.evaluation.measures import measure, summarise
from pipeline.evaluation.questions import Question
from pipeline.search import Hit

QUESTION = Question(qid="1", question="Quantos dias?", path="b.pdf", answers=("trinta dias",))


def hits(*found: tuple[str, str]) -> list[Hit]:
    return [
        Hit(path=path, score=1, text=text, title="", headings=(), page_numbers=(), document_id=path, chunk_index=0)
        for path, text in found
    ]


def test_a_document_ranks_by_its_best_chunk() -> None:
    values = measure(QUESTION, hits(("a.pdf", "x"), ("a.pdf", "y"), ("b.pdf", "z"), ("a.pdf", "w")))
    assert (values["hit_at_1"], values["hit_at_5"], values["mrr_at_10"]) == (0, 1, 0.5)
    assert values["ndcg_at_10"] == pytest.approx(1 / math.log2(3))


def test_a_document_that_is_not_found_counts_nothing() -> None:
    values = measure(QUESTION, hits(*((f"{number}.pdf", "x") for number in range(20)), ("b.pdf", "y")))
    assert [values[name] for name in ("hit_at_1", "hit_at_5", "hit_at_10", "mrr_at_10", "ndcg_at_10")] == [0] * 5


def test_an_answer_is_found_across_line_breaks_hyphens_and_chunks_of_other_documents() -> None:
    values = measure(QUESTION, hits(("a.pdf", "…"), ("c.pdf", "são TRIN-\nta  dias, ao todo")))
    assert (values["answer_at_1"], values["answer_at_5"]) == (0, 1)


def test_questions_without_answers_have_no_answer_figures() -> None:
    assert "answer_at_5" not in measure(QUESTION.model_copy(update={"answers": ()}), hits(("b.pdf", "x")))


def test_an_interval_holds_the_mean_and_shrinks_with_more_questions() -> None:
    few, many = ([{"hit_at_1": float(n % 4 == 0)} for n in range(count)] for count in (40, 4000))
    few_found, many_found = (summarise(rows).measures["hit_at_1"] for rows in (few, many))
    assert few_found.mean == many_found.mean == 0.25
    assert few_found.low < many_found.low < 0.25 < many_found.high < few_found.high
    # the normal approximation: 1.96 standard errors
    assert many_found.high - many_found.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 * 0.75 / 4000), rel=0.15)


@pytest.mark.parametrize(("found", "asked"), [(0, 3), (1, 1), (3, 3), (2, 5), (40, 50)])
def test_few_questions_that_all_say_the_same_leave_the_interval_wide(found: int, asked: int) -> None:
    rows = [{"hit_at_1": float(number < found), "mrr_at_10": 0.5} for number in range(asked)]
    estimate = summarise(rows).measures["hit_at_1"]
    known = stats.binomtest(found, asked).proportion_ci(method="wilson")
    assert (estimate.low, estimate.high) == pytest.approx((known.low, known.high))
    assert estimate.high - estimate.low > 0.2
    graded = summarise(rows).measures["mrr_at_10"]
    assert graded.low < 0.5 < graded.high
