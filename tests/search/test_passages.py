"""What is shown of a hit: the question's words where they stand, the best spot, what surrounds it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.search.hits import Hit
from pipeline.search.neighbours import join, with_neighbours
from pipeline.search.passages import snippet, whole
from pipeline.sparse import LANGUAGES, marked_terms, places
from pipeline.store.collection import Store, open_store
from tests.support.cpu_time import cpu_seconds
from tests.support.stored import DIMENSION, make_document, make_payloads, make_settings, make_terms, make_vectors


def make_hit(text: str, question: str = "", language: str = "pt-BR", chunk_index: int = 0) -> Hit:
    found = places(text, language, marked_terms(question, LANGUAGES))
    return Hit(
        path="30-Aprovados/a.pdf",
        score=1,
        text=text,
        title="a",
        headings=(),
        page_numbers=(),
        document_id="d",
        chunk_index=chunk_index,
        highlights=tuple(found),
    )


def marked(text: str, question: str, language: str = "pt-BR") -> list[str]:
    return [part.text for part in whole(make_hit(text, question, language)) if part.is_marked]


def test_words_are_marked_whatever_their_ending_accent_and_case() -> None:
    assert marked("Das FÉRIAS: licenças e pedidos.", "licenca de ferias, pedido") == ["FÉRIAS", "licenças", "pedidos"]
    assert marked("Claims are filed by travellers.", "filing a claim", "en") == ["Claims", "filed"]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        *(("reunião", "reuniões"), ("papel", "papéis"), ("anual", "anuais"), ("viagem", "viagens"), ("lei", "leis")),
        *(("fácil", "fáceis"), ("civil", "civis"), ("item", "itens"), ("pão", "pães"), ("servidor", "servidores")),
        *(("azul", "azuis"), ("lençol", "lençóis"), ("país", "países"), ("cidadão", "cidadãos"), ("prazo", "prazos")),
    ],
)
def test_one_marks_many_and_many_mark_one(one: str, many: str) -> None:
    assert marked(f"Os {many} e outros.", one) == [many]
    assert marked(f"O {one} e outros.", many) == [one]
    assert marked(f"O {one} e outros.", unicodedata.normalize("NFD", many).upper()) == [one]


def test_a_word_is_marked_as_a_whole_or_not_at_all() -> None:
    assert marked("mais sobre o mal, dispensa e pensamento", "mais dispensa") == ["dispensa"]


def test_numbers_are_marked_whole_and_function_words_never() -> None:
    assert marked("a Resolução nº 12/2025, art. 5º, de 12", "o que diz o art. 5 da resolução 12/2025?") == [
        *("Resolução", "12/2025", "art", "5º", "12")
    ]


def test_decomposed_accents_stay_with_their_letters() -> None:
    text = unicodedata.normalize("NFD", "o pagamento das férias vencidas")
    assert marked(text, "férias") == [unicodedata.normalize("NFD", "férias")]


def test_the_parts_are_the_text() -> None:
    hit = make_hit("  Férias:\n| a | férias |\n", "férias")
    assert "".join(part.text for part in whole(hit)) == hit.text


def test_the_snippet_is_where_the_words_stand_together() -> None:
    filler = "Texto que nada diz do assunto. " * 30
    hit = make_hit(f"O prazo. {filler}O prazo do recurso é de dez dias. {filler}", "prazo do recurso")
    shown = snippet(hit, 200)
    text = "".join(part.text for part in shown)
    assert "O prazo do recurso é de dez dias." in text
    assert text.startswith("…")
    assert text.endswith("…")
    assert len(text) <= 202
    assert [part.text for part in shown if part.is_marked] == ["prazo", "recurso"]


def test_the_rows_of_a_table_stay_below_each_other_where_there_are_lines() -> None:
    hit = make_hit("Motivo |  Prazo\nfalecimento | oito dias\n\n- lista", "prazo")
    assert "".join(part.text for part in snippet(hit, 200)) == "Motivo | Prazo falecimento | oito dias - lista"
    lines = "".join(part.text for part in snippet(hit, 200, has_lines=True)).split("\n")
    assert lines == ["Motivo | Prazo", "falecimento | oito dias", "- lista"]


@pytest.mark.parametrize("text", ["", "curto", "x" * 500, "sem espaço" * 100, "\n \n" * 200])
def test_any_text_has_a_snippet(text: str) -> None:
    assert len("".join(part.text for part in snippet(make_hit(text, "curto espaço"), 100))) <= 102


def test_time_grows_with_the_words_that_are_marked_and_no_faster() -> None:
    def seconds(words: int) -> float:
        hit = make_hit("prazo " * words, "prazo")
        return cpu_seconds(lambda: snippet(hit, 400))

    assert min(seconds(8000) for _ in range(3)) < 8 * max(seconds(2000) for _ in range(3))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(make_settings(tmp_path), "nic__a")
    store.ensure_collection(DIMENSION)
    yield store
    store.close()


TEXTS = [
    "Primeira frase do começo.",
    "Segunda frase inteira. Terceira frase, que se repete.",
    "Terceira frase, que se repete. Quarta frase.",
    "Quarta frase. Quinta frase, que é outra.",
    "Quinta frase, que é outra. Sexta.",
]


def put(store: Store, name: str, texts: list[str]) -> None:
    document = make_document(name)
    payloads = [
        payload.model_copy(update={"content": text})
        for payload, text in zip(make_payloads(document, len(texts)), texts, strict=True)
    ]
    store.replace_document(document.document_id, payloads, make_vectors(len(texts)), make_terms(len(texts)))


def test_neighbours_are_joined_and_what_chunks_share_stands_once(store: Store) -> None:
    put(store, "30-Aprovados/a.md", TEXTS)
    put(store, "30-Aprovados/b.md", ["Outro documento."] * 5)
    hit = make_hit(TEXTS[2], chunk_index=2).model_copy(update={"document_id": "30-Aprovados/a.md"})
    (near,) = with_neighbours(store, [hit], 1)
    assert near.text == TEXTS[2]
    assert near.before == "Segunda frase inteira."
    assert near.after == "Quinta frase, que é outra."
    (wide,) = with_neighbours(store, [hit], 9)
    assert wide.before == "Primeira frase do começo.\n\nSegunda frase inteira."
    assert wide.after == "Quinta frase, que é outra. Sexta."


def test_a_document_s_ends_have_nothing_beyond(store: Store) -> None:
    put(store, "30-Aprovados/a.md", TEXTS[:1])
    hit = make_hit(TEXTS[0]).model_copy(update={"document_id": "30-Aprovados/a.md"})
    assert with_neighbours(store, [hit], 3) == [hit]


def test_words_that_are_equal_by_chance_are_not_taken_for_an_overlap() -> None:
    assert join(["Prazo: dez dias", "dias úteis contam."]) == "Prazo: dez dias\n\ndias úteis contam."
