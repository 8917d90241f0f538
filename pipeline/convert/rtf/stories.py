"""Where the text of an RTF file goes: into stories, their paragraphs, cells and rows."""

from __future__ import annotations

from dataclasses import replace

from docling_core.types.doc import DocItemLabel

from pipeline.convert.noticed import Noticed
from pipeline.convert.rtf.groups import GroupReader, State
from pipeline.convert.rtf.head import Head
from pipeline.convert.rtf.story import Paragraph, ParagraphFormat, Story
from pipeline.convert.rtf.tables import MAX_CELLS_IN_ROW, CellFormat, Row
from pipeline.convert.rtf.words import BODY, BOXES, RUNNING


class StoryReader(GroupReader):
    """Knows the story that is written now and those around it; which word does what is for the class built on it."""

    def __init__(self) -> None:
        super().__init__()
        self.main = Story()
        self.head = Head()
        self.noticed = Noticed()
        self.running: list[tuple[str, Story]] = []
        self._story = self.main
        self._outer: list[Story] = []
        self._notes = 0
        self._row = Row()
        self._cell = CellFormat()
        self._was_hidden = False

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

    def _write_body(self, text: str) -> None:
        self._count_hidden(text)
        self._story.write(text, self.state.is_struck)

    def _count_hidden(self, text: str) -> None:
        """Passages, however many pieces they are in."""
        if text.strip():
            self.noticed.add("hidden_passages", self.state.is_hidden and not self._was_hidden)
            self._was_hidden = self.state.is_hidden

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
