"""An RTF file as a document: follows groups and destinations, and tells stories apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from docling_core.types.doc import DocItemLabel

from pipeline.convert.builder import DocumentBuilder
from pipeline.convert.limits import refuse_unpacked
from pipeline.convert.prepared import Built
from pipeline.convert.properties import Found
from pipeline.convert.rtf.charsets import CODEC_OF_CHARSET, DEFAULT, FILE_CODECS, SYMBOL_CHARSET, codec_of_page
from pipeline.convert.rtf.head import Head
from pipeline.convert.rtf.story import Paragraph, ParagraphFormat, Picture, Story, hand_on
from pipeline.convert.rtf.tables import MAX_CELLS_IN_ROW, CellFormat, Row
from pipeline.convert.rtf.tokens import Token, tokens
from pipeline.settings.sections import ConversionSettings

SKIP, BODY, INNER_ROW = "skip", "body", "nesttableprops"
HEADERS = frozenset({"header", "headerl", "headerr", "headerf"})
FOOTERS = frozenset({"footer", "footerl", "footerr", "footerf"})
HEAD = frozenset({"fonttbl", "stylesheet", "info"})
BOXES = frozenset({"shptxt", "dptxbxtext"})
STORIES = HEADERS | FOOTERS | BOXES | {"footnote"}
CAPTURED = frozenset({"fldinst", "listtext", "pntext", "pict", "sn", "sv", "formfield"})
TRANSPARENT = frozenset({"shppict", "shpinst", "fldrslt", "result", "picprop", "sp", "do"})
SKIPPED = frozenset(
    [
        "colortbl",
        "filetbl",
        "revtbl",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "generator",
        "nonshppict",
        "objdata",
        "objclass",
        "annotation",
        "atnid",
        "atnauthor",
        "atntime",
        "atndate",
        "atnref",
        "atrfstart",
        "atrfend",
        "xe",
        "tc",
        "rxe",
        "txe",
        "shprslt",
        "nonesttables",
        "themedata",
        "datastore",
        "template",
        "ftnsep",
        "ftnsepc",
        "ftncn",
        "aftnsep",
        "aftnsepc",
        "aftncn",
        "bkmkstart",
        "bkmkend",
        "pgdsctbl",
        "latentstyles",
        "xmlnstbl",
        "upr",
        "htmltag",
        "colorschememapping",
        "mmathPr",
        "userprops",
        "docvar",
        "operator",
        "background",
        "pnseclvl",
    ]
)
CHARACTERS = {
    **{"tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘"},
    **{"rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " "},
    **{"page": "\n", "softline": "\n", "zwj": "", "zwnj": "", "ltrmark": "", "rtlmark": ""},
}
SYMBOLS = {b"~": "\u00a0", b"_": "\u2011", b"\\": "\\", b"{": "{", b"}": "}", b"\t": "\t"}
ALTERNATIVES = frozenset({"wzDescription", "gtextUNICODE"})
PAGE_FIELDS = ("PAGE", "NUMPAGES", "SECTIONPAGES")
LONGEST_PAGE_NUMBER = 40  # characters of `Página 3 de 12`
NOT_OUTLINED = 9


@dataclass
class _State:
    """What a group inherits and its end restores."""

    destination: str = BODY
    codec: str = DEFAULT
    skipped_after_unicode: int = 1
    is_hidden: bool = False
    is_struck: bool = False
    shape: ParagraphFormat = field(default_factory=ParagraphFormat)
    style: int = 0
    is_start: bool = True
    is_ignorable: bool = False
    opened: str = ""

    def inner(self) -> _State:
        """The state in which a group begins; there may be millions, and copy.copy takes 20 µs."""
        state = object.__new__(_State)
        state.__dict__.update(self.__dict__)
        state.is_start, state.is_ignorable, state.opened = True, False, ""
        return state


def read_rtf(data: bytes, settings: ConversionSettings) -> Built:
    """Headings, paragraphs, lists, tables, notes, boxes and pictures in order; running headers and footers once."""
    refuse_unpacked(len(data), settings)
    builder = DocumentBuilder()
    reader = _Reader()
    reader.read(data)
    for text in reader.running_texts(HEADERS):
        builder.paragraph(text)
    hand_on(reader.main.close(), builder)
    for text in reader.running_texts(FOOTERS):
        builder.paragraph(text)
    found = reader.head.found()
    objects = [f"Embedded objects that were not read: {reader.objects}."] if reader.objects else []
    return Built(builder.document, Found(found.properties, (*found.warnings, *objects)), builder.pictures)


class _Reader:
    def __init__(self) -> None:
        self.main = Story()
        self.head = Head()
        self.objects = 0
        self._story = self.main
        self._outer: list[Story] = []
        self._running: list[tuple[str, Story]] = []
        self._state = _State()
        self._states: list[_State] = []
        self._captured: list[bytes] = []
        self._text_captured: list[str] = []
        self._pending = bytearray()
        self._to_skip = 0
        self._row = Row()
        self._cell = CellFormat()
        self._notes = 0
        self._shape_property = ""
        self._form_field: dict[str, int] = {}
        self._codec_of_font: dict[int, str] = {}
        self._file_codec = DEFAULT

    def read(self, data: bytes) -> None:
        for token in tokens(data):
            if token.kind == "text":
                self._bytes(token.value)
            elif token.kind == "hex":
                self._hex(token.value)
            elif token.kind == "binary":
                self._binary(token.value)
            else:
                self._flush()
                self._control(token)
        self._flush()

    def running_texts(self, kinds: frozenset[str]) -> list[str]:
        """Each once, those with a word."""
        texts: dict[str, None] = {}
        for kind, story in self._running:
            text = story.text()
            only_number = story.shows_page_number and len(text) < LONGEST_PAGE_NUMBER
            if kind in kinds and text.strip() and not only_number:
                texts[text] = None
        return list(texts)

    def _control(self, token: Token) -> None:
        if token.kind == "brace":
            self._open() if token.value == b"{" else self._close()
        elif token.kind == "symbol":
            self._symbol(token.value)
        else:
            self._word(token.word, token.number)

    def _open(self) -> None:
        self._to_skip = 0
        self._states.append(self._state)
        self._state = self._state.inner()

    def _close(self) -> None:
        self._to_skip = 0
        if not self._states:
            return
        ended, self._state = self._state, self._states.pop()
        if ended.opened in STORIES:
            self._end_story(ended)
        elif ended.opened in CAPTURED:
            self._end_capture(ended.opened)
        elif ended.destination in HEAD:
            self.head.end_group(ended.destination)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._state.is_ignorable = True
            return
        if self._to_skip:
            self._to_skip -= 1
        elif symbol in (b"\r", b"\n"):
            self._word("par", None)
        elif symbol in SYMBOLS:
            self._write(SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        if self._to_skip and word != "u":
            self._to_skip -= 1
            return
        starts, self._state.is_start = self._state.is_start, False
        if starts and self._is_destination(word):
            return
        if self._state.destination == SKIP:
            return
        if self._state.destination == INNER_ROW:  # whose edges are not those of the row around it
            if word == "nestrow":
                self._story.end_inner_row()
        elif self._state.destination in HEAD:
            self._head_word(word, number)
        elif word in CHARACTERS:
            self._write(CHARACTERS[word])
        elif action := ACTIONS.get(word):
            action(self, number)
        elif word in FILE_CODECS:
            self._file_codec = self._state.codec = FILE_CODECS[word]
        elif self._state.destination == "formfield":
            self._form_field[word] = number or 0

    def _is_destination(self, word: str) -> bool:
        """Whether the word opens a destination of its own. `\\*` marks those that readers may pass over."""
        state = self._state
        if state.destination == SKIP or word in SKIPPED:
            state.destination = SKIP
            return True
        if word in TRANSPARENT:
            return True
        if word in HEAD or word == INNER_ROW:
            state.destination = state.opened = word
        elif word in STORIES:
            self._start_story(word)
        elif word in CAPTURED:
            self._start_capture(word)
        elif word == "object":
            self.objects += 1
        elif state.is_ignorable and word not in ACTIONS:
            state.destination = SKIP
        else:
            return False
        return True

    def _head_word(self, word: str, number: int | None) -> None:
        if word == "u":
            self._unicode(number)
        else:
            self.head.word(self._state.destination, word, number)
        if self._state.destination == "fonttbl" and word == "fcharset":
            self._codec_of_font.pop(self.head.font, None)
            if number == SYMBOL_CHARSET or number in CODEC_OF_CHARSET:
                self._codec_of_font[self.head.font] = CODEC_OF_CHARSET.get(number, DEFAULT)

    def _start_story(self, word: str) -> None:
        state = self._state
        state.destination, state.opened, state.shape = BODY, word, ParagraphFormat()
        state.is_hidden = False
        self._outer.append(self._story)
        self._story = Story()

    def _end_story(self, ended: _State) -> None:
        story, self._story = self._story, self._outer.pop()
        if ended.opened == "footnote":
            self._notes += 1
            text = f"{self._notes} {story.text()}"
            self._story.behind.append(Paragraph(text, label=DocItemLabel.FOOTNOTE))
        elif ended.opened in BOXES:
            self._story.behind += story.close()
        else:
            self._running.append((ended.opened, story))

    def _start_capture(self, word: str) -> None:
        self._state.destination = self._state.opened = word
        self._captured, self._text_captured = [], []
        if word == "formfield":
            self._form_field = {}

    def _end_capture(self, word: str) -> None:
        text = "".join(self._text_captured).strip()
        match word:
            case "listtext" | "pntext":
                self._story.marker = text
            case "fldinst":
                self._story.shows_page_number |= text.split()[:1] != [] and text.split()[0].upper() in PAGE_FIELDS
            case "pict":
                self._add_picture()
            case "sn":
                self._shape_property = text
            case "sv":
                if self._shape_property in ALTERNATIVES and text:
                    self._story.behind.append(Paragraph(text))
            case "formfield":
                self._add_form_field()
        self._text_captured = []

    def _add_picture(self) -> None:
        try:
            data = bytes.fromhex(b"".join(self._captured).replace(b" ", b"").decode("ascii"))
        except ValueError:
            data = b""
        if data:
            self._story.behind.append(Picture(data))
        self._captured = []

    def _add_form_field(self) -> None:
        words = self._form_field
        if words.get("fftype") == 1:
            state = words.get("ffres", 25)
            is_on = words.get("ffdefres") if state == 25 else state
            self._story.write(f"[{'x' if is_on else ' '}] ")

    def _bytes(self, data: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(data))
            self._to_skip -= skipped
            data = data[skipped:]
        self._state.is_start = self._state.is_start and not data
        if self._state.destination == "pict":
            self._captured.append(data)
        else:
            self._pending += data

    def _hex(self, data: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif self._state.destination != "pict":
            self._pending += data

    def _binary(self, data: bytes) -> None:
        if self._state.destination == "pict":
            self._captured.append(data.hex().encode("ascii"))

    def _flush(self) -> None:
        if self._pending:
            self._write(self._pending.decode(self._state.codec, "replace"))
            self._pending.clear()

    def _write(self, text: str) -> None:
        destination = self._state.destination
        if destination in HEAD:
            self.head.text(destination, text)
        elif destination in CAPTURED:
            self._text_captured.append(text)
        elif destination == BODY and not self._state.is_hidden:
            self._story.write(text, self._state.is_struck)

    def _unicode(self, number: int | None) -> None:
        code = (number or 0) % 0x10000 if (number or 0) < 0 else min(number or 0, 0x10FFFF)
        self._write(chr(code))
        self._to_skip = self._state.skipped_after_unicode

    def _font(self, number: int | None) -> None:
        self._state.codec = self._codec_of_font.get(number or 0, self._file_codec)

    def _plain(self, _: int | None) -> None:
        self._state.is_hidden = self._state.is_struck = False
        self._state.codec = self._file_codec

    def _reset_paragraph(self, _: int | None) -> None:
        self._state.shape, self._state.style = ParagraphFormat(), 0

    def _end_paragraph(self, _: int | None) -> None:
        shape = self._state.shape
        if shape.heading is None:
            shape = replace(shape, heading=self.head.heading_of_style.get(self._state.style))
        self._story.end_paragraph(shape)

    def _shape(self, **changes: int | None) -> None:
        self._state.shape = replace(self._state.shape, **changes)  # type: ignore[arg-type]

    def _start_row(self, _: int | None) -> None:
        self._row, self._cell = Row(), CellFormat()

    def _edge(self, number: int | None) -> None:
        if len(self._row.formats) < MAX_CELLS_IN_ROW:
            self._row.formats.append(replace(self._cell, right=number or 0))
        self._cell = CellFormat()

    def _end_row(self, _: int | None) -> None:
        self._story.end_row(self._row)

    def _code_page(self, number: int | None) -> None:
        self._file_codec = self._state.codec = codec_of_page(number)


def _set(name: str, value: object = None) -> Callable[[_Reader, int | None], None]:
    """Sets a flag of the state; 0 behind the word takes it back."""

    def action(reader: _Reader, number: int | None) -> None:
        setattr(reader._state, name, number != 0 if value is None else value)

    return action


ACTIONS: dict[str, Callable[[_Reader, int | None], None]] = {
    "par": _Reader._end_paragraph,
    "sect": _Reader._end_paragraph,
    "pard": _Reader._reset_paragraph,
    "plain": _Reader._plain,
    "f": _Reader._font,
    "ansicpg": _Reader._code_page,
    "u": _Reader._unicode,
    "uc": lambda reader, number: setattr(reader._state, "skipped_after_unicode", max(0, number or 0)),
    "v": _set("is_hidden"),
    "deleted": _set("is_hidden"),
    "strike": _set("is_struck"),
    "striked": _set("is_struck"),
    "s": lambda reader, number: setattr(reader._state, "style", number or 0),
    "outlinelevel": lambda reader, number: reader._shape(
        heading=None if number is None or number >= NOT_OUTLINED else number + 1
    ),
    "ls": lambda reader, number: reader._shape(list_depth=(reader._state.shape.list_depth or 0) if number else None),
    "ilvl": lambda reader, number: reader._shape(list_depth=number or 0),
    "intbl": lambda reader, _: reader._shape(table_depth=max(1, reader._state.shape.table_depth)),
    "itap": lambda reader, number: reader._shape(table_depth=number or 0),
    "cell": lambda reader, _: reader._story.end_cell(),
    "nestcell": lambda reader, _: reader._story.end_inner_cell(),
    "row": _Reader._end_row,
    "trowd": _Reader._start_row,
    "trleft": lambda reader, number: setattr(reader._row, "left", number or 0),
    "trhdr": lambda reader, _: setattr(reader._row, "is_header", True),
    "cellx": _Reader._edge,
    "clmrg": lambda reader, _: setattr(reader, "_cell", replace(reader._cell, goes_on_left=True)),
    "clvmrg": lambda reader, _: setattr(reader, "_cell", replace(reader._cell, goes_on_above=True)),
}
