"""Pictures of pages whose fonts have no right character map, drawn by PDFium from the glyphs themselves.

docling-parse 7.23 draws letters by what the map says they are: OCR would read the same nonsense off its pictures.
"""

from __future__ import annotations

from typing import Any

import pypdfium2
from docling.utils.locks import pypdfium2_lock
from docling_core.types.doc import BoundingBox
from PIL.Image import Image


class GlyphPictures:
    """Stands in for the backend of one page (from 1) of a PDF while the page is read by OCR."""

    def __init__(self, backend: Any, data: bytes, number: int) -> None:
        self._backend, self._data, self._number = backend, data, number
        self._drawn: dict[float, Image] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def get_page_image(self, scale: float = 1, cropbox: BoundingBox | None = None) -> Image:
        """As Docling's backends do: `scale` is pixels a point, `cropbox` is in points."""
        if scale not in self._drawn:
            self._drawn[scale] = self._draw(scale)
        whole = self._drawn[scale]
        if cropbox is None:
            return whole
        box = cropbox.to_top_left_origin(whole.height / scale).scaled(scale)
        left, top, right, bottom = (round(edge) for edge in (box.l, box.t, box.r, box.b))
        return whole.crop((max(0, left), max(0, top), min(whole.width, right), min(whole.height, bottom)))

    def _draw(self, scale: float) -> Image:
        with pypdfium2_lock, pypdfium2.PdfDocument(self._data) as document:
            image: Image = document[self._number - 1].render(scale=scale).to_pil().convert("RGB")
        return image
