"""Annotations of a PDF: which are not shown, where they stand, and free text that no program has drawn yet."""

from __future__ import annotations

import re
import textwrap

import pikepdf

from pipeline.convert.pdf_content.written_text import (
    CHARACTER_WIDTH,
    DEFAULT_SIZE,
    NOTE_FONT,
    Rectangle,
    Writer,
)

HIDDEN = 1 << 1  # of the flags (ISO 32000-1, 12.5.3)
FONT_SIZE = re.compile(r"([\d.]{1,8})\s+Tf")
LEADING = 1.15


def is_hidden(annotation: pikepdf.Dictionary) -> bool:
    """Whether its flags hide it on screen (ISO 32000-1, 12.5.3)."""
    return bool(int(annotation.get("/F", 0)) & HIDDEN)


def rectangle_of(annotation: pikepdf.Dictionary) -> Rectangle | None:
    """Left, bottom, right, top in points, origin bottom left; None if there are not four."""
    edges = [float(edge) for edge in annotation.get("/Rect", [])]
    if len(edges) != 4:
        return None
    left, bottom, right, top = edges
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def font_size(appearance: str) -> float:
    """The size that a default appearance string names; fields may leave it open."""
    found = FONT_SIZE.search(appearance)
    return float(found[1]) if found and float(found[1]) > 0 else DEFAULT_SIZE


def write_note(annotation: pikepdf.Dictionary, writer: Writer) -> bool:
    """Write free text that has no appearance. Comments, which a click opens, are no part of the page."""
    rectangle, text = rectangle_of(annotation), str(annotation.get("/Contents", ""))
    if annotation.get("/Subtype") != pikepdf.Name.FreeText or "/AP" in annotation or not rectangle or not text.strip():
        return False
    left, _, right, top = rectangle
    size = font_size(str(annotation.get("/DA", "")))
    columns = max(10, int((right - left) / (CHARACTER_WIDTH * size)))
    lines = [line for paragraph in text.splitlines() for line in textwrap.wrap(paragraph, columns)]
    for number, line in enumerate(lines):
        lower = top - (number + 1) * LEADING * size
        writer.write(line, (left, lower, right, lower + LEADING * size), NOTE_FONT, size)
    return True
