"""What language detection promises: six languages, a valid tag, and a default that is said aloud."""

from __future__ import annotations

import pytest

from pipeline.chunk.language import DEFAULT, detect

TEXTS = {
    "pt-BR": "O regimento interno da universidade define as atribuições dos conselhos e dos departamentos.",
    "en-US": "The internal rules of the university define the duties of its councils and departments.",
    "es-ES": "El reglamento interno de la universidad define las funciones de los consejos y departamentos.",
    "fr-FR": "Le règlement intérieur de l'université définit les attributions des conseils et des départements.",
    "it-IT": "Il regolamento interno dell'università definisce le funzioni dei consigli e dei dipartimenti.",
    "de-DE": "Die Geschäftsordnung der Universität legt die Aufgaben der Räte und der Fachbereiche fest.",
}


@pytest.mark.parametrize("tag", TEXTS)
def test_a_text_gets_the_tag_of_its_language(tag: str) -> None:
    assert detect(TEXTS[tag]) == tag
    assert detect(TEXTS[tag].upper()) == tag


@pytest.mark.parametrize("text", ["", "   \n", "12.345,67 | 2024", "Annex II"])
def test_a_text_too_short_to_tell_is_brazilian_portuguese(text: str) -> None:
    assert detect(text) == DEFAULT == "pt-BR"


def test_what_a_document_declares_wins_when_it_is_a_valid_tag() -> None:
    assert detect(TEXTS["en-US"], "pt") == "pt-BR"
    assert detect(TEXTS["en-US"], "pt-pt") == "pt-PT"
    assert detect(TEXTS["en-US"], "nl") == "nl"
    assert detect(TEXTS["en-US"], "Português") == "en-US"
    assert detect(TEXTS["en-US"], "") == "en-US"
