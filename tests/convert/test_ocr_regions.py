"""What OCR is told to read of a page: writing in pictures and letters without meaning, nothing that is text already."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from docling.datamodel.base_models import Page
from fpdf import FPDF
from PIL import Image

from pipeline.convert import page_ranges
from pipeline.convert.ocr_need.repeated_pictures import Size
from pipeline.convert.pdf import ocr_regions
from pipeline.convert.pdf.boxes import Box
from pipeline.settings.sections import ConversionSettings
from tests.support.broken_fonts import mapped, with_fonts
from tests.support.documents import PARAGRAPH, Draw, body_texts, converted, image_of, pdf, picture, prose

SCAN = image_of(pdf(prose(*[PARAGRAPH] * 8)))
LINE = image_of(pdf(prose("Disponibilização dos certificados"))).crop((55, 55, 700, 95))
SECTION = "O processo administrativo observará os prazos e as competências deste regulamento. " * 4
A4_POINTS = (595, 842)


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[Box]]:
    """The regions of each page that is converted from here on."""
    found: list[list[Box]] = []
    decide = ocr_regions.ocr_regions

    def spy(page: Page, repeated: Callable[[], list[Size]]) -> list[Box]:
        found.append(decide(page, repeated))
        return found[-1]

    monkeypatch.setattr("pipeline.convert.pdf.engine.ocr_regions", spy)
    return found


def convert(folder: Path, data: bytes) -> str:
    source = folder / "document.pdf"
    source.write_bytes(data)
    return " ".join(body_texts(converted(source, ConversionSettings(ocr_engine="none"))[0]))


def hidden(*paragraphs: str) -> Draw:
    def draw(page: FPDF) -> None:
        with page.local_context(text_mode="INVISIBLE"):
            page.set_xy(page.l_margin, page.t_margin)
            prose(*paragraphs)(page)

    return draw


def both(*drawings: Draw) -> Draw:
    def draw(page: FPDF) -> None:
        for drawing in drawings:
            drawing(page)

    return draw


def pieces(rows: int, columns: int) -> Draw:
    """The scan in so many pieces, as some scanners and Word's own export store it."""

    def draw(page: FPDF) -> None:
        width, height = SCAN.width // columns, SCAN.height // rows
        for row in range(rows):
            for column in range(columns):
                box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
                across, down = page.w / columns, page.h / rows
                page.image(SCAN.crop(box), x=column * across, y=row * down, w=across, h=down)

    return draw


def stamp(text: str) -> Draw:
    def draw(page: FPDF) -> None:
        page.text(15, 292, text)

    return draw


def is_page(box: Box) -> bool:
    return box.area > 0.97 * A4_POINTS[0] * A4_POINTS[1]


STAMP = "Documento assinado eletronicamente por Fulana de Tal em 01/02/2026, código 0123456"


@pytest.mark.parametrize(
    "page",
    [
        pieces(20, 1),
        pieces(3, 2),
        both(pieces(20, 1), stamp(STAMP)),
        both(pieces(3, 2), stamp(STAMP)),
        both(picture(SCAN), stamp(STAMP)),
        both(pieces(20, 1), hidden(STAMP)),
        both(pieces(3, 2), hidden(STAMP, STAMP)),
        both(picture(SCAN), hidden(STAMP)),
    ],
    ids=[
        "strips",
        "tiles",
        "strips and a line",
        "tiles and a line",
        "a scan and a line",
        "strips and a hidden line",
        "tiles and two hidden lines",
        "a scan and a hidden line",
    ],
)
def test_a_scan_is_read_whole_whatever_line_is_beside_it(page: Draw, regions: list[list[Box]], tmp_path: Path) -> None:
    convert(tmp_path, pdf(page))
    ((region,),) = regions
    assert is_page(region)


@pytest.mark.parametrize("page", [picture(SCAN), pieces(20, 1), pieces(3, 2)], ids=["whole", "strips", "tiles"])
def test_a_hidden_layer_over_all_writing_is_trusted(page: Draw, regions: list[list[Box]], tmp_path: Path) -> None:
    text = convert(tmp_path, pdf(both(page, hidden(*[PARAGRAPH] * 8))))
    assert regions == [[]]
    assert text.count("dispensa de licitação") == 8


def test_pages_with_a_stamped_scan_are_read_ahead_and_searchable_ones_are_not(tmp_path: Path) -> None:
    source = tmp_path / "long.pdf"
    stamped = both(pieces(20, 1), hidden(STAMP))
    source.write_bytes(pdf(*[stamped] * 8, both(picture(SCAN), hidden(*[PARAGRAPH] * 8))))
    assert page_ranges(source, "pdf", ConversionSettings()) == [(1, 4), (5, 8)]


def test_two_pictures_far_apart_stay_two(regions: list[list[Box]], tmp_path: Path) -> None:
    def draw(page: FPDF) -> None:
        prose(PARAGRAPH)(page)
        for top in (60, 180):
            page.image(SCAN.crop((0, 0, 1240, 500)), x=20, y=top, w=170)

    convert(tmp_path, pdf(draw))
    assert len(regions[0]) == 2


def excerpt(width: float, left: float = 20, top: float = 200) -> Draw:
    """Three lines of writing as a picture, so many millimetres wide and a quarter as high."""

    def draw(page: FPDF) -> None:
        page.image(SCAN.crop((80, 90, 680, 240)), x=left, y=top, w=width)

    return draw


