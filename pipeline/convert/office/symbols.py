"""Characters of the fonts Symbol and Wingdings as Unicode; boxes to tick as `[x]` and `[ ]`."""

from __future__ import annotations

from typing import Final

TICKED: Final = "[x]"
OPEN: Final = "[ ]"
PRIVATE_USE: Final = 0xF000  # where Office keeps the characters of symbol fonts
FONTS: Final = ("symbol", "wingdings", "webdings")

_WINGDINGS: Final = {
    0x6E: "■", 0x6F: OPEN, 0x70: OPEN, 0x71: OPEN, 0x72: OPEN, 0xA8: OPEN, 0xFD: TICKED, 0xFE: TICKED, 0x78: TICKED,
    0xFB: "✗", 0xFC: "✓", 0x6C: "●", 0x9F: "•", 0xA7: "▪", 0x76: "❖", 0xD8: "➢", 0xE0: "→", 0xDF: "←", 0xE1: "↑",
    0xE2: "↓", 0xF0: "⇨", 0x4A: "☺", 0x28: "☎", 0x2A: "✉", 0x22: "✂", 0x21: "✎",
}  # fmt: skip
_WINGDINGS_2: Final = {
    0x50: "✓",
    0x4F: "✗",
    0x52: TICKED,
    0x53: TICKED,
    0x54: TICKED,
    0xA3: OPEN,
    0x2A: OPEN,
    0x30: OPEN,
}
_SYMBOL: Final = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x7E: "∼", 0xA2: "′", 0xA3: "≤",
    0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥",
    0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…", 0xC5: "⊕",
    0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xCC: "⊂", 0xCE: "∈", 0xCF: "∉", 0xD1: "∇", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅",
    0xD8: "¬", 0xD9: "∧", 0xDA: "∨", 0xDB: "⇔", 0xDE: "⇒", 0xE5: "∑", 0xF2: "∫", 0xD2: "®", 0xD3: "©", 0xD4: "™",
}  # fmt: skip


def is_symbol_font(font: str) -> bool:
    """Whether its letters are drawn as something else."""
    return font.lower().startswith(FONTS)


def symbol(font: str, code: int) -> str:
    """What the font draws for a character code. Unknown signs of picture fonts are nothing, as for a reader aloud."""
    low = code - PRIVATE_USE if code >= PRIVATE_USE else code
    name = font.lower()
    if name.startswith("wingdings 2"):
        return _WINGDINGS_2.get(low, "")
    if name.startswith(("wingdings", "webdings")):
        return _WINGDINGS.get(low, "") if name == "wingdings" else ""
    if name.startswith("symbol"):
        return _SYMBOL.get(low, chr(low))
    return chr(low) if PRIVATE_USE <= code < PRIVATE_USE + 256 else chr(code)


def symbols(font: str, text: str) -> str:
    """A text in a symbol font; only its private-use characters are the font's, the rest may be a fallback font's."""
    return "".join(symbol(font, ord(one)) if PRIVATE_USE <= ord(one) < PRIVATE_USE + 256 else one for one in text)
