"""What is shown of a chunk is its text: tables as tables, lists as lists, and nothing lost or made up."""

from __future__ import annotations

import re

import pytest

from pipeline.schema import ChunkType
from pipeline.search.blocks import Block, blocks, brief
from pipeline.sparse import LANGUAGES, marked_terms, places

TABLE = "Valores de 2025\nRegião | Diária\nEuropa | USD 82 | com recibo\n | USD 69\nÁfrica |\nFonte: DAF"


def texts(found: list[Block]) -> list[tuple[str, list[list[str]]]]:
    return [
        (block.kind, [["".join(part.text for part in cell) for cell in row.cells] for row in block.rows])
        for block in found
    ]


def shown(text: str, question: str, chunk_type: ChunkType = ChunkType.TEXT) -> list[Block]:
    return blocks(text, chunk_type, places(text, "pt-BR", marked_terms(question, LANGUAGES)))


def test_a_table_has_its_cells_also_where_some_are_empty() -> None:
    assert texts(blocks(TABLE, ChunkType.TABLE)) == [
        ("text", [["Valores de 2025"]]),
        ("table", [["Região", "Diária"], ["Europa", "USD 82", "com recibo"], ["", "USD 69"], ["África", ""]]),
        ("text", [["Fonte: DAF"]]),
    ]


def test_a_list_has_its_items_and_a_paragraph_is_none() -> None:
    text = "Não se aceita:\n- minibar\n- multas - nem estacionamento\n\nO resto, sim.\n-sinal"
    assert texts(blocks(text, ChunkType.LIST)) == [
        ("text", [["Não se aceita:"]]),
        ("list", [["minibar"], ["multas - nem estacionamento"]]),
        ("text", [["O resto, sim."], ["-sinal"]]),
    ]


def test_a_stroke_in_a_sentence_is_no_table() -> None:
    assert texts(blocks("Portal | Ajuda", ChunkType.TEXT)) == [("text", [["Portal | Ajuda"]])]


def test_code_stays_as_it_is() -> None:
    assert texts(blocks("- a |\n  b", ChunkType.CODE)) == [("code", [["- a |\n  b"]])]


def test_a_first_row_names_the_columns_only_where_it_can() -> None:
    assert [block.has_header for block in blocks("Região | Diária\nEuropa | 82", ChunkType.TABLE)] == [True]
    for text in ("2024 | 2025\n1 | 2", "a |  | c\n1 | 2 | 3", "só | uma", "a | b\n1 | 2 | 3"):
        assert [block.has_header for block in blocks(text, ChunkType.TABLE)] == [False]


@pytest.mark.parametrize("chunk_type", ChunkType)
@pytest.mark.parametrize("text", [TABLE, "", "\n", " | ", "|", "- ", "a\n\n\nb |", "<b>x</b> | - y\n- - z", "a | | b"])
def test_no_word_is_lost(text: str, chunk_type: ChunkType) -> None:
    kept = " ".join("".join(cell) for _, rows in texts(blocks(text, chunk_type)) for row in rows for cell in row)
    assert re.findall(r"[\w<>/]+", kept) == re.findall(r"[\w<>/]+", text)


def test_the_question_s_words_are_marked_in_cells_and_items() -> None:
    (table,) = shown("Motivo | Duração\nCasamento | 3 dias", "duração do casamento", ChunkType.TABLE)
    assert [row.marks for row in table.rows] == [{"duração"}, {"casamento"}]
    (items,) = shown("- férias\n- multas", "multa", ChunkType.LIST)
    assert [row.marks for row in items.rows] == [set(), {"multas"}]


def test_in_brief_it_is_the_rows_with_the_words_below_the_names_of_the_columns() -> None:
    rows = [f"Motivo {'abcdefghij'[n]} | {n} dias" for n in range(10)]
    (table,) = brief(
        shown("\n".join(["Motivo | Duração", *rows, "Casamento | três dias"]), "casamento", ChunkType.TABLE), 40
    )
    found = texts([table])[0][1]
    assert found[0] == ["Motivo", "Duração"]
    assert ["Casamento", "três dias"] in found
    assert len(found) <= 4


def test_what_is_short_is_shown_whole() -> None:
    found = blocks(TABLE, ChunkType.TABLE)
    assert brief(found, 400) == found
    assert brief([], 400) == []
