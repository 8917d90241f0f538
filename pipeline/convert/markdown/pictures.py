"""What pictures that a Markdown file holds itself show, put behind them; pictures elsewhere are not fetched."""

from __future__ import annotations

import re

from pipeline.convert.html.pictures import PictureLines, picture_data

DEFINED = re.compile(r"^ {0,3}\[([^\]\n]+)\]:[ \t]*<?(data:image/[^\s>]+)", re.M | re.I)
PICTURE = re.compile(
    r"!\[(?P<alt>[^\]\n]*)\](?:\([ \t]*<?(?P<address>data:image/[^\s)>]+)[^)\n]*\)|\[(?P<name>[^\]\n]*)\])?"
    r"|<img\b[^<>]*?\bsrc\s*=\s*[\"']?(?P<source>data:image/[^\"'\s>]+)[^<>]*>",
    re.I,
)
PLAIN = re.compile(r"[\w\s]")


class Pictures:
    """The pictures of one text, which may be defined at another place of it."""

    def __init__(self, text: str, reader: PictureLines) -> None:
        self._defined = {name.casefold(): address for name, address in DEFINED.findall(text)}
        self._reader = reader

    def written_out(self, text: str) -> str:
        """A piece of the text without code, with the words of its pictures behind them."""
        return PICTURE.sub(self._with_words, text)

    def _with_words(self, found: re.Match[str]) -> str:
        name = (found["name"] or found["alt"] or "").casefold()
        address = found["address"] or found["source"] or self._defined.get(name, "")
        data = picture_data(address) if address else b""
        lines = [_literal(line) for line in self._reader.lines(data)] if data else []
        if not lines:
            return found[0]
        if _is_alone(found):
            return "\n\n".join([found[0], *lines]) + "\n\n"
        return f"{found[0]} {' '.join(lines)}"


def _is_alone(found: re.Match[str]) -> bool:
    """On a line that begins with it: not in a list, a quotation or a table."""
    text = found.string
    start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
    return start == found.start() and not text[found.end() : end if end >= 0 else len(text)].strip()


def _literal(line: str) -> str:
    """Nothing in it is markup."""
    return "".join(sign if PLAIN.match(sign) else f"&#{ord(sign)};" for sign in line)
