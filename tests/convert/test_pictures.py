"""The text of pictures inside documents is read, or the document says that it was not."""

from __future__ import annotations

import io
from base64 import b64encode
from pathlib import Path

import docx
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.convert.conversion import extract
from pipeline.convert.pictures import PictureReader
from pipeline.convert.text_export import text_of as exported
from pipeline.settings.sections import ConversionSettings
from tests.support.books import book
from tests.support.documents import png
from tests.support.messages import eml
from tests.support.office import saved, text_of

WORDS = "APROVADO em ata"


def drawn(words: str = WORDS) -> bytes:
    image = Image.new("RGB", (600, 160), "white")
    ImageDraw.Draw(image).text((30, 40), words, fill="black", font=ImageFont.load_default(48))
    return png(image)


@pytest.mark.slow
def test_a_picture_in_a_word_document_is_read(tmp_path: Path) -> None:
    file = docx.Document()
    file.add_paragraph("Segue a ata:")
    file.add_picture(io.BytesIO(drawn()))
    assert text_of(tmp_path, saved(file)) == f"Segue a ata:\n\n{WORDS}"


@pytest.mark.parametrize("size", [(30, 2000), (100, 100), (800, 600)], ids=["rule", "icon", "plain area"])
def test_small_and_plain_pictures_cost_no_ocr(size: tuple[int, int]) -> None:
    reader = PictureReader(ConversionSettings(ocr_engine="none"))
    assert reader.lines(png(Image.new("RGB", size, "navy"))) == []
    assert reader.unread == 0


def test_pictures_that_cannot_be_read_are_counted_once() -> None:
    reader = PictureReader(ConversionSettings(ocr_engine="none"))
    for data in (drawn(), drawn(), b"no picture", b"\x01\x00\x00\x00 metafile"):
        assert reader.lines(data) == []
    assert reader.unread == 3


def test_a_picture_over_the_limit_is_not_opened() -> None:
    reader = PictureReader(ConversionSettings(max_megapixels=0.05))
    assert reader.lines(drawn()) == []
    assert reader.unread == 1


def _page() -> bytes:
    source = f"data:image/png;base64,{b64encode(drawn()).decode()}"
    return f"<p>Segue: <b><img src='{source}'></b></p><p>fim</p><table><tr><td><img src='{source}'>".encode()


def _book() -> bytes:
    svg = "<html><body><p>Segue:</p><svg><image xlink:href='../a.png'/></svg><p>fim</p></body></html>"
    return book({"t/a.xhtml": svg}, {"OEBPS/a.png": drawn()})


def _message() -> bytes:
    message = eml(html="<p>Segue:<img src='cid:a'></p><p>fim</p>", subject="")
    message.add_related(drawn(), "image", "png", cid="<a>")
    return message.as_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "data"), [("html", _page()), ("epub", _book()), ("eml", _message())])
def test_a_picture_that_comes_with_a_page_is_read_once_in_its_place(kind: str, data: bytes) -> None:
    document, conversion = extract(data, kind, ConversionSettings())
    assert exported(document).endswith(f"Segue:\n\n{WORDS}\n\nfim")
    assert not [warning for warning in conversion.warnings if "could not be read" in warning]


def test_pictures_of_a_page_that_nobody_reads_are_counted() -> None:
    conversion = extract(_page(), "html", ConversionSettings(ocr_engine="none"))[1]
    assert "Pictures that could not be read: 1." in conversion.warnings
