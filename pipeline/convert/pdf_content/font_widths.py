"""Tables of widths for characters that no font can have, of which readers make an entry each: billions of them."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf

LAST_CID = 65535  # ISO 32000, 9.7.4.3 and annex C
LAST_CODE = 255  # of a simple font
MOST_ENTRIES = 1_000_000
CODES = {"/Widths", "/FirstChar", "/LastChar"}
TABLES = {"/W": 1, "/W2": 3}  # numbers for a range of characters, besides its first and last


def bound_widths(document: pikepdf.Pdf) -> bool:
    """Take such tables out; the default width is used instead. Whether there were any."""
    changed = False
    for font in _fonts(document):
        for table, numbers in TABLES.items():
            if table in font and not _is_possible(font[table], numbers):
                del font[table]
                changed = True
        if not _has_possible_codes(font):
            for key in CODES & set(font.keys()):
                del font[key]
            changed = True
    return changed


def _fonts(document: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """Those that are objects, and those that stand in what refers to them."""
    for item in document.objects:
        if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            continue
        if isinstance(item, pikepdf.Dictionary):
            yield from _with_descendants(item)
        resources = item.get("/Resources")
        fonts = resources.get("/Font") if isinstance(resources, pikepdf.Dictionary) else None
        for font in fonts.values() if isinstance(fonts, pikepdf.Dictionary) else ():
            if isinstance(font, pikepdf.Dictionary) and not font.is_indirect:
                yield from _with_descendants(font)


def _with_descendants(font: pikepdf.Dictionary) -> Iterator[pikepdf.Dictionary]:
    descendants = font.get("/DescendantFonts")
    direct = (each for each in descendants if not each.is_indirect) if isinstance(descendants, pikepdf.Array) else ()
    if font.get("/Type") == "/Font" or "/FontDescriptor" in font or "/Widths" in font:
        yield font
    yield from (each for each in direct if isinstance(each, pikepdf.Dictionary))


def _is_possible(table: object, numbers: int) -> bool:
    """Whether all entries are of characters that there are: `first [widths]` or `first last width`."""
    if not isinstance(table, pikepdf.Array):
        return False
    entries, count = iter(table), 0
    try:
        for first in entries:
            following = next(entries)
            if isinstance(following, pikepdf.Array):
                last = int(first) + len(following) // numbers - 1
            else:
                last = int(following)
                [next(entries) for _ in range(numbers)]
            count += last - int(first)
            if not 0 <= int(first) <= last + 1 <= LAST_CID + 1 or count > MOST_ENTRIES:
                return False
    except (StopIteration, TypeError, ValueError, OverflowError):
        return False
    return True


def _has_possible_codes(font: pikepdf.Dictionary) -> bool:
    try:
        return 0 <= int(font.get("/FirstChar", 0)) <= int(font.get("/LastChar", LAST_CODE)) <= LAST_CODE
    except (TypeError, ValueError, OverflowError):
        return False
