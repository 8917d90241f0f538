"""Pictures of pages, framed where chunks stand: for people who look at a result."""

from __future__ import annotations

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError
from pipeline.run.current import Run
from pipeline.schema import Chunk, ChunkedDocument, Conversion, Document

_PIXELS_PER_POINT = 1.5
_WIDEST = 1000  # pixels; a photo is larger than what one can look at
_MARGIN = 5  # pixels between a chunk and its frame, where no other frame is near
_COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce")


def has_places(run: Run, document: Document) -> bool:
    """Whether the document's pages can be shown with places. Raises FileNotFoundError before it is converted."""
    return files.read_model(run.files_of(document).conversion, Conversion).has_places


def page_with_boxes(run: Run, document: Document, page: int = 1, chunk: int | None = None) -> Image.Image:
    """A page (from 1) of a PDF or image as it looks, framed where its chunks stand, each frame with its chunk's number;
    or where one chunk stands, without a number.

    A page that OCR had to turn upright is shown as it lies in the file, so its frames are off. Raises PipelineError
    (UNSUPPORTED) for a format without places on pages, FileNotFoundError before the document is chunked, IndexError
    for a page that it has not.
    """
    if not has_places(run, document):
        raise PipelineError(f"a {document.extension} file has no places on pages", ErrorCode.UNSUPPORTED)
    image, scale = _page(run, document, page)
    for found in files.read_model(run.files_of(document).chunks, ChunkedDocument).chunks:
        if chunk in (None, found.index):
            _frame(image, scale, found, page, is_numbered=chunk is None)
    return image


def _frame(image: Image.Image, scale: float, chunk: Chunk, page: int, is_numbered: bool) -> None:
    draw = ImageDraw.Draw(image)
    colour = _COLOURS[chunk.index % len(_COLOURS)]
    margin = 0 if is_numbered else _MARGIN
    for box in (box for box in chunk.bounding_boxes if box.page == page):
        left, top = box.left * scale, box.top * scale
        right, bottom = box.right * scale, box.bottom * scale
        draw.rectangle((left - margin, top - margin, right + margin, bottom + margin), outline=colour, width=2)
        if is_numbered:
            draw.text((max(0, left - 18), top), str(chunk.index), fill=colour, font=ImageFont.load_default(size=16))


def _page(run: Run, document: Document, page: int) -> tuple[Image.Image, float]:
    """The page's picture, and pixels of it per unit of its boxes (points; pixels for images)."""
    with files.local_copy(run.files_of(document).source) as file:
        if document.extension == "pdf":
            with pypdfium2.PdfDocument(file) as pdf:
                if not 1 <= page <= len(pdf):
                    raise IndexError(page)
                return pdf[page - 1].render(scale=_PIXELS_PER_POINT).to_pil().convert("RGB"), _PIXELS_PER_POINT
        with Image.open(file) as picture:
            if not 1 <= page <= getattr(picture, "n_frames", 1):
                raise IndexError(page)
            picture.seek(page - 1)
            whole = picture.convert("RGB")
    scale = min(1.0, _WIDEST / whole.width)
    return whole.resize((round(whole.width * scale), round(whole.height * scale))), scale
