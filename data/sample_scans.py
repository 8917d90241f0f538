"""Draws sample documents as images without a text layer, scanned or photographed, with seeded noise."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import reportlab
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from sample_content import Block, Kind, Sample

SCAN_DPI = 200
A4_PX = (1654, 2339)  # 210 x 297 mm at SCAN_DPI
NOTICE_PX = (1240, 720)
DESK_PX = (1400, 900)
DESK_RGB = (122, 88, 60)
# Vera comes in reportlab's wheel and has the accents of Portuguese, so no font of the system is needed.
REGULAR, BOLD = (Path(reportlab.__file__).parent / "fonts" / name for name in ("Vera.ttf", "VeraBd.ttf"))
SCALE = {Kind.TITLE: 1.6, Kind.HEADING: 1.15}


class Line(NamedTuple):
    """A line of print: its font, how far it is indented and how much room follows it."""

    text: str
    font: ImageFont.FreeTypeFont
    indent_px: int
    advance_px: int


def scanned_pdf(sample: Sample) -> bytes:
    """An A4 page as a flat-bed scanner sees it."""
    page = _scanned(_printed(sample, A4_PX, text_px=32), sample)
    moment = sample.moment("created_date").timetuple()
    buffer = BytesIO()
    page.save(
        buffer,
        "PDF",
        resolution=SCAN_DPI,
        quality=45,
        title=sample.title,
        author=sample.text_of("author"),
        creationDate=moment,
        modDate=moment,
    )
    return buffer.getvalue()


def scanned_png(sample: Sample) -> bytes:
    """A notice as a flat-bed scanner sees it, in few greys so that the file stays small."""
    page = _scanned(_printed(sample, NOTICE_PX, text_px=32), sample)
    buffer = BytesIO()
    page.quantize(8, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def photo_jpeg(sample: Sample) -> bytes:
    """A notice as a telephone sees it: on a desk, from an angle, in uneven light."""
    photo = _photographed(_printed(sample, NOTICE_PX, text_px=34), sample)
    buffer = BytesIO()
    photo.save(buffer, "JPEG", quality=70)
    return buffer.getvalue()


def _printed(sample: Sample, size_px: tuple[int, int], text_px: int) -> Image.Image:
    page = Image.new("L", size_px, 255)
    draw = ImageDraw.Draw(page)
    margin_px = size_px[0] // 11
    top_px = float(margin_px)
    for block in sample.blocks:
        for line in _lines(block, size_px[0] - 2 * margin_px, text_px):
            draw.text((margin_px + line.indent_px, top_px), line.text, fill=25, font=line.font)
            top_px += line.advance_px
        top_px += text_px * 0.6
    if top_px > size_px[1] - margin_px / 2:
        raise ValueError(f"{sample.path.name}: the text does not fit on the page")
    return page


def _lines(block: Block, width_px: int, text_px: int) -> Iterator[Line]:
    scale = SCALE.get(block.kind, 1)
    font = ImageFont.truetype(BOLD if block.kind in SCALE else REGULAR, round(text_px * scale))
    bullet, indent_px = ("• ", text_px) if block.kind == Kind.LIST else ("", 0)
    for item in block.lines:
        for text in _wrapped(bullet + item, font, width_px - indent_px):
            yield Line(text, font, indent_px, round(text_px * scale * 1.45))


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and font.getlength(f"{line} {word}") > width_px:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _scanned(page: Image.Image, sample: Sample) -> Image.Image:
    skewed = page.rotate(0.5, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.6))
    return _noisy(skewed, sample, sigma=4)


def _photographed(notice: Image.Image, sample: Sample) -> Image.Image:
    width, height = DESK_PX
    desk = Image.new("RGB", DESK_PX, DESK_RGB)
    desk.paste(notice.convert("RGB"), ((width - notice.width) // 2, (height - notice.height) // 2))
    corners = (-12, 6, 10, height + 14, width - 8, height - 4, width + 16, -10)
    tilted = desk.transform(DESK_PX, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=DESK_RGB)
    return _noisy(tilted.filter(ImageFilter.GaussianBlur(0.7)), sample, sigma=3, shade=0.3)


def _noisy(image: Image.Image, sample: Sample, sigma: float, shade: float = 0) -> Image.Image:
    """Adds noise of `sigma` grey levels, the same at every run, and darkens the far corner by `shade`."""
    pixels = np.asarray(image, dtype=float)
    rows, columns = np.indices(pixels.shape[:2])
    light = 1 - shade * (rows + columns) / (rows + columns).max()
    noise = np.random.default_rng(zlib.crc32(str(sample.path).encode())).normal(0, sigma, pixels.shape[:2])
    extra = (...,) + (None,) * (pixels.ndim - 2)
    return Image.fromarray((pixels * light[extra] + noise[extra]).clip(0, 255).astype(np.uint8))
