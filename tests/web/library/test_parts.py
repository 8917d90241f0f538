"""Selecting, counting and outlining documents, without a collection."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.schema import ChunkType, Gap
from pipeline.web.library.cards import Card
from pipeline.web.library.facets import count_facets, folders
from pipeline.web.library.passages import Passage, outline
from pipeline.web.library.selection import Selection, select


def card(path: str, **facts: Any) -> Card:
    given = {"document_id": path, "title": path, "extension": "pdf", "size_bytes": 1, "content_version": "v", **facts}
    return Card.model_validate({"path": path, **given})


CARDS = [
    card("30-Aprovados/Políticas/férias.pdf", document_type="policy", language="pt-BR", modified_date="2024-02-01"),
    card("30-Aprovados/Políticas/Antigas/ponto.pdf", status="archived", language="pt-BR", modified_date="2019-02-01"),
    card("30-Aprovados/Plans/response.pdf", title="Incident response", language="en", missing=[Gap(kind="x", words=3)]),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [2, 1, 0]),
        ({"text": "FERIAS"}, [0]),
        ({"text": "incident"}, [2]),
        ({"folder": "politicas"}, [1, 0]),
        ({"folder": "30-aprovados/Políticas/"}, [1, 0]),
        ({"folder": "antigas"}, [1]),
        ({"folder": "pol"}, []),
        ({"document_type": ("policy", "manual")}, [0]),
        ({"status": ("archived",)}, [1]),
        ({"language": "pt"}, [1, 0]),
        ({"language": "EN"}, [2]),
        ({"language": "e"}, []),
        ({"year": 2024}, [0]),
        ({"incomplete": True}, [2]),
        ({"order": "newest"}, [0, 1, 2]),
        ({"order": "oldest"}, [2, 1, 0]),
        ({"language": "pt", "status": ("archived",)}, [1]),
    ],
)
def test_all_that_is_wanted_must_hold(wanted: dict[str, Any], found: list[int]) -> None:
    assert [CARDS.index(each) for each in select(CARDS, Selection(**wanted))] == found


def test_facets_count_documents_and_folders_what_is_below_them() -> None:
    facets = count_facets(CARDS)
    assert facets.document_type == {"other": 2, "policy": 1}
    assert facets.language == {"pt-BR": 2, "en": 1}
    assert facets.year == {2024: 1, 2019: 1}
    assert facets.folder["30-Aprovados/Políticas"] == 2
    assert facets.folder["30-Aprovados/Políticas/Antigas"] == 1


def test_folders_of_a_path_are_the_nearest_first() -> None:
    assert list(folders("a/b/c.pdf")) == ["a/b", "a"]


def passage(index: int, *headings: str, page: int | None = None) -> Passage:
    pages = (page,) if page else ()
    return Passage(index=index, text="x", kind=ChunkType.TEXT, headings=headings, page_numbers=pages)


def test_the_outline_has_each_heading_where_it_begins() -> None:
    passages = [
        passage(0, "A", page=1),
        passage(1, "A", "B", page=1),
        passage(2, "A", "B", page=2),
        passage(3, "A", "C", page=2),
        passage(4, "D", "C", page=3),
        passage(5),
        passage(6, "D"),
    ]
    found = [(section.title, section.level, section.passage, section.page) for section in outline(passages)]
    assert found == [("A", 0, 0, 1), ("B", 1, 1, 1), ("C", 1, 3, 2), ("D", 0, 4, 3), ("C", 1, 4, 3), ("D", 0, 6, None)]
