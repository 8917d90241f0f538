"""What the style of a cell does to its text: a number format, a line through it."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from pipeline.convert.office.names import S, is_on
from pipeline.convert.office.number_format import builtin_format
from pipeline.convert.office.spoken import Spoken


@dataclass(frozen=True)
class SheetStyles:
    """By the number that a cell gives."""

    spoken: Spoken
    formats: tuple[str, ...]
    struck: tuple[bool, ...]

    @classmethod
    def of(cls, root: etree._Element | None, spoken: Spoken) -> SheetStyles:
        """From the part `styles.xml`."""
        if root is None:
            return cls(spoken, (), ())
        own = {one.get("numFmtId", ""): one.get("formatCode", "") for one in root.iter(f"{S}numFmt")}
        struck = [is_on(font.find(f"{S}strike"), "val") for font in root.iterfind(f"{S}fonts/{S}font")]
        styles = list(root.iterfind(f"{S}cellXfs/{S}xf"))
        codes = (_format(style.get("numFmtId", "0"), own, spoken) for style in styles)
        fonts = (int(style.get("fontId", "0")) for style in styles)
        return cls(spoken, tuple(codes), tuple(font < len(struck) and struck[font] for font in fonts))

    def format(self, style: int) -> str:
        """The number format of a cell style, by its index; General for an unknown one."""
        return self.formats[style] if 0 <= style < len(self.formats) else "General"

    def is_struck(self, style: int) -> bool:
        """Whether the style of this index puts a line through the text."""
        return 0 <= style < len(self.struck) and self.struck[style]


def _format(identifier: str, own: dict[str, str], spoken: Spoken) -> str:
    return own.get(identifier) or builtin_format(int(identifier) if identifier.isdigit() else 0, spoken)
