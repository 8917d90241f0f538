"""What is missing is counted once, where it was taken from; what only looks different is not missing."""

from __future__ import annotations

import pytest

from pipeline.convert.coverage.comparison import Comparison, compare
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind
from pipeline.convert.coverage.words import words_of
from tests.support.cpu_time import cpu_seconds

RULES = [
    "O prazo de entrega é de trinta dias corridos a partir da assinatura.",
    "O prazo de recurso é de dez dias úteis a partir da publicação no diário.",
    "A comissão de ética responde ao conselho diretor da unidade.",
]


def compared(texts: list[str], text: str, *, may_be_split: bool = False) -> Comparison:
    passages = [Passage(PassageKind.BODY, f"paragraph {number}", each) for number, each in enumerate(texts, 1)]
    return compare(passages, text, may_be_split=may_be_split)


def places(comparison: Comparison) -> dict[str, int]:
    return {lost.passage.place: lost.words for lost in comparison.missing}


def test_nothing_is_missing_from_the_same_text() -> None:
    assert places(compared(RULES, "\n\n".join(RULES))) == {}


def test_blocks_in_another_order_are_all_there() -> None:
    assert places(compared(RULES, "\n\n".join(reversed(RULES)))) == {}


def test_common_words_are_missing_where_they_were_taken_away() -> None:
    text = "\n\n".join(RULES).replace("a partir da publicação", "publicação")
    assert places(compared(RULES, text)) == {"paragraph 2": 3}


def test_one_of_two_equal_passages_is_missing_once() -> None:
    assert places(
        compared(
            ["Assinado em Recife.", *RULES, "Assinado em Recife."],
            "\n".join([RULES[0], *RULES[1:], "Assinado em Recife."]),
        )
    ) == {"paragraph 1": 3}


def test_the_stretches_that_are_missing_are_named() -> None:
    text = "\n\n".join(RULES).replace("trinta dias corridos", "")
    assert compared(RULES, text).missing[0].stretches == ("trinta dias corridos",)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("efi\u00adciência coope\u200bração", "eficiência cooperação"),
        ("guarda-\nchuva", "guardachuva"),
        ("R$ 1.234.567,50", "R$ 1234567,50"),
        ("Nº 5", "nº 5"),
        ("AÇÃO", "ação"),
        ("ac\u0327a\u0303o", "ação"),
        ("ﬁscal", "fiscal"),
        ("A-17/2024", "A 17 / 2024"),
    ],
)
def test_other_ways_to_write_a_word_are_the_same_word(written: str, shown: str) -> None:
    assert words_of(written) == words_of(shown)


def test_a_word_in_two_pieces_is_missing_from_an_office_file_but_not_from_a_pdf() -> None:
    texts = ["Edital do pregão eletrônico de registro de preços."]
    assert places(compared(texts, "Edital do preg ão eletrônico de registro de preços.")) == {"paragraph 1": 1}
    assert places(compared(texts, "Edital do preg ão eletrônico de registro de preços.", may_be_split=True)) == {}


def test_words_that_the_text_joins_are_there() -> None:
    assert places(compared(["Um guarda chuva azul ficou na recepção."], "Um guardachuva azul ficou na recepção.")) == {}


def test_what_is_left_out_on_purpose_is_no_loss_and_not_counted_when_it_is_there() -> None:
    passages = [
        Passage(PassageKind.BODY, "paragraph 1", "Texto aprovado."),
        Passage(PassageKind.COMMENT, "comment 1", "rever isto", LeftOut.COMMENT),
        Passage(PassageKind.COMMENT, "comment 2", "melhorar aquilo", LeftOut.COMMENT),
    ]
    comparison = compare(passages, "Texto aprovado. melhorar aquilo", may_be_split=False)
    assert comparison.missing == ()
    assert [(lost.passage.place, lost.words) for lost in comparison.left_out] == [("comment 1", 2)]


def test_a_value_is_there_in_any_of_its_spellings() -> None:
    cell = Passage(PassageKind.TABLE_CELL, "B2", "07/03/2025", spellings=("2025-03-07",))
    assert compare([cell], "2025-03-07", may_be_split=False).missing == ()
    assert compare([cell], "08/03/2025", may_be_split=False).missing != ()


def test_time_grows_with_the_text_and_not_faster() -> None:
    def seconds(paragraphs: int) -> float:
        texts = [f"Artigo {number} do regulamento: {RULES[number % 3]}" for number in range(paragraphs)]
        kept = "\n".join(text for number, text in enumerate(texts) if number % 10)
        return cpu_seconds(lambda: compared(texts, kept, may_be_split=True))

    seconds(100)
    assert seconds(4000) < 40 * max(seconds(400), 0.02)
