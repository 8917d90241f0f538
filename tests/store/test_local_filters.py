"""Filtering local mode quickly gives what filtering it slowly gives."""

from __future__ import annotations

import random
from typing import Any

import pytest
from qdrant_client import models
from qdrant_client.local import payload_filters
from qdrant_client.local.payload_filters import calculate_payload_mask

from pipeline.store import local_filters
from pipeline.store.conditions import build_condition
from pipeline.store.filters import Filters
from pipeline.store.local_filters import PayloadMask

VALUES: dict[str, list[Any]] = {
    "category": ["RH", "TI", None],
    "subcategory": ["a", None],
    "tags": [["x", "y"], ["y"], [], "x"],
    "language": ["pt-BR", "en-US"],
    "is_latest": [True, 1, False],
    "chunk_index": [0, 1, 2.5],
    "modified_date": ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", None],
    "file_path": ["30-Aprovados/RH/a/1.md", "30-Aprovados/TI/2.md"],
}


def field(key: str, **how: Any) -> models.FieldCondition:
    return models.FieldCondition(key=key, **how)


def value(wanted: Any) -> models.MatchValue:
    return models.MatchValue(value=wanted)


FILTERS = {
    "folder": build_condition(Filters(path="rh"), "30-Aprovados", lambda *_: ["RH"]),
    "language and day": build_condition(
        Filters.model_validate({"language": "pt", "modified_from": "2026-03-01", "is_latest": True}),
        "30-Aprovados",
        lambda *_: ["pt-BR"],
    ),
    "true, not one": models.Filter(must=[field("is_latest", match=value(True))]),
    "one, not true": models.Filter(must=[field("is_latest", match=value(1))]),
    "one of a list": models.Filter(must=field("tags", match=value("y"))),
    "is null": models.Filter(must=[field("subcategory", is_null=True)]),
    "neither": models.Filter(must_not=[field("category", match=value("RH")), field("tags", match=value("x"))]),
    "two of three": models.Filter(
        min_should=models.MinShould(
            conditions=[
                field("category", match=value("RH")),
                models.Filter(should=[field("tags", match=value("x"))]),
                field("chunk_index", range=models.Range(gte=1)),
            ],
            min_count=2,
        )
    ),
    "by id, as slowly as before": models.Filter(must=[models.HasIdCondition(has_id=[3, 5])]),
    "part of a value, as slowly as before": models.Filter(must=[field("tags[0]", match=value("y"))]),
    "nothing asked": None,
}


def payloads() -> list[dict[str, Any]]:
    chosen = random.Random(1)  # noqa: S311 - a test's values are no secret
    return [{key: chosen.choice(some) for key, some in VALUES.items() if chosen.random() < 0.8} for _ in range(500)]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_admits_what_qdrant_s_own_loop_admits(name: str) -> None:
    points, ids = payloads(), [*range(500)]
    expected, mask = calculate_payload_mask(points, FILTERS[name], ids, {}), PayloadMask()
    for _ in range(2):
        assert mask(points, FILTERS[name], ids, {}).tolist() == expected.tolist()
    assert expected.any()


def test_what_was_written_or_asked_otherwise_since_the_last_question_counts() -> None:
    points: list[dict[str, Any]] = [{"category": "RH"}, {"category": "TI"}]
    mask, asked = PayloadMask(), models.Filter(must=[field("category", match=value("RH"))])
    assert mask(points, asked, [0, 1], {}).tolist() == [True, False]
    points[1] = {"category": "RH"}
    assert mask(points, asked, [0, 1], {}).tolist() == [True, True]
    points.append({"category": "RH"})
    assert mask(points, asked, [0, 1, 2], {}).tolist() == [True, True, True]
    other = models.Filter(must=[field("category", match=value("TI"))])
    assert mask(points, other, [0, 1, 2], {}).tolist() == [False, False, False]
    flags: list[dict[str, Any]] = [{"is_latest": True}, {"is_latest": 1}]
    assert mask(flags, FILTERS["true, not one"], [0, 1], {}).tolist() == [True, False]
    assert mask(flags, FILTERS["one, not true"], [0, 1], {}).tolist() == [False, True]


def test_a_filter_is_asked_once_for_each_combination_of_values_and_not_for_both_sides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def check(*arguments: Any) -> bool:
        asked.append(arguments)
        return payload_filters.check_filter(*arguments)

    monkeypatch.setattr(local_filters, "check_filter", check)
    points = payloads()
    mask, wanted = PayloadMask(), models.Filter(must=[field("category", match=value("RH"))])
    for _ in range(2):
        mask(points, wanted, [*range(500)], {})
    assert len(asked) == len({point.get("category", ...) for point in points})
