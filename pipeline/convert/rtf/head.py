"""What the head of an RTF file says: fonts, styles that are headings, properties."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from pipeline.convert.properties import Found, validated

HEADING_NAME = re.compile(r"(?:heading|t[ií]tulo|cabe[cç]alho|ttulo)\s*([1-9])", re.I)
TITLE_NAME = re.compile(r"title|t[ií]tulo(?: do documento)?", re.I)
FIELDS = {
    "title": "title",
    "subject": "description",
    "author": "author",
    "keywords": "tags",
    "doccomm": "description",
    "creatim": "created_date",
    "revtim": "modified_date",
}
TIMES = {"yr": 0, "mo": 1, "dy": 2, "hr": 3, "min": 4}
NOT_OUTLINED = 9


class Head:
    """Is told each word and text of the tables in the head."""

    def __init__(self) -> None:
        self.font = 0
        self.heading_of_style: dict[int, int] = {}
        self._style: int | None = 0
        self._outline: int | None = None
        self._text: list[str] = []
        self._field = ""
        self._time = [0, 1, 1, 0, 0]
        self._values: dict[str, Any] = {}

    def word(self, destination: str, word: str, number: int | None) -> None:
        """A control word in one of the tables (`fonttbl`, `stylesheet`, `info`), with its number if it has one."""
        if destination == "fonttbl":
            self.font = number or 0 if word == "f" else self.font
        elif destination == "stylesheet":
            self._style_word(word, number)
        elif word in FIELDS:
            self._field, self._text, self._time = word, [], [0, 1, 1, 0, 0]
        elif word in TIMES:
            self._time[TIMES[word]] = number or 0

    def text(self, destination: str, text: str) -> None:
        """Text in one of the tables; names of fonts are ignored."""
        if destination != "fonttbl":
            self._text.append(text)

    def end_group(self, destination: str) -> None:
        """A group of a table has ended: the style or the property is complete."""
        text = "".join(self._text).strip().removesuffix(";").strip()
        self._text = []
        if destination == "stylesheet":
            self._end_style(text)
        elif destination == "info" and self._field:
            self._end_field(text)

    def found(self) -> Found:
        """The properties that `info` names and that are valid."""
        return validated(self._values)

    def _style_word(self, word: str, number: int | None) -> None:
        if word == "s":
            self._style = number or 0
        elif word in ("cs", "ds", "ts"):  # no paragraph's style
            self._style = None
        elif word == "outlinelevel":
            self._outline = number

    def _end_style(self, name: str) -> None:
        if self._style is not None and name:
            if heading := HEADING_NAME.match(name):
                self.heading_of_style[self._style] = int(heading[1])
            elif TITLE_NAME.fullmatch(name):
                self.heading_of_style[self._style] = 0
            elif self._outline is not None and 0 <= self._outline < NOT_OUTLINED:
                self.heading_of_style[self._style] = self._outline + 1
        self._style, self._outline = 0, None

    def _end_field(self, text: str) -> None:
        field, value = FIELDS[self._field], text or self._moment()
        if value:
            self._values.setdefault(field, value)
        self._field = ""

    def _moment(self) -> datetime | None:
        try:
            return datetime(*self._time, tzinfo=UTC) if self._time[0] else None  # type: ignore[arg-type, misc]
        except ValueError:
            return None
