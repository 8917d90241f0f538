"""What the words of an RTF file do: open destinations, and act on the text in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from typing_extensions import override

from pipeline.convert.rtf.charsets import CODEC_OF_CHARSET, DEFAULT, FILE_CODECS, SYMBOL_CHARSET, codec_of_page
from pipeline.convert.rtf.fields import Field, FormField
from pipeline.convert.rtf.groups import State
from pipeline.convert.rtf.head import NOT_OUTLINED
from pipeline.convert.rtf.stories import StoryReader
from pipeline.convert.rtf.story import Paragraph, pictures
from pipeline.convert.rtf.words import (
    BODY,
    CAPTURED,
    CHARACTERS,
    HEAD,
    INNER_ROW,
    SKIP,
    SKIPPED,
    STORIES,
    TRANSPARENT,
)

MOST_FIELDS = 20  # inside each other; each reads again what those in it show
ALTERNATIVES = frozenset({"wzDescription", "gtextUNICODE"})


class RtfReader(StoryReader):
    """After `read`: the main text, running headers and footers by their words, what the head says."""

    def __init__(self) -> None:
        super().__init__()
        self.objects = 0
        self._text_captured: list[str] = []
        self._shape_property = ""
        self._fields: list[Field] = []
        self._form_field = FormField()
        self._codec_of_font: dict[int, str] = {}
        self._file_codec = DEFAULT

    @override
    def end_group(self, ended: State) -> None:
        if ended.opened in STORIES:
            self._end_story(ended)
        elif ended.opened == "field":
            field = self._fields.pop()
            if len(self._fields) < MOST_FIELDS:
                self.write(field.behind(self._story.since(field.start)))
        elif ended.opened in CAPTURED:
            self._end_capture(ended.opened)
        elif ended.destination in HEAD:
            self.head.end_group(ended.destination)

    @override
    def word(self, word: str, number: int | None) -> None:
        starts, self.state.is_start = self.state.is_start, False
        if starts and self._is_destination(word):
            return
        if self.state.destination == SKIP:
            return
        if self.state.destination == INNER_ROW:  # whose edges are not those of the row around it
            if word == "nestrow":
                self._story.end_inner_row()
        elif self.state.destination in HEAD:
            self._head_word(word, number)
        elif word in CHARACTERS:
            self.write(CHARACTERS[word])
        elif action := ACTIONS.get(word):
            action(self, number)
        elif word in FILE_CODECS:
            self._file_codec = self.state.codec = FILE_CODECS[word]
        elif self.state.destination == "formfield":
            self._form_field.words[word] = number or 0

    def _is_destination(self, word: str) -> bool:
        """Whether the word opens a destination of its own. `\\*` marks those that readers may pass over."""
        state = self.state
        if word == "ud" and state.around:  # the same text as before it, in Unicode
            state.destination, state.around = state.around, ""
            return True
        if state.destination == SKIP or word in SKIPPED:
            state.around = state.destination if word == "upr" else ""
            state.destination = SKIP
            return True
        if word == "fldrslt" and self._fields and self._fields[-1].is_page_number and self._story.is_running:
            state.destination = SKIP
        if word in TRANSPARENT:
            return True
        if word in HEAD or word == INNER_ROW:
            state.destination = state.opened = word
        elif word in STORIES:
            self._start_story(word)
        elif word in CAPTURED:
            self._start_capture(word)
        elif word == "field":
            state.opened = word
            self._fields.append(Field(self._story.mark()))
        elif word == "object":
            self.objects += 1
        elif state.is_ignorable and word not in ACTIONS:
            state.destination = SKIP
        else:
            return False
        return True

    def _head_word(self, word: str, number: int | None) -> None:
        if word == "u":
            self.unicode(number)
        else:
            self.head.word(self.state.destination, word, number)
        if self.state.destination == "fonttbl" and word == "fcharset":
            self._codec_of_font.pop(self.head.font, None)
            if number == SYMBOL_CHARSET or number in CODEC_OF_CHARSET:
                self._codec_of_font[self.head.font] = CODEC_OF_CHARSET.get(number, DEFAULT)

    def _start_capture(self, word: str) -> None:
        self.state.destination = self.state.opened = word
        self.captured, self._text_captured = [], []
        if word == "formfield":
            self._form_field = FormField()

    def _end_capture(self, word: str) -> None:
        text = "".join(self._text_captured).strip()
        match word:
            case "listtext" | "pntext":
                self._story.marker = text
            case "fldinst":
                if self._fields:
                    self._fields[-1].instruction = text
            case "ffl":
                self._form_field.entries.append(text)
            case "pict":
                self._story.behind += pictures(self.captured)
                self.captured = []
            case "sn":
                self._shape_property = text
            case "sv":
                if self._shape_property in ALTERNATIVES and text:
                    self._story.behind.append(Paragraph(text))
            case "formfield":
                self._story.write(self._form_field.tick())
                if self._fields:
                    self._fields[-1].choice = self._form_field.choice()
        self._text_captured = []

    @override
    def write(self, text: str) -> None:
        destination = self.state.destination
        if destination in HEAD:
            self.head.text(destination, text)
        elif destination in CAPTURED:
            self._text_captured.append(text)
        elif destination == BODY and not self.state.is_deleted:
            self._write_body(text)

    def _font(self, number: int | None) -> None:
        self.state.codec = self._codec_of_font.get(number or 0, self._file_codec)

    def _plain(self, _: int | None) -> None:
        self.state.is_deleted = self.state.is_hidden = self.state.is_struck = False
        self.state.codec = self._file_codec

    def _code_page(self, number: int | None) -> None:
        self._file_codec = self.state.codec = codec_of_page(number)


def _set(name: str, value: object = None) -> Callable[[RtfReader, int | None], None]:
    """Sets a flag of the state; 0 behind the word takes it back."""

    def action(reader: RtfReader, number: int | None) -> None:
        setattr(reader.state, name, number != 0 if value is None else value)

    return action


ACTIONS: dict[str, Callable[[RtfReader, int | None], None]] = {
    "par": RtfReader._end_paragraph,
    "sect": RtfReader._end_paragraph,
    "pard": RtfReader._reset_paragraph,
    "plain": RtfReader._plain,
    "f": RtfReader._font,
    "ansicpg": RtfReader._code_page,
    "u": RtfReader.unicode,
    "uc": lambda reader, number: setattr(reader.state, "skipped_after_unicode", max(0, number or 0)),
    "v": _set("is_hidden"),
    "deleted": _set("is_deleted"),
    "strike": _set("is_struck"),
    "striked": _set("is_struck"),
    "s": lambda reader, number: setattr(reader.state, "style", number or 0),
    "outlinelevel": lambda reader, number: reader._shape(
        heading=None if number is None or number >= NOT_OUTLINED else number + 1
    ),
    "ls": lambda reader, number: reader._shape(list_depth=(reader.state.shape.list_depth or 0) if number else None),
    "ilvl": lambda reader, number: reader._shape(list_depth=number or 0),
    "dropcapli": lambda reader, _: reader._shape(is_drop_cap=True),
    "intbl": lambda reader, _: reader._shape(table_depth=max(1, reader.state.shape.table_depth)),
    "itap": lambda reader, number: reader._shape(table_depth=number or 0),
    "cell": lambda reader, _: reader._story.end_cell(),
    "nestcell": lambda reader, _: reader._story.end_inner_cell(),
    "row": RtfReader._end_row,
    "trowd": RtfReader._start_row,
    "trleft": lambda reader, number: setattr(reader._row, "left", number or 0),
    "trhdr": lambda reader, _: setattr(reader._row, "is_header", True),
    "cellx": RtfReader._edge,
    "clmrg": lambda reader, _: setattr(reader, "_cell", replace(reader._cell, goes_on_left=True)),
    "clvmrg": lambda reader, _: setattr(reader, "_cell", replace(reader._cell, goes_on_above=True)),
}
