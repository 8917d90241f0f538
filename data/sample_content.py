"""Reads the texts of the sample documents (sample_texts/*.md) into blocks; draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

import frontmatter

TEXTS = Path(__file__).parent / "sample_texts"


class Kind(StrEnum):
    """What a block is; the value is the mark that opens it in the text."""

    TITLE = "#"
    HEADING = "##"
    SUBHEADING = "###"
    LIST = "-"
    TABLE = "|"
    NOTE = ">"
    PARAGRAPH = ""


@dataclass(frozen=True)
class Block:
    """A piece of a document: the lines of a list, the rows of a table, one line otherwise."""

    kind: Kind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.lines[0]

    @property
    def rows(self) -> list[list[str]]:
        """Cells of a table, the header first."""
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in self.lines]


@dataclass(frozen=True)
class Sample:
    """A sample document: where it goes, its front matter, its text, and both as they stand without the path."""

    path: PurePosixPath
    meta: dict[str, Any]
    body: str
    source: str

    @property
    def title(self) -> str:
        return str(self.meta["title"])

    @property
    def layout(self) -> str:
        return str(self.meta.get("layout", ""))

    @property
    def tags(self) -> list[str]:
        return list(self.meta.get("tags", []))

    @property
    def blocks(self) -> list[Block]:
        return list(_blocks(self.body))

    def text_of(self, key: str) -> str:
        """A front-matter value, empty when it is not given."""
        return str(self.meta.get(key, ""))

    def moment(self, key: str) -> datetime:
        """Noon UTC of a date; created_date where the key is not given."""
        day: date = self.meta.get(key, self.meta["created_date"])
        return datetime.combine(day, time(12), UTC)


def read_samples() -> list[Sample]:
    """All samples, sorted by the name of their text file."""
    return [_read(file) for file in sorted(TEXTS.glob("*.md"))]


def _read(file: Path) -> Sample:
    source = file.read_text(encoding="utf-8")
    post = frontmatter.loads(source)
    path = str(post.metadata["path"])
    return Sample(PurePosixPath(path), post.metadata, post.content, source.replace(f"path: {path}\n", "", 1))


def _blocks(body: str) -> Iterator[Block]:
    for part in body.split("\n\n"):
        lines = part.strip().splitlines()
        mark = lines[0].split(" ", 1)[0]
        kind = Kind(mark) if mark in list(Kind) else Kind.PARAGRAPH
        yield Block(kind, tuple(line.removeprefix(kind.value).strip() for line in lines))
