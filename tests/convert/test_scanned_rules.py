"""A table's ruling lines are found on a scanned page, and no letter is taken for one, at every resolution."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.convert.pdf.scanned_rules import find_rules, rules_scale

ROWS, COLUMNS = (100, 130, 160, 190), (60, 250, 500)
"""Of a table, in points of an A4 page."""


def scanned(dpi: float) -> Image.Image:
    """An A4 page with a table, and ten lines of letters with long stems in 12 points."""
    unit = dpi / 72
    page = Image.new("RGB", (round(595 * unit), round(842 * unit)), "white")
    draw = ImageDraw.Draw(page)
    width = max(1, round(0.75 * unit))
    for y in ROWS:
        draw.line([(COLUMNS[0] * unit, y * unit), (COLUMNS[-1] * unit, y * unit)], fill="black", width=width)
    for x in COLUMNS:
        draw.line([(x * unit, ROWS[0] * unit), (x * unit, ROWS[-1] * unit)], fill="black", width=width)
    for line in range(10):
        at = (60 * unit, (250 + 20 * line) * unit)
        draw.text(at, "Habilitação lllllll dfghjkpqt", fill="black", font=ImageFont.load_default(12 * unit))
    return page


@pytest.mark.parametrize("dpi", [100, 150, 200, 300, 400])
@pytest.mark.parametrize("is_picture", [True, False], ids=["picture", "PDF"])
def test_the_rules_of_a_table_and_no_others_are_found(dpi: int, is_picture: bool) -> None:
    page = scanned(dpi)
    width, height = page.size if is_picture else (595, 842)  # what the page says of its size
    scale = rules_scale(width, height)
    image = page.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)

    horizontal, vertical = find_rules(image, scale)

    points = 842 / height
    assert sorted(box.top * points for box in horizontal) == pytest.approx(ROWS, abs=2)
    assert sorted(box.left * points for box in vertical) == pytest.approx(COLUMNS, abs=2)
