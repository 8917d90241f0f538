"""A collection is compared with what is wanted page by page; only documents that differ are looked at one by one."""

from __future__ import annotations

import random

import pytest

from pipeline.store.differences import Stored, count_difference, differences
from pipeline.store.tally import Listed, Tally

WANTED = {"a": ("v1", 3), "b": ("v1", 0), "é longer id": ("v22", 2), "c": ("v1", 1)}
EXACT: list[Listed] = [("a", "v1", 0), ("a", "v1", 1), ("a", "v1", 2), ("é longer id", "v22", 0)]
EXACT += [("é longer id", "v22", 1), ("c", "v1", 0)]


def tallied(points: list[Listed], page: int = 2) -> list[tuple[str, str, str]]:
    tally = Tally(WANTED.items())
    for start in range(0, len(points), page):
        tally.add(points[start : start + page])
    return [(each.document_id, each.kind, each.detail) for each in tally.differences(len(points))]


def one_by_one(points: list[Listed]) -> list[tuple[str, str, str]]:
    """The same without any table."""
    ids = {document_id for document_id, _, _ in points}
    found = {
        each: Stored(
            frozenset(version for document_id, version, _ in points if document_id == each),
            tuple(sorted(slot for document_id, _, slot in points if document_id == each)),
        )
        for each in ids
    }
    return [(each.document_id, each.kind, each.detail) for each in differences(found, WANTED)]


def test_what_is_wanted_in_any_order_is_no_difference() -> None:
    assert tallied(EXACT[::-1]) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (("a", "v1", 2), "wrong_chunks"),  # twice
        (("a", "v2", 2), "wrong_chunks"),
        (("a", "v1", -1), "wrong_chunks"),
        (("é longer id and more", "v22", 0), "extra"),
        (("", "", -1), "extra"),
        (("\0", "v1", 0), "extra"),
    ],
)
def test_a_point_too_many_is_a_difference(change: Listed, kind: str) -> None:
    assert [found[1] for found in tallied([*EXACT, change])] == [kind]


def test_every_kind_of_disorder_is_told_as_if_each_document_were_looked_at() -> None:
    choose = random.Random(20261126)  # noqa: S311
    for _ in range(200):
        points = [point for point in EXACT if choose.random() < 0.8]
        points += [
            (choose.choice(["a", "b", "c", "d", "é"]), choose.choice(["v1", "v2", "v22"]), choose.randrange(-1, 5))
            for _ in range(choose.randrange(4))
        ]
        choose.shuffle(points)
        assert sorted(tallied(points, choose.randrange(1, 5))) == sorted(one_by_one(points))


def test_points_that_are_counted_but_not_listed_are_a_difference() -> None:
    assert [each.kind for each in (*count_difference(2, 3), *count_difference(3, 2))] == ["extra", "missing"]
    assert count_difference(2, 2) == []


def test_with_nothing_wanted_everything_is_too_much() -> None:
    tally = Tally([])
    tally.add([("a", "v1", 0)])
    assert [each.kind for each in tally.differences(1)] == ["extra"]
