"""Markdown that marko 2.2 would take quadratic time for, written so that it takes linear time and shows the same text.

Nobody writes such Markdown; damaged exports and attackers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST = {"[": 300, "`": 600, "<!": 100, "<?": 100, "*": 1500, "_": 1500}  # in one paragraph, list item or row
MOST_DEFINITIONS = 200  # of links, one below the other: marko reads to the end of them for each
MOST_BLANKS = 100  # in a row; also ends lists that are nested ever deeper
MOST_BACKTICKS = 30
MOST_LEVELS = 50  # of quotes, lists and lists in quotes that begin in one line
BLANKS = re.compile(rf"[ \t]{{{MOST_BLANKS + 1},}}")
BACKTICKS = re.compile(rf"`{{{MOST_BACKTICKS + 1},}}")
LEVEL = r"(?:[ ]{0,3}+(?:>[ \t]?+|(?:[-+*]|\d{1,9}[.)])[ \t]))"
LEVELS = re.compile(rf"^({LEVEL}{{{MOST_LEVELS}}}){LEVEL}+", re.M)
DEFINITION = re.compile(r"^( {0,3}\[[^\]\n]+\]:[^\n]*\n)(?= {0,3}\[[^\]\n]+\]:)", re.M)
NEW_BLOCK = re.compile(r"\s*(?:[-+*#>|]|\d{1,9}[.)]|\[[^\]]*\]:|\Z)|[^|]*\|")
MARKUP = re.compile(r"[\[\]`*_~]|<(?=[!?])")


def bounded(text: str) -> str:
    """The text with runs cut short, and without links and emphasis where a paragraph has hundreds of their marks."""
    text = BLANKS.sub(" " * MOST_BLANKS, text)
    text = BACKTICKS.sub(lambda run: "&#96;" * len(run.group()), text)
    text = LEVELS.sub(r"\1", text)
    if text.count("]:") > MOST_DEFINITIONS:
        text = DEFINITION.sub(r"\1\n", text)  # a blank line between two means nothing
    if not _has_too_many(text):
        return text
    return "".join(_plain(block) if _has_too_many(block) else block for block in _blocks(text))


def _has_too_many(text: str) -> bool:
    return any(text.count(mark) > most for mark, most in MOST.items())


def _blocks(text: str) -> Iterator[str]:
    """The text in pieces, each no less than a paragraph, list item or row."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if lines and NEW_BLOCK.match(line):
            yield "".join(lines)
            lines = []
        lines.append(line)
    yield "".join(lines)


def _plain(block: str) -> str:
    return MARKUP.sub(lambda character: f"&#{ord(character.group())};", block)
