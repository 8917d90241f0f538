"""A picture is taken for one that was read only if both of its sides are the same."""

from __future__ import annotations

import pytest

from pipeline.convert.ocr_need.repeated_pictures import Size, is_among

READ: list[Size] = [(50.0, 70.0), (120.0, 300.0)]


@pytest.mark.parametrize(
    ("size", "is_same"),
    [
        ((50, 70), True),
        ((70, 50), True),
        ((50.9, 69.1), True),
        ((300, 120), True),
        ((50, 72), False),
        ((52, 70), False),
        ((50, 300), False),
        ((70, 70), False),
    ],
)
def test_a_picture_is_the_same_with_both_sides_the_same_turned_or_not(size: Size, *, is_same: bool) -> None:
    assert is_among(size, READ) is is_same
