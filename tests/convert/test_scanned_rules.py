"""A table's ruling lines are found on a scanned page, and no letter is taken for one, at every resolution."""

from __future__ import annotations

import itertools

import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.convert.pdf.boxes import Box
from pipeline.convert.pdf.lines import Word
from pipeline.convert.pdf.page_geometry import PageGeometry
from pipeline.convert.pdf.ruled_tables import find_ruled_tables
from pipeline.convert.pdf.scanned_rules import find_rules, rules_scale
from pipeline.convert.pdf.table_grid import table_grid

ROWS, COLUMNS = (100, 130, 160, 190), (60, 250, 500)
"""Of a table, in points of an A4 page."""
BROKEN = 150


def scanned(dpi: float) -> Image.Image:
    """An A4 page with a table, whose rules break off for two points, and ten lines of 12 points with long stems."""
    unit = dpi / 72
    page = Image.new("RGB", (round(595 * unit), round(842 * unit)), "white")
    draw = ImageDraw.Draw(page)
    width = max(1, round(0.75 * unit))
    for y in ROWS:
        for left, right in ((COLUMNS[0], BROKEN), (BROKEN + 2, COLUMNS[-1])):
            draw.line([(left * unit, y * unit), (right * unit, y * unit)], fill="black", width=width)
    for x in COLUMNS:
        draw.line([(x * unit, ROWS[0] * unit), (x * unit, ROWS[-1] * unit)], fill="black", width=width)
    for line in range(10):
        at = (60 * unit, (250 + 20 * line) * unit)
        draw.text(at, "Habilitação lllllll dfghjkpqt", fill="black", font=ImageFont.load_default(12 * unit))
    return page


@pytest.mark.parametrize("dpi", [100, 150, 300])
@pytest.mark.parametrize("is_picture", [True, False], ids=["picture", "PDF"])
@pytest.mark.parametrize("degrees", [0, 1, -1])
def test_the_rules_of_a_table_and_no_others_are_found(dpi: int, is_picture: bool, degrees: int) -> None:
    page = scanned(dpi).rotate(degrees, Image.Resampling.BICUBIC, fillcolor="white")
    width, height = page.size if is_picture else (595, 842)  # what the page says of its size
    scale = rules_scale(width, height)
    image = page.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)

    horizontal, vertical = find_rules(image, scale)

    points = 842 / height
    turned = 8 if degrees else 2  # by how much the table's middle lies elsewhere
    assert sorted(box.center_y * points for box in horizontal) == pytest.approx(ROWS, abs=turned)
    assert sorted(box.center_x * points for box in vertical) == pytest.approx(COLUMNS, abs=turned)


@pytest.mark.parametrize("dpi", [100, 200])
@pytest.mark.parametrize("degrees", [0, 1, -1.7])
def test_a_table_that_slants_has_no_rows_and_columns_beyond_its_rules(dpi: int, degrees: float) -> None:
    page, unit = scanned(dpi).rotate(degrees, Image.Resampling.BICUBIC, fillcolor="white"), dpi / 72
    geometry = PageGeometry(*page.size, lines=[], words=[])
    scale = rules_scale(*page.size)
    small = page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.BICUBIC)
    geometry.horizontal_rules, geometry.vertical_rules = find_rules(small, scale)
    for row, column in itertools.product(range(3), range(2)):
        left, top = (COLUMNS[column] + 100) * unit, (ROWS[row] + 10) * unit
        geometry.words.append(Word(Box(left, top, left + 20 * unit, top + 11 * unit), f"{row}{column}"))

    (box,) = find_ruled_tables(geometry)
    grid = table_grid(box, geometry)

    assert grid is not None
    assert [cell.text for cell in grid.cells] == ["00", "01", "10", "11", "20", "21"]
