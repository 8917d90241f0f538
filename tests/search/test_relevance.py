"""Whether what was found answers the question: words decide, and where they do not, how far the nearest stands out."""

from __future__ import annotations

import pytest

from pipeline.search.hits import Hit
from pipeline.search.relevance import evidence, is_relevant, prominence, share_of_words

FLAT = [0.80, 0.81] * 50
OUTSTANDING = [0.95, *FLAT]


def hit(text: str, headings: tuple[str, ...] = (), language: str = "pt-BR") -> Hit:
    return Hit(
        path="30-Aprovados/a.md",
        score=1,
        text=text,
        title="a",
        headings=headings,
        page_numbers=(),
        document_id="d",
        chunk_index=0,
        language=language,
    )


def never() -> list[float]:
    raise AssertionError("words alone decide")


@pytest.mark.parametrize(
    ("question", "text", "share"),
    [
        ("prazo do recurso", "O recurso tem prazo de dez dias.", 1),
        ("prazos de recursos?", "O RECURSO tem prazo.", 1),
        ("prazo da licença", "O recurso tem prazo.", 0.5),
        ("receita de bolo", "O recurso tem prazo.", 0),
        ("???", "O recurso tem prazo.", 0),
        ("o que é a", "O que é a norma.", 0),
        ("deadline of the appeal", "The appeal has no deadline.", 1),
    ],
)
def test_words_count_whatever_their_ending_and_function_words_do_not(question: str, text: str, share: float) -> None:
    assert share_of_words(question, [hit(text)]) == share


def test_headings_count_and_only_the_first_hits_do() -> None:
    assert share_of_words("prazo do recurso", [hit("Dez dias.", ("Recurso", "Prazo"))]) == 1
    assert share_of_words("prazo do recurso", [hit("nada")] * 5 + [hit("prazo do recurso")]) == 0
    assert share_of_words("prazo", []) == 0


def test_words_alone_decide_where_they_can() -> None:
    assert is_relevant("prazo do recurso", [hit("O prazo do recurso é de dez dias.")], never)


def test_without_the_words_only_a_passage_that_stands_out_is_relevant() -> None:
    assert not is_relevant("receita de bolo de cenoura", [hit("O prazo do recurso.")], lambda: FLAT)
    assert is_relevant("deadline of an appeal", [hit("O prazo do recurso.")], lambda: OUTSTANDING)
    assert not is_relevant("asdfghjkl", [], list)


def test_both_signals_add_up() -> None:
    assert prominence(OUTSTANDING) > 9
    assert 0.9 < prominence(FLAT) < 1.1
    assert evidence(0.5, OUTSTANDING) > evidence(0.5, FLAT) > evidence(0, FLAT) > evidence(0, [0.8] * 9) == 0
