"""The passages of an RTF file: its paragraphs, told from its control words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.convert.coverage.decoding import is_telling
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind

TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.I | re.S
)
NOT_TEXT = {
    *("fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "listtable", "listoverridetable", "rsidtbl"),
    *("themedata", "datastore", "latentstyles", "generator", "fldinst", "xmlnstbl", "listtext", "pntext", "nonshppict"),
    *(
        "bkmkstart",
        "bkmkend",
        "datafield",
        "filetbl",
        "revtbl",
        "pgptbl",
        "mmathPr",
        "objdata",
        "sp",
        "colorschememapping",
    ),
}
KINDS = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), (PassageKind.HEADER, None)),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), (PassageKind.FOOTER, None)),
    "footnote": (PassageKind.FOOTNOTE, None),
    "shptxt": (PassageKind.TEXT_BOX, None),
    "annotation": (PassageKind.COMMENT, LeftOut.COMMENT),
    "atnid": (PassageKind.COMMENT, LeftOut.COMMENT),
    "atnauthor": (PassageKind.COMMENT, LeftOut.COMMENT),
}
BREAKS = {"par", "line", "cell", "row", "page", "sect", "nestcell", "nestrow", "column"}
SIGNS = {
    **{"tab": " ", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’"},
    **{"ldblquote": "“", "rdblquote": "”", "~": " ", "_": "-", "\\": "\\", "{": "{", "}": "}"},
}
BINARY = re.compile(r"\\bin(\d{1,9})(?: |(?=\W))")
PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES)\b", re.I)
CODECS = {  # of the charsets of fonts
    **{"161": "cp1253", "162": "cp1254", "163": "cp1258", "177": "cp1255", "178": "cp1256", "186": "cp1257"},
    **{"204": "cp1251", "222": "cp874", "238": "cp1250"},
}
MAC_OR_DOS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}

CHARSETS = {"f", "plain", "ansicpg", *MAC_OR_DOS}


@dataclass
class _Group:
    kind: PassageKind = PassageKind.BODY
    left_out: LeftOut | None = None
    silent: bool = False
    deleted: bool = False
    fallback: int = 1
    in_fonts: bool = False
    codec: str = ""
    """Of the font; without one, the file's."""


@dataclass
class _Reader:
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    words: dict[tuple[PassageKind, LeftOut | None], list[str]] = field(default_factory=dict)
    numbers: dict[PassageKind, int] = field(default_factory=dict)
    encoding: str = "cp1252"
    fonts: dict[str, str] = field(default_factory=dict)
    font: str = ""
    """The one that the table of fonts is about to describe."""
    skip: int = 0
    starred: bool = False
    counts_pages: bool = False

    def passages(self, text: str) -> Iterator[Passage]:
        for token in TOKEN.finditer(text):
            yield from self._token(token)
        for key in list(self.words):
            yield from self._end(key)

    def _token(self, token: re.Match[str]) -> Iterator[Passage]:
        word, number, code, sign, brace, plain = token.groups()
        if brace == "{":
            self.groups.append(_Group(**vars(self.groups[-1])))
        elif brace == "}":
            closed = self._pop()
            if self._key(closed) != self._key(self.groups[-1]):
                yield from self._end(self._key(closed))
        elif word in BREAKS:
            yield from self._end(self._key(self.groups[-1]))
        elif word:
            self._control(word, number)
        elif code:
            encoding = self.groups[-1].codec or self.encoding
            self._say(bytes([int(code, 16)]).decode(encoding, "replace"), from_fallback=True)
        elif sign == "*":
            self.starred = True
        elif sign or plain:
            self._say(SIGNS.get(sign, "") if sign else plain, from_fallback=bool(plain))

    def _pop(self) -> _Group:
        self.starred, self.skip = False, 0
        return self.groups.pop() if len(self.groups) > 1 else self.groups[0]

    def _control(self, word: str, number: str | None) -> None:
        group = self.groups[-1]
        starred, self.starred = self.starred, False
        if word == "field":
            self.counts_pages = False
        elif word == "fldrslt":
            group.silent = self.counts_pages
        elif word in KINDS:
            group.kind, group.left_out = KINDS[word]
        elif word in ("upr", "ud"):  # twice: for old programs, and in Unicode
            group.silent = word == "upr"
        elif group.in_fonts:
            self._describe_font(word, number)
        elif word in NOT_TEXT or (starred and word not in ("shpinst", "shptxt")):
            group.silent, group.in_fonts = True, word == "fonttbl"
        elif word == "u" and number:
            self._say(chr(int(number) % 65_536))
            self.skip = group.fallback
        elif word == "uc" and number:
            group.fallback = int(number)
        elif word == "deleted":
            group.deleted = number != "0"
        elif word in CHARSETS:
            self._charset(word, number)
        elif word in SIGNS:
            self._say(SIGNS[word])

    def _charset(self, word: str, number: str | None) -> None:
        if word in ("f", "plain"):
            self.groups[-1].codec = self.fonts.get(number or "", "") if word == "f" else ""
        elif word == "ansicpg":
            self.encoding = f"cp{number}" if is_telling(f"cp{number}") else "cp1252"
        else:
            self.encoding = MAC_OR_DOS[word]

    def _describe_font(self, word: str, number: str | None) -> None:
        if word == "f":
            self.font = number or ""
        elif word == "fcharset" and number in CODECS:
            self.fonts[self.font] = CODECS[number]

    def _say(self, text: str, *, from_fallback: bool = False) -> None:
        if from_fallback and self.skip:
            text, self.skip = text[self.skip :], max(0, self.skip - len(text))
        if self.groups[-1].silent:
            self.counts_pages |= PAGE_FIELD.match(text) is not None
        elif text:
            self.words.setdefault(self._key(self.groups[-1]), []).append(text)

    def _key(self, group: _Group) -> tuple[PassageKind, LeftOut | None]:
        return (PassageKind.DELETED, LeftOut.DELETED) if group.deleted else (group.kind, group.left_out)

    def _end(self, key: tuple[PassageKind, LeftOut | None]) -> Iterator[Passage]:
        kind, left_out = key
        if text := "".join(self.words.pop(key, ())).strip():
            number = self.numbers[kind] = self.numbers.get(kind, 0) + 1
            place = f"{'paragraph' if kind == PassageKind.BODY else kind.replace('_', ' ')} {number}"
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            yield Passage(kind, place, text, left_out)


def rich_text_passages(data: bytes) -> Iterator[Passage]:
    """Pictures and embedded objects of an RTF file are not looked at."""
    yield from _Reader().passages("".join(_without_binaries(data.decode("latin-1"))))


def _without_binaries(text: str) -> Iterator[str]:
    """A picture may stand there as so many bytes, whatever they look like."""
    begin = 0
    while found := BINARY.search(text, begin):
        yield text[begin : found.start()]
        begin = found.end() + int(found[1])
    yield text[begin:]