def test_a_small_picture_is_read_if_there_is_writing_in_it(regions: list[list[Box]], tmp_path: Path) -> None:
    def plain(page: FPDF) -> None:
        page.image(Image.radial_gradient("L"), x=20, y=200, w=50)

    for picture_drawn in (excerpt(70), excerpt(25), plain):
        convert(tmp_path, pdf(both(prose(PARAGRAPH), picture_drawn)))
    assert [[round(box.width) for box in found] for found in regions] == [[198], [], []]


def test_a_heading_that_is_a_picture_is_read_with_what_is_around_it(regions: list[list[Box]], tmp_path: Path) -> None:
    def heading(page: FPDF) -> None:
        page.image(LINE, x=20, y=200, w=150)

    convert(tmp_path, pdf(both(prose(PARAGRAPH), heading)))
    ((region,),) = regions
    assert region.height > 72


def test_a_small_picture_under_text_that_says_the_same_is_not_read(regions: list[list[Box]], tmp_path: Path) -> None:
    def under(page: FPDF) -> None:
        excerpt(70)(page)
        page.set_text_color(255)
        page.set_font("Helvetica", size=7)
        page.set_xy(20, 200)
        page.multi_cell(70, 3.2, PARAGRAPH + PARAGRAPH)

    convert(tmp_path, pdf(both(prose(PARAGRAPH), under)))
    assert regions == [[]]


@pytest.mark.parametrize("kind", ["one object", "copies"])
def test_a_picture_at_the_head_of_every_page_is_read_on_the_first(
    kind: str, regions: list[list[Box]], tmp_path: Path
) -> None:
    pages = [both(prose(PARAGRAPH), excerpt(70)), both(prose(PARAGRAPH), excerpt(70)), prose(PARAGRAPH)]
    data = pdf(*pages) if kind == "one object" else joined(*map(pdf, pages))
    convert(tmp_path, data)
    assert [len(found) for found in regions] == [1, 0, 0]


def joined(*documents: bytes) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as whole:
        for data in documents:
            with pikepdf.open(io.BytesIO(data)) as document:
                whole.pages.extend(document.pages)
        whole.save(buffer)
    return buffer.getvalue()


def test_an_inline_picture_is_read(regions: list[list[Box]], tmp_path: Path) -> None:
    small = SCAN.crop((80, 90, 680, 240)).convert("L")
    image = f"q 200 0 0 50 60 300 cm BI /W {small.width} /H {small.height} /BPC 8 /CS /G /F /AHx ID\n"
    with pikepdf.open(io.BytesIO(pdf(prose(PARAGRAPH)))) as document:
        document.pages[0].contents_add(f"{image}{small.tobytes().hex()}>\nEI Q".encode())
        buffer = io.BytesIO()
        document.save(buffer)
    convert(tmp_path, buffer.getvalue())
    assert [round(box.width) for box in regions[0]] == [200]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["private", "letters", "none"])
def test_a_page_whose_font_has_no_right_map_is_read(change: str, regions: list[list[Box]], tmp_path: Path) -> None:
    convert(tmp_path, mapped(with_fonts(("corpo", SECTION), ("corpo", SECTION)), change))
    ((region,),) = regions
    assert is_page(region)


def test_only_the_heading_in_a_broken_font_is_read(regions: list[list[Box]], tmp_path: Path) -> None:
    convert(tmp_path, mapped(with_fonts(("titulo", "Regimento da biblioteca"), *[("corpo", SECTION)] * 3), "private"))
    ((region,),) = regions
    assert region.bottom < 90


def test_bullets_and_icons_of_symbol_fonts_cost_no_ocr(regions: list[list[Box]], tmp_path: Path) -> None:
    data = with_fonts(*[("marca", "•"), ("corpo", SECTION)] * 5)
    convert(tmp_path, mapped(data, "private"))
    assert regions == [[]]


@pytest.mark.parametrize(
    "text",
    [
        "CNPJ 12.345.678/0001-90 CPF 123.456.789-00 UF PR SC RS SP RJ MG BA " * 8,
        "Ψηφιακό έγγραφο του πανεπιστημίου για τις σπουδές " * 4,
        "def extract(data, kind): return [row for row in parse(data) if row.kind == kind] " * 4,
        "MEMORANDO CIRCULAR N. 12 DA PROGRAD AOS COORDENADORES DE CURSO E SECRETARIAS " * 3,
    ],
    ids=["codes", "Greek", "program", "capitals"],
)
def test_unusual_text_is_not_taken_for_gibberish(text: str, regions: list[list[Box]], tmp_path: Path) -> None:
    convert(tmp_path, with_fonts(("corpo", text)))
    assert regions == [[]]


def test_a_blank_page_has_nothing_to_read(regions: list[list[Box]], tmp_path: Path) -> None:
    convert(tmp_path, pdf(picture(Image.new("L", (8, 8), 255))))
    convert(tmp_path, pdf(prose()))
    assert [len(found) for found in regions] == [1, 0]


def test_docling_draws_letters_by_their_map(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Delete `ocr_need.glyph_pictures` once docling-parse draws glyphs whatever the map says (7.23 does not)."""
    pictures: list[bytes] = []

    def spy(page: Page, repeated: Callable[[], list[Size]]) -> list[Box]:
        picture = page.get_image(scale=1.0)
        pictures.append(picture.tobytes() if picture else b"")
        return []

    monkeypatch.setattr("pipeline.convert.pdf.engine.ocr_regions", spy)
    data = with_fonts(("corpo", SECTION))
    for each in (data, mapped(data, "private")):
        convert(tmp_path, each)
    assert pictures[0] != pictures[1]
