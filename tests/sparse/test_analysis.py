"""What a question and a document must share to find each other by words."""

from __future__ import annotations

import pytest

from pipeline.sparse import LANGUAGES, places, question_terms, terms


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("ferias", "Férias"),
        ("resolução", "RESOLUÇÕES"),
        ("resolucoes", "resolução"),
        ("vigencia", "vigências"),
        ("aplicável", "aplicaveis"),
        ("servidor", "servidoras"),
        ("policies", "policy"),
        ("artigo 5", "artigo 5º"),
        ("nº 12/2025", "Resolução n. 12/2025"),
        ("2025", "Resolução nº 12/2025"),
        ("lei 8112/1990", "Lei nº 8.112/1990"),
        ("1.234,56", "R$ 1234,56"),
        ("nota fiscal", "NOTA\u00a0FISCAL"),
        ("eficiência", "efi\u00adci\u00adência"),
        ("cooperação", "coope\u200bração"),
        ("coope\u2060ra\u00adção", "cooperação"),
        ("aprovação", "\ufeffapro\u200cva\u200dção\u200e"),
        ("8.112", "8\u2060.\u200b112"),
    ],
)
def test_a_question_finds_the_text(question: str, text: str) -> None:
    found = {term for language in ("pt-BR", "en") for term in terms(text, language)}
    assert question_terms(question, LANGUAGES) & found


def test_an_accent_that_a_scan_lost_changes_nothing() -> None:
    assert terms("Licença à gestante: duração", "pt") == terms("Licenca a gestante: duracao", "pt")


def test_function_words_are_left_out_and_the_words_that_matter_stay() -> None:
    assert terms("o prazo de que trata a norma", "pt") == terms("prazo trata norma", "pt")
    assert terms("the notice of the drill", "en") == terms("notice drill", "en")
    assert "not" in terms("do not enter", "en")


def test_a_language_without_an_analysis_keeps_its_words() -> None:
    assert terms("Sicherheit für alle", "de") == ["sicherheit", "fur", "alle"]


def test_repetitions_are_kept_because_their_number_counts() -> None:
    assert len(terms("prazo, prazo e prazo", "pt")) == 3


def test_a_word_with_invisible_characters_is_one_word_and_marked_whole() -> None:
    text = "A efi\u00adci\u00adência e a coope\u200bração do setor."
    assert len(terms(text, "pt")) == 3
    wanted = question_terms("eficiência cooperação", LANGUAGES)
    assert [text[begin:end] for begin, end in places(text, "pt", wanted)] == text.split()[1:5:3]
