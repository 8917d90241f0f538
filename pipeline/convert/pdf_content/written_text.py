"""Text written into a page of a PDF, where a field or a note stands, in a font that every character fits."""

from __future__ import annotations

import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Pdf, String

FIELD_FONT, NOTE_FONT = "NicEtlFieldValue", "NicEtlNote"  # the rules know the values of fields by their font
DEFAULT_SIZE = 10.0
CHARACTER_WIDTH = 0.5  # in text sizes: all characters are equally wide, and nothing is ever painted
BASELINE = 0.22  # of the text size above the lower edge
MAX_CHARACTERS = 20_000
TO_UNICODE = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Same def /CMapType 2 def "
    b"1 begincodespacerange <0000> <FFFF> endcodespacerange "
    b"1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
)

Rectangle = tuple[float, float, float, float]
# The text matrix without its origin, by degrees counterclockwise.
TURNED_BY = {0: "1 0 0 1", 90: "0 1 -1 0", 180: "-1 0 0 -1", 270: "0 -1 1 0"}


class Writer:
    """Collects the text of a page, and writes it when the page is finished."""

    def __init__(self, document: Pdf) -> None:
        self._document = document
        self._fonts: dict[str, pikepdf.Object] = {}
        self._written: list[tuple[str, str]] = []

    def write(self, text: str, rectangle: Rectangle, font: str, size: float = DEFAULT_SIZE, turned: int = 0) -> None:
        """One line, narrowed to the rectangle, at its upper edge when that is higher than two lines.

        `turned` are the degrees, a multiple of 90, by which the text is turned counterclockwise.
        """
        text = " ".join(text.split())[:MAX_CHARACTERS]
        left, bottom, right, top = rectangle
        across, up = (right - left, top - bottom) if turned in (0, 180) else (top - bottom, right - left)
        size = max(1.0, min(size or DEFAULT_SIZE, 0.9 * up)) if up else DEFAULT_SIZE
        rise = (up - size) / 2 if up < 2.5 * size else up - 1.2 * size
        origin = _origin(rectangle, rise + BASELINE * size, turned)
        scale = min(100.0, 100 * max(across, 1.0) / (CHARACTER_WIDTH * size * max(1, len(text))))
        code = "".join(character if ord(character) < 0x10000 else "\ufffd" for character in text)
        line = f"{size:.2f} Tf {scale:.3f} Tz {TURNED_BY[turned]} {origin[0]:.2f} {origin[1]:.2f} Tm"
        hexadecimal = code.encode("utf-16-be", "replace").hex()
        self._written.append((font, f"{line} <{hexadecimal}> Tj"))

    def finish(self, page: Page) -> None:
        """Append what was collected to the page's content."""
        if not self._written:
            return
        for font in dict.fromkeys(font for font, _ in self._written):
            page.add_resource(self._font(font), Name.Font, Name(f"/{font}"), replace_existing=True)
        body = "\n".join(f"BT /{font} {line} ET" for font, line in self._written)
        page.contents_add(b"q\n", prepend=True)
        page.contents_add(f"\nQ\nq\n{body}\nQ".encode("ascii"))
        self._written.clear()

    def _font(self, name: str) -> pikepdf.Object:
        if name not in self._fonts:
            self._fonts[name] = self._document.make_indirect(_composite_font(self._document, name))
        return self._fonts[name]


def _origin(rectangle: Rectangle, rise: float, turned: int) -> tuple[float, float]:
    """Where a line begins that so turned stands at the left of the rectangle, so much above its lower edge."""
    left, bottom, right, top = rectangle
    return {
        0: (left, bottom + rise),
        90: (right - rise, bottom),
        180: (right, top - rise),
        270: (left + rise, top),
    }[turned]


def _composite_font(document: Pdf, name: str) -> Dictionary:
    """A font whose codes are the characters themselves (ISO 32000-1, 9.7); no glyphs, since nobody looks at them."""
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{name}"),
        Flags=32,
        FontBBox=Array([0, -200, 1000, 800]),
        ItalicAngle=0,
        Ascent=800,
        Descent=-200,
        CapHeight=700,
        StemV=80,
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{name}"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        DW=int(1000 * CHARACTER_WIDTH),
        FontDescriptor=descriptor,
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(f"/{name}"),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([document.make_indirect(descendant)]),
        ToUnicode=document.make_stream(TO_UNICODE),
    )
