"""RTF's groups: what a group changes ends with it. Decodes text and knows where it belongs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from pipeline.convert.rtf.charsets import DEFAULT
from pipeline.convert.rtf.story import ParagraphFormat
from pipeline.convert.rtf.tokens import Token, tokens
from pipeline.convert.rtf.words import BODY, SYMBOLS


@dataclass
class State:
    """What a group inherits and its end restores."""

    destination: str = BODY
    codec: str = DEFAULT
    skipped_after_unicode: int = 1
    is_deleted: bool = False
    is_hidden: bool = False
    is_struck: bool = False
    shape: ParagraphFormat = field(default_factory=ParagraphFormat)
    style: int = 0
    is_start: bool = True
    is_ignorable: bool = False
    opened: str = ""
    around: str = ""  # the destination around one that is skipped but for its text in Unicode

    def inner(self) -> State:
        """The state in which a group begins; there may be millions, and copy.copy takes 20 µs."""
        state = object.__new__(State)
        state.__dict__.update(self.__dict__)
        state.is_start, state.is_ignorable, state.opened = True, False, ""
        return state


class GroupReader(ABC):
    """Follows the groups of one file; what words and texts mean is for the class built on it."""

    def __init__(self) -> None:
        self.state = State()
        self.captured: list[bytes] = []
        self._states: list[State] = []
        self._pending = bytearray()
        self._to_skip = 0

    @abstractmethod
    def word(self, word: str, number: int | None) -> None:
        """A control word that nothing stands for."""

    @abstractmethod
    def write(self, text: str) -> None:
        """Text in the destination of the current group."""

    @abstractmethod
    def end_group(self, ended: State) -> None:
        """The group around is the current one again."""

    def read(self, data: bytes) -> None:
        """Go through a whole file, once; `word`, `write` and `end_group` are called in its order."""
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

    def _control(self, token: Token) -> None:
        if token.kind == "brace":
            self._open() if token.value == b"{" else self._close()
        elif token.kind == "symbol":
            self._symbol(token.value)
        else:
            self._word(token.word, token.number)

    def _open(self) -> None:
        self._to_skip = 0
        self._states.append(self.state)
        self.state = self.state.inner()

    def _close(self) -> None:
        self._to_skip = 0
        if self._states:
            ended, self.state = self.state, self._states.pop()
            self.end_group(ended)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.state.is_ignorable = True
            return
        if self._to_skip:
            self._to_skip -= 1
        elif symbol in (b"\r", b"\n"):
            self.word("par", None)
        elif symbol in SYMBOLS:
            self.write(SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        if self._to_skip and word != "u":
            self._to_skip -= 1
        else:
            self.word(word, number)

    def unicode(self, number: int | None) -> None:
        """A character by its number, behind which readers of today skip what stands for it."""
        code = (number or 0) % 0x10000 if (number or 0) < 0 else min(number or 0, 0x10FFFF)
        self.write(chr(code))
        self._to_skip = self.state.skipped_after_unicode

    def _bytes(self, data: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(data))
            self._to_skip -= skipped
            data = data[skipped:]
        self.state.is_start = self.state.is_start and not data
        if self.state.destination == "pict":
            self.captured.append(data)
        else:
            self._pending += data

    def _hex(self, data: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif self.state.destination != "pict":
            self._pending += data

    def _binary(self, data: bytes) -> None:
        if self.state.destination == "pict":
            self.captured.append(data.hex().encode("ascii"))

    def _flush(self) -> None:
        if self._pending:
            self.write(self._pending.decode(self.state.codec, "replace"))
            self._pending.clear()
