"""A picture of text that nobody read is named; a picture of nothing, and one that was read, is not."""

from __future__ import annotations

import io

import docx
import numpy as np
import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument
from PIL import Image, ImageDraw, ImageFont

from pipeline.convert.coverage import measure
from pipeline.convert.coverage.pictures import shows_text
from pipeline.convert.text import text_document
from tests.convert.coverage.measured import missing
from tests.support.documents import png


def typed(*lines: str, ink: str = "black", paper: str = "white") -> Image.Image:
    image = Image.new("RGB", (600, 80 + 50 * len(lines)), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(28)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 50 * number), line, fill=ink, font=font)
    return image


def gradient() -> Image.Image:
    """What a photograph of a sky is to a computer."""
    ramp = np.linspace(40, 220, 400)[:, None] + 8 * np.random.default_rng(1).standard_normal((400, 600))
    return Image.fromarray(ramp.clip(0, 255).astype(np.uint8))


def framed() -> Image.Image:
    image = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(image).rectangle((50, 50, 550, 350), outline="black", width=4)
    return image


def illustrated(image: Image.Image) -> bytes:
    file = docx.Document()
    file.add_paragraph("Ata de reunião.")
    file.add_picture(io.BytesIO(png(image)))
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "image",
    [
        typed("imagemtexto da ata"),
        typed("Termo de guarda", "assinado em Recife"),
        typed("letra branca", ink="white", paper="navy"),
        typed("cinza claro", ink="#777777"),
    ],
    ids=["one line", "two lines", "light on dark", "grey"],
)
def test_text_in_a_picture_is_seen(image: Image.Image) -> None:
    assert shows_text(png(image))


@pytest.mark.parametrize(
    "image",
    [Image.new("L", (300, 300), "white"), gradient(), framed(), Image.new("L", (8, 8))],
    ids=["blank", "sky", "frame", "icon"],
)
def test_a_picture_without_text_is_not_named(image: Image.Image) -> None:
    assert not shows_text(png(image))


def test_what_is_no_picture_shows_nothing() -> None:
    assert not shows_text(b"\x01\x00\x00\x00 EMF")


def test_a_picture_in_an_office_file_is_named_until_it_is_read() -> None:
    data = illustrated(typed("imagemtexto da ata"))
    assert missing(data, "docx", "Ata de reunião.") == {"picture": (0, ("picture 1",))}
    document = text_document("Ata de reunião.")
    document.add_picture()
    document.add_text(label=DocItemLabel.TEXT, text="imagemtexto da ata")
    assert measure(data, "docx", document).missing == ()


def test_text_of_the_file_behind_a_picture_is_not_what_ocr_read() -> None:
    data = illustrated(typed("imagemtexto da ata"))
    document = DoclingDocument(name="document")
    document.add_picture()
    document.add_text(label=DocItemLabel.TEXT, text="Ata de reunião.")
    assert [gap.kind for gap in measure(data, "docx", document).missing] == ["picture"]


def test_an_image_of_which_nothing_was_read_has_no_coverage() -> None:
    coverage = measure(png(typed("aviso de manutenção")), "png", DoclingDocument(name="document"))
    assert coverage.text_coverage == 0
    assert [(gap.kind, gap.places) for gap in coverage.missing] == [("picture", ("page 1",))]


def test_a_blank_image_is_complete() -> None:
    assert measure(png(Image.new("L", (300, 300), "white")), "png", DoclingDocument(name="document")).missing == ()
