"""Refuses a document that is over a limit of its conversion, before a library opens it wide. Reads no text."""

from __future__ import annotations

from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

MEGA = 1_000_000
MAX_PARTS = 200
MAX_CELLS = 500_000  # a table that nobody reads; each costs a kilobyte or two
MAX_COPIES = 100_000  # of cells, by a word of the file that they repeat
MOST_BLANKS = 20  # for each cell of a table
FEW_CELLS = 10_000  # that may all be blank
MAX_BLANKS = 10 * FEW_CELLS  # of all tables, whatever is in them


def refuse_pages(count: int, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LONG) for more pages, slides, sheets or frames than `max_pages`."""
    if count > settings.max_pages:
        raise PermanentError(
            f"The document has {count} pages, more than [conversion] max_pages = {settings.max_pages}: split it or "
            "raise the limit.",
            ErrorCode.TOO_LONG,
        )


class Budget:
    """What all files inside one file may come to, and those inside them: so many, so many bytes together."""

    def __init__(self, settings: ConversionSettings) -> None:
        self._parts = MAX_PARTS
        self._size_bytes = settings.max_unpacked_mb * MEGA

    def allows(self, size_bytes: int) -> bool:
        """Whether one more may be read; it counts."""
        self._parts -= 1
        self._size_bytes -= size_bytes
        return self._parts >= 0 and self._size_bytes >= 0


class Blanks:
    """The blank places of all tables of a document, each of which costs what a filled one does."""

    def __init__(self) -> None:
        self._left = MAX_BLANKS

    def allows(self, places: int, cells: int) -> bool:
        """Whether a table of so many places is worth its memory; if it is mostly blank, its blanks count."""
        blanks = places - cells
        if blanks <= cells:
            return True
        if places > MOST_BLANKS * cells + FEW_CELLS or blanks > self._left:
            return False
        self._left -= blanks
        return True


class Copies:
    """What a document's cells come to only because the file says that they repeat."""

    def __init__(self, settings: ConversionSettings) -> None:
        self._settings = settings
        self._cells = self._characters = 0

    def add(self, cells: int, characters: int) -> None:
        """Raises PermanentError (TOO_LONG)."""
        self._cells += cells
        self._characters += characters
        if self._cells > MAX_COPIES:
            raise PermanentError(
                f"The document repeats cells more than {MAX_COPIES} times: delete the rows and columns that repeat.",
                ErrorCode.TOO_LONG,
            )
        refuse_characters(self._characters, self._settings)


def refuse_pixels(width: float, height: float, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LARGE) for a picture of so many pixels that it is over `max_megapixels`."""
    if width * height > settings.max_megapixels * MEGA:
        raise PermanentError(
            f"A page or picture of {width * height / MEGA:.0f} megapixels is over [conversion] max_megapixels = "
            f"{settings.max_megapixels:g}: make it smaller or raise the limit.",
            ErrorCode.TOO_LARGE,
        )


def refuse_unpacked(size_bytes: int, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LARGE) for an archive that unpacks to more than `max_unpacked_mb`."""
    if size_bytes > settings.max_unpacked_mb * MEGA:
        raise PermanentError(
            f"The file unpacks to more than [conversion] max_unpacked_mb = {settings.max_unpacked_mb:g}: split the "
            "document or raise the limit.",
            ErrorCode.TOO_LARGE,
        )


def refuse_characters(count: int, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LONG) for a text of more than `max_characters`."""
    if count > settings.max_characters:
        raise PermanentError(
            f"The document has {count} characters of text, more than [conversion] max_characters = "
            f"{settings.max_characters}: split it or raise the limit.",
            ErrorCode.TOO_LONG,
        )


def refuse_cells(count: int) -> None:
    """Raises PermanentError (TOO_LONG) for more filled cells than `MAX_CELLS`."""
    if count > MAX_CELLS:
        raise PermanentError(
            f"The document has more than {MAX_CELLS} filled cells: split it into several files.", ErrorCode.TOO_LONG
        )
