"""PDFs whose fonts say of their glyphs what is not so, as some programs export them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib as mpl
import pikepdf
from fpdf import FPDF

from tests.support.documents import pdf

FONT = Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"


def with_fonts(*lines: tuple[str, str]) -> bytes:
    """A page of lines, each in the font it names; equal files under different names are different fonts."""

    def draw(page: FPDF) -> None:
        for name in dict.fromkeys(name for name, _ in lines):
            page.add_font(name, fname=FONT)
        for name, text in lines:
            page.set_font(name, size=11)
            page.multi_cell(0, 6, text)
            page.ln(4)

    return pdf(draw)


def mapped(data: bytes, change: str, fonts: int = 1) -> bytes:
    """The file with the character maps of its first fonts changed: "private" use area, other "letters", "none"."""
    with pikepdf.open(io.BytesIO(data)) as document:
        found = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item]
        for font in found[:fonts]:
            if change == "none":
                del font["/ToUnicode"]
                continue
            stream = font["/ToUnicode"]
            stream.write(re.sub(rb"<(\w{4})>(?= *\n)", lambda match: _moved(match, change), stream.read_bytes()))
        buffer = io.BytesIO()
        document.save(buffer)
    return buffer.getvalue()


def broken_heading(heading: str, text: str) -> bytes:
    return mapped(with_fonts(("titulo", heading), ("corpo", text)), "private")


def _moved(match: re.Match[bytes], change: str) -> bytes:
    code = int(match[1], 16)
    if change == "private":
        return b"<%04X>" % (0xF000 + code)
    letter = chr(code)
    moved = chr((code - 97 + 7) % 26 + 97) if letter.isascii() and letter.islower() else letter
    return b"<%04X>" % ord(moved)
