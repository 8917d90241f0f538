"""Frames on pictures of pages go around letters, not through them, however tight the boxes are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.schema import BoundingBox, Chunk
from pipeline.search.page_image import frame, places

LINES = ["Política de proteção", "Ângela julga, à força", "quando houver ÇÃO"]
RED = "#ff0000"


def page() -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Three lines of text, and the box of their letters."""
    image = Image.new("RGB", (400, 200), "white")
    font = ImageFont.load_default(size=18)
    for number, text in enumerate(LINES):
        ImageDraw.Draw(image).text((40, 50 + 24 * number), text, fill="black", font=font)
    rows, columns = np.nonzero(np.asarray(image.convert("L")) < 128)
    return image, (columns.min(), rows.min(), columns.max(), rows.max())


@pytest.mark.parametrize("tight", [0, 2, 4, 6])
def test_a_frame_cuts_no_letter(tight: int) -> None:
    image, (left, top, right, bottom) = page()
    before = np.asarray(image.convert("L"))
    frame(image, (left + tight, top + tight, right - tight, bottom - tight), RED)
    drawn = np.all(np.asarray(image) == (255, 0, 0), axis=2)
    assert drawn.any()
    assert not (before[drawn] < 200).any()


def test_a_frame_stays_near_its_box_and_on_the_page() -> None:
    image = Image.new("RGB", (100, 60), "white")
    assert frame(image, (30, 20, 60, 40), RED) == (26, 16)
    frame(image, (0, 0, 99, 59), RED)
    assert np.all(np.asarray(image)[0, 0] == (255, 0, 0))


def test_where_all_is_ink_a_frame_is_drawn_all_the_same() -> None:
    ink = Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8))
    frame(ink, (20, 20, 60, 60), RED)
    assert np.all(np.asarray(ink) == (255, 0, 0), axis=2).sum() > 100


def test_pieces_of_one_paragraph_share_a_frame_with_all_their_numbers() -> None:
    def chunk(index: int, *tops: float) -> Chunk:
        boxes = tuple(BoundingBox(page=1, left=1, top=top, right=9, bottom=top + 2) for top in tops)
        return Chunk(index=index, text="x", token_count=1, bounding_boxes=boxes)

    found = places([chunk(3, 10), chunk(4, 10, 10), chunk(5, 10, 20)], page=1)
    assert found == {(1, 10, 9, 12): [3, 4, 5], (1, 20, 9, 22): [5]}
    assert places([chunk(3, 10)], page=2) == {}
