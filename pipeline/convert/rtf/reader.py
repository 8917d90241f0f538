"""What the words of an RTF file do: open destinations, write and end paragraphs, cells and rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from docling_core.types.doc import DocItemLabel

from pipeline.convert.noticed import Noticed
from pipeline.convert.rtf.charsets import CODEC_OF_CHARSET, DEFAULT, FILE_CODECS, SYMBOL_CHARSET, codec_of_page
from pipeline.convert.rtf.fields import Field, FormField
from pipeline.convert.rtf.groups import GroupReader, State
from pipeline.convert.rtf.head import NOT_OUTLINED, Head
from pipeline.convert.rtf.story import Paragraph, ParagraphFormat, Story, pictures
from pipeline.convert.rtf.tables import MAX_CELLS_IN_ROW, CellFormat, Row
from pipeline.convert.rtf.words import (
    BODY,
    BOXES,
    CAPTURED,
    CHARACTERS,
    HEAD,
    INNER_ROW,
    RUNNING,
    SKIP,
    SKIPPED,
    STORIES,
    TRANSPARENT,
)

ALTERNATIVES = frozenset({"wzDescription", "gtextUNICODE"})


class RtfReader(GroupReader):
    """After `read`: the main text, running headers and footers by their words, what the head says."""

    def __init__(self) -> None:
        super().__init__()
        self.main = Story()
        self.head = Head()
        self.objects = 0
        self.noticed = Noticed()
        self._was_hidden = False
        self._story = self.main
        self._outer: list[Story] = []
        self.running: list[tuple[str, Story]] = []
        self._text_captured: list[str] = []
        self._row = Row()
        self._cell = CellFormat()
        self._notes = 0
        self._shape_property = ""
        self._fields: list[Field] = []
        self._form_field = FormField()
        self._codec_of_font: dict[int, str] = {}
        self._file_codec = DEFAULT

    def end_group(self, ended: State) -> None:
        if ended.opened in STORIES:
            self._end_story(ended)
        elif ended.opened == "field":
            field = self._fields.pop()
            self.write(field.behind(self._story.since(field.start)))
        elif ended.opened in CAPTURED:
            self._end_capture(ended.opened)
        elif ended.destination in HEAD:
            self.head.end_group(ended.destination)

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

    def _start_story(self, word: str) -> None:
        state = self.state
        state.destination, state.opened, state.shape = BODY, word, ParagraphFormat()
        state.is_deleted = state.is_hidden = False
        self._outer.append(self._story)
        self._story = Story(is_running=word in RUNNING or self._story.is_running)

    def _end_story(self, ended: State) -> None:
        story, self._story = self._story, self._outer.pop()
        if ended.opened == "footnote":
            self._notes += 1
            text = f"{self._notes} {story.text()}"
            self._story.behind.append(Paragraph(text, label=DocItemLabel.FOOTNOTE))
        elif ended.opened in BOXES:
            self._story.behind += story.close()
        else:
            self.running.append((ended.opened, story))

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

    def write(self, text: str) -> None:
        destination = self.state.destination
        if destination in HEAD:
            self.head.text(destination, text)
        elif destination in CAPTURED:
            self._text_captured.append(text)
        elif destination == BODY and not self.state.is_deleted:
            self._count_hidden(text)
            self._story.write(text, self.state.is_struck)

    def _count_hidden(self, text: str) -> None:
        """Passages, however many pieces they are in."""
        if text.strip():
            self.noticed.add("hidden_passages", self.state.is_hidden and not self._was_hidden)
            self._was_hidden = self.state.is_hidden

    def _font(self, number: int | None) -> None:
        self.state.codec = self._codec_of_font.get(number or 0, self._file_codec)

    def _plain(self, _: int | None) -> None:
        self.state.is_deleted = self.state.is_hidden = self.state.is_struck = False
        self.state.codec = self._file_codec

    def _reset_paragraph(self, _: int | None) -> None:
        self.state.shape, self.state.style = ParagraphFormat(), 0

    def _end_paragraph(self, _: int | None) -> None:
        shape = self.state.shape
        if shape.heading is None:
            shape = replace(shape, heading=self.head.heading_of_style.get(self.state.style))
        self._story.end_paragraph(shape)

    def _shape(self, **changes: int | None) -> None:
        self.state.shape = replace(self.state.shape, **changes)  # type: ignore[arg-type]

    def _start_row(self, _: int | None) -> None:
        self._row, self._cell = Row(), CellFormat()

    def _edge(self, number: int | None) -> None:
        if len(self._row.formats) < MAX_CELLS_IN_ROW:
            self._row.formats.append(replace(self._cell, right=number or 0))
        self._cell = CellFormat()

    def _end_row(self, _: int | None) -> None:
        self._story.end_row(self._row)

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
