"""RTF as a stream of tokens. Knows the syntax, and nothing of what words mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,64})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<symbol>[^A-Za-z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\"
)


class Token(NamedTuple):
    """`kind` is word, hex, symbol, brace, text or binary."""

    kind: str
    value: bytes
    number: int | None = None

    @property
    def word(self) -> str:
        return self.value.decode("ascii") if self.kind == "word" else ""


def tokens(data: bytes) -> Iterator[Token]:
    """All tokens in order; binary data has the length that its word tells."""
    position = 0
    while match := TOKEN.match(data, position):
        position = match.end()
        kind = match.lastgroup
        if kind == "number":
            number = int(match["number"])
            yield Token("word", match["word"], number)
            if match["word"] == b"bin" and number > 0:
                yield Token("binary", data[position : position + number])
                position += number
        elif kind == "hex":
            yield Token("hex", bytes.fromhex(match["hex"].decode("ascii")))
        elif kind:
            yield Token(kind, match[kind])
