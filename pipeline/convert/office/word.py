"""A Word document in the form that Docling reads completely: all stories in the body, nothing around the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from pipeline.convert.office.markup import accept_changes, resolve_alternates, unwrap_all
from pipeline.convert.office.names import R, W, remove
from pipeline.convert.office.package import Package
from pipeline.convert.office.pieces import Piece
from pipeline.convert.office.tools import Tools
from pipeline.convert.office.word_blocks import blocks_of, pieces_of
from pipeline.convert.office.word_bounds import bound_body, bound_numbering, bound_styles
from pipeline.convert.office.word_drawings import Drawings
from pipeline.convert.office.word_notes import place_notes, place_running
from pipeline.convert.office.word_runs import Runs, tick_controls
from pipeline.convert.office.word_styles import Styles, show_hidden
from pipeline.convert.office.word_tables import mend_tables
from pipeline.convert.office.word_text import join_drop_caps

UNREAD: Final = ("aFChunk", "package", "oleObject", "comments")  # what is kept of them is in the body then


def rewrite_word(package: Package, tools: Tools) -> None:
    """Changes the trees of the package in place."""
    _Word(package, tools).rewrite()


def word_pieces(package: Package, tools: Tools) -> list[Piece]:
    """The text of a document that is embedded in another."""
    rewrite_word(package, tools)
    root = package.xml(package.main_part("docx"))
    body = root.find(f"{W}body") if root is not None else None
    return list(pieces_of(body)) if body is not None else []


@dataclass
class _Word:
    package: Package
    tools: Tools
    styles: Styles = field(default_factory=Styles)

    def rewrite(self) -> None:
        part = self.package.main_part("docx")
        root = self.package.xml(part)
        body = root.find(f"{W}body") if root is not None else None
        if body is None:
            return
        sheets = [self.package.xml(name) for name in self.package.related(part, "styles")]
        for sheet in sheets:
            if sheet is not None:
                bound_styles(sheet)
        self.styles = Styles.of(sheets[0] if sheets else None)
        self._take_off_wrappers(root)
        join_drop_caps(body)
        self._place_chunks(body, part)
        place_notes(body, self.package, part, self._make_plain)
        place_running(body, self.package, part, self._make_plain)
        self._write_out(root, part, is_body=True)
        bound_body(body)
        for name in self.package.related(part, "numbering"):
            if (numbering := self.package.xml(name)) is not None:
                bound_numbering(numbering)
        for kind in UNREAD:
            self.package.forget(part, kind)
        for sheet in sheets:
            if sheet is not None:
                show_hidden(sheet)

    def _make_plain(self, root: etree._Element, part: str) -> None:
        """For headers, footers and notes."""
        self._take_off_wrappers(root)
        self._write_out(root, part, is_body=False)

    @staticmethod
    def _take_off_wrappers(root: etree._Element) -> None:
        resolve_alternates(root)
        accept_changes(root)
        tick_controls(root)
        unwrap_all(root)
        mend_tables(root)

    def _write_out(self, root: etree._Element, part: str, *, is_body: bool) -> None:
        """All text of paragraphs as text, also that of their drawings."""
        runs = Runs(self.styles, self.package.relationships(part))
        drawings = Drawings(self.package, part, self.tools, keeps_pictures=is_body)
        for paragraph in list(root.iter(f"{W}p")):
            runs.make_plain(paragraph)
            drawings.hoist(paragraph)
        self.tools.noticed.add("hidden_passages", runs.hidden)
        show_hidden(root)

    def _place_chunks(self, body: etree._Element, part: str) -> None:
        """Files that Word would read in when it opens the document take their place in it."""
        for chunk in list(body.iter(f"{W}altChunk")):
            link = self.package.relationships(part).get(chunk.get(f"{R}id", ""))
            if link is not None and not link.is_external:
                for block in blocks_of(self.tools.embedded(link.target, self.package)):
                    chunk.addprevious(block)
            remove(chunk)
