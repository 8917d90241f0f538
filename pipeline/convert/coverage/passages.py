"""What a source file holds, as passages: a kind, a place, and the words as they stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class PassageKind(StrEnum):
    """What a passage is part of. The values stand in `conversion-<fp>.json`, so they do not change."""

    BODY = "body"
    TABLE_CELL = "table_cell"
    HEADER = "header"
    FOOTER = "footer"
    FOOTNOTE = "footnote"
    ENDNOTE = "endnote"
    TEXT_BOX = "text_box"
    SMART_ART = "smart_art"
    CHART = "chart"
    EQUATION = "equation"
    ALT_TEXT = "alt_text"
    COMMENT = "comment"
    NOTE = "note"
    HIDDEN_SLIDE = "hidden_slide"
    HIDDEN_SHEET = "hidden_sheet"
    HIDDEN_ROW = "hidden_row"
    FORM_VALUE = "form_value"
    FORMULA = "formula"
    ANNOTATION = "annotation"
    LINK = "link"
    ATTACHMENT = "attachment"
    EMBEDDED_OBJECT = "embedded_object"
    INSERTED_FILE = "inserted_file"
    MAIL_HEADER = "mail_header"
    PROPERTIES = "properties"
    DELETED = "deleted"
    HIDDEN_TEXT = "hidden_text"
    LAYER_OFF = "layer_off"
    SLIDE_MASTER = "slide_master"
    PICTURE = "picture"
    UNREADABLE_TEXT = "unreadable_text"


class LeftOut(StrEnum):
    """Why a passage need not be in the text."""

    DELETED = "deleted"
    COMMENT = "comment"
    REPEATED = "repeated"
    PAGE_NUMBER = "page_number"
    LAYER_OFF = "layer_off"
    HIDDEN_TEXT = "hidden_text"
    SLIDE_MASTER = "slide_master"
    PROPERTIES = "properties"
    LOGO = "logo"


LEFT_OUT: Mapping[LeftOut, str] = {
    LeftOut.DELETED: "text that was deleted with changes tracked, with its notes, moved away, or struck in a web page",
    LeftOut.COMMENT: "reviewers' comments and the notes stuck on a PDF",
    LeftOut.REPEATED: "running headers and footers after their first occurrence",
    LeftOut.PAGE_NUMBER: "page and slide numbers with the words around them, and dates that a program fills in",
    LeftOut.LAYER_OFF: "layers of a PDF that are switched off",
    LeftOut.HIDDEN_TEXT: "parts of a web page that it hides, headers that no section shows, text beside a page's edge",
    LeftOut.SLIDE_MASTER: "what stands on the masters and layouts of slides",
    LeftOut.PROPERTIES: "front matter, which becomes the document's properties",
    LeftOut.LOGO: "pictures in running headers and footers and on the masters of slides",
}
"""What is left out on purpose. It is counted as such and is no loss; where the text has it, it is not counted."""


@dataclass(frozen=True)
class Passage:
    """A stretch of a file's text.

    `spellings` are other ways to show the same value, e.g. of a date in a sheet. One that `is_uncounted` stands for
    something that nobody can count the words of, e.g. a picture; `page` says where it would have been read.
    """

    kind: PassageKind
    place: str
    text: str
    left_out: LeftOut | None = None
    spellings: tuple[str, ...] = ()
    page: int | None = None
    is_uncounted: bool = False

    @classmethod
    def uncounted(
        cls, kind: PassageKind, place: str, page: int | None = None, left_out: LeftOut | None = None
    ) -> Passage:
        """One for what shows words that nobody can count."""
        return cls(kind, place, "", left_out, page=page, is_uncounted=True)


def moved_into(passages: Sequence[Passage], kind: PassageKind, place: str) -> list[Passage]:
    """Passages of a file within a file, as passages of the outer one; what cannot be counted stays what it is."""
    return [
        replace(
            passage,
            kind=passage.kind if passage.is_uncounted else kind,
            place=f"{place}, {passage.place}",
            page=None,
        )
        for passage in passages
    ]
