"""What reading one Office file, with the files embedded in it, has in common."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.convert.office.noticed import Noticed
from pipeline.convert.pictures import PictureReader
from pipeline.settings.sections import ConversionSettings


@dataclass(frozen=True)
class Tools:
    """`depth` is 0 for the file itself, 1 for a file in it."""

    settings: ConversionSettings
    pictures: PictureReader
    noticed: Noticed = field(default_factory=Noticed)
    depth: int = 0

    @classmethod
    def of(cls, settings: ConversionSettings) -> Tools:
        return cls(settings, PictureReader(settings))

    def deeper(self) -> Tools:
        return replace(self, depth=self.depth + 1)

    def warnings(self) -> list[str]:
        self.noticed.counts["pictures"] = self.pictures.unread
        return self.noticed.warnings()
