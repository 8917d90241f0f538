"""What reading one Office file, with the files embedded in it, has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pipeline.convert.limits import Budget
from pipeline.convert.noticed import Noticed
from pipeline.convert.office.package import Package
from pipeline.convert.office.pieces import Piece
from pipeline.convert.pictures import PictureReader
from pipeline.convert.prepared import Attachment
from pipeline.settings.sections import ConversionSettings


@dataclass(frozen=True)
class Tools:
    """`depth` is 0 for the file itself, 1 for a file in it; `reader` reads those from their name and bytes."""

    settings: ConversionSettings
    reader: Callable[[str, bytes, Tools], list[Piece]]
    pictures: PictureReader
    budget: Budget
    noticed: Noticed = field(default_factory=Noticed)
    attached: list[Attachment] = field(default_factory=list)
    """Embedded documents of other kinds, to be read at the end."""
    depth: int = 0

    @classmethod
    def of(cls, settings: ConversionSettings, reader: Callable[[str, bytes, Tools], list[Piece]]) -> Tools:
        """Tools for an outermost file, with a picture reader and limits of their own."""
        return cls(settings, reader, PictureReader(settings), Budget(settings))

    def embedded(self, name: str, package: Package) -> list[Piece]:
        """The text of an embedded file, once; none, and a count for the warnings, when it cannot be read."""
        return self.reader(name, package.read(name), self) if package.is_new(name) else []

    def picture(self, name: str, package: Package) -> list[str]:
        """The paragraphs of a picture, once."""
        return self.pictures.lines(package.read(name)) if package.is_new(name) else []

    def deeper(self) -> Tools:
        """The same, one level further in: counts and limits are shared, so nesting cannot evade them."""
        return replace(self, depth=self.depth + 1)

    def warnings(self) -> list[str]:
        """What was noticed in the file and all files in it, as sentences."""
        self.noticed.counts["pictures"] = self.pictures.unread
        return self.noticed.warnings()
