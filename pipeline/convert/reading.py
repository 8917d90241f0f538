"""What OCR has read of one document, by page and angle, so that no page is read twice. Runs no OCR itself."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from docling.datamodel.document import ConversionResult
from docling_core.types.doc.page import TextCell
from pydantic import BaseModel, TypeAdapter, ValidationError

from pipeline.convert.ocr_need.repeated_pictures import Size, repeated_pictures
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import TransientError

_CELLS = TypeAdapter(list[TextCell])


class PageRead(BaseModel):
    """The lines of a page as OCR gave them, before they are merged with the page's own text."""

    page: int
    angle: int
    cells: list[TextCell]
    stopped: bool = False  # after its first lines, as they were hardly legible


class PagesRead(BaseModel):
    """The file that carries pages read ahead from one process to another."""

    pages: list[PageRead]


class Reading:
    """Pages read so far; one for each conversion.

    Lines are kept as JSON: it is a tenth of the objects' size, and later stages change the objects they are given.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[int, int], bytes] = {}
        self._stopped: set[tuple[int, int]] = set()

    @classmethod
    def load(cls, paths: Iterable[FilePath]) -> Self:
        """What the files hold; a missing or broken one costs time, not the document."""
        reading = cls()
        for path in paths:
            try:
                pages = files.read_model(path, PagesRead).pages
            except (OSError, TransientError, ValidationError):
                continue
            for read in pages:
                reading.remember(read.page, read.angle, read.cells, stopped=read.stopped)
        return reading

    def save(self, path: FilePath) -> None:
        """For `load` in another process. Raises TransientError."""
        pages = [
            PageRead(page=page, angle=angle, cells=_CELLS.validate_json(lines), stopped=(page, angle) in self._stopped)
            for (page, angle), lines in sorted(self._lines.items())
        ]
        files.write_json(path, PagesRead(pages=pages))

    def lines(self, page: int, angle: int, *, stopped: bool = False) -> list[TextCell] | None:
        """The lines of a page turned clockwise by `angle`, new objects each time; None: not read yet.

        Only with `stopped` those of a page that was not read to its end.
        """
        lines = self._lines.get((page, angle))
        if lines is None or ((page, angle) in self._stopped and not stopped):
            return None
        return _CELLS.validate_json(lines)

    def remember(self, page: int, angle: int, cells: list[TextCell], *, stopped: bool = False) -> None:
        """The lines of a page (from 1) turned clockwise by `angle` degrees, or the first of them."""
        self._lines[page, angle] = _CELLS.dump_json(cells)
        (self._stopped.add if stopped else self._stopped.discard)((page, angle))

    def is_unfinished(self, angles: Mapping[int, int]) -> bool:
        """Whether a page, turned so, was not read to its end."""
        return any(angles.get(page, 0) == angle for page, angle in self._stopped)


@dataclass
class Glance:
    """A page whose longest lines score less than `least_score` is not read to its end; `stopped` says so."""

    least_score: float = 0.0
    stopped: bool = False


class ReadStream(io.BytesIO):
    """A document's bytes on their way through Docling, together with what has been read of it.

    One pipeline, with its models and threads, serves all conversions; the stream is what belongs to a single one.
    """

    def __init__(self, data: bytes, reading: Reading, angles: Mapping[int, int], least_score: float) -> None:
        super().__init__(data)
        self._reading, self._angles, self.least_score = reading, angles, least_score
        self._repeated: Mapping[int, list[Size]] | None = None

    @classmethod
    def of(cls, result: ConversionResult) -> Self | None:
        """The stream that a conversion under way reads from."""
        stream = result.input._backend.path_or_stream
        return stream if isinstance(stream, cls) else None

    def lines(self, page: int) -> list[TextCell] | None:
        """Those of a page (from 1), turned as this conversion turns it; None: not read yet."""
        return self._reading.lines(page, self._angles.get(page, 0), stopped=self.least_score > 0)

    def remember(self, page: int, cells: list[TextCell], *, stopped: bool) -> None:
        """Keep what OCR has read of a page (from 1), under the angle by which this conversion turns it."""
        self._reading.remember(page, self._angles.get(page, 0), cells, stopped=stopped)

    def repeated_pictures(self, page: int) -> list[Size]:
        """Sizes of the page's small pictures that stand on an earlier one, too."""
        if self._repeated is None:
            self._repeated = repeated_pictures(self.getvalue())
        return self._repeated.get(page, [])
