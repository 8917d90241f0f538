"""Small documents of every kind, made by the tests themselves."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
from docling_core.types.doc import DoclingDocument
from fpdf import FPDF
from PIL import Image

from pipeline.convert import convert_document
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings

A4 = (210.0, 297.0)
Draw = Callable[[FPDF], None]
PARAGRAPH = (
    "A aprovação da solicitação de dispensa de licitação depende da análise técnica do órgão responsável, "
    "que terá até dez dias úteis após a publicação do edital para emissão do parecer conclusivo."
)


def converted(
    source: Path, settings: ConversionSettings | None = None, extension: str | None = None
) -> tuple[DoclingDocument, Conversion]:
    """The document and the facts that converting `source` writes beside it."""
    target = source.with_name(f"{source.name}.document.json")
    conversion = convert_document(
        source,
        extension or source.suffix[1:],
        target,
        source.with_name(f"{source.name}.conversion.json"),
        settings or ConversionSettings(),
    )
    return DoclingDocument.load_from_json(target), conversion


def pdf(*pages: Draw, size: tuple[float, float] = A4, **options: str) -> bytes:
    """A PDF whose pages the given functions draw, in Helvetica 11 pt on paper of so many millimetres."""
    document = FPDF(format=size)
    document.set_creation_date(datetime(2024, 3, 5, tzinfo=UTC))
    if password := options.get("password"):
        document.set_encryption(owner_password="owner", user_password=password)  # noqa: S106
    for draw in pages:
        document.add_page()
        document.set_font("Helvetica", size=11)
        draw(document)
    return bytes(document.output())


def prose(*paragraphs: str) -> Draw:
    """A page of paragraphs."""

    def draw(page: FPDF) -> None:
        for paragraph in paragraphs:
            page.multi_cell(0, 6, paragraph)
            page.ln(6)

    return draw


def image_of(data: bytes, page: int = 0, dots_per_inch: int = 150) -> Image.Image:
    """A page of a PDF as a scanner sees it."""
    with pypdfium2.PdfDocument(data) as document:
        picture: Image.Image = document[page].render(scale=dots_per_inch / 72).to_pil().convert("L")
    return picture


def picture(image: Image.Image) -> Draw:
    """A page with only an image, all over it."""

    def draw(page: FPDF) -> None:
        page.image(image, x=0, y=0, w=page.w)

    return draw


def body_texts(document: DoclingDocument) -> Sequence[str]:
    """What a chunker walks over: text items in reading order, without furniture and the inside of pictures."""
    return [item.text for item, _ in document.iterate_items() if hasattr(item, "text")]


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
