"""Text of documents, made harmless for the place that shows it: one function for each place.

Names, titles and messages come from whoever wrote a document. A terminal obeys escape sequences, a page obeys markup,
and characters that turn the direction of writing make a name read as another.
"""

from __future__ import annotations

import html
import json
import re
import textwrap

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but for tabulator and newline; C1 begins sequences as ESC [ does
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # directions of writing
    "\u2028\u2029\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_LUIGID_COLUMNS = 70
_BREAKS = re.compile(r"[^\S ]+")


def one_line(text: str) -> str:
    r"""A name or message for one line of a terminal or log: what is not printed is written out, as \x1b is.

    Spaces stay as many as they are: a name that is shown can be typed.
    """
    line = " ".join(filter(None, map(str.strip, _BREAKS.split(text))))
    return line if line.isprintable() else "".join(each if each.isprintable() else _written(each) for each in line)


def for_terminal(text: str) -> str:
    """Text of several lines for a terminal: what a terminal would obey is written out."""
    return _OBEYED.sub(lambda match: _written(match.group()), text)


def for_page(value: object) -> object:
    """What a template puts into a page, for jinja2's `finalize`, which escapes it after this; markup stays as it is."""
    return for_terminal(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def for_html(text: str) -> str:
    """Text between tags or in an attribute of HTML that is put together without a template."""
    return html.escape(for_terminal(text))


def for_luigid(message: str) -> str:
    """A status message of a task: luigid's page puts it into the page as HTML, in a box that wraps no lines."""
    return html.escape("\n".join(textwrap.wrap(one_line(message), _LUIGID_COLUMNS, break_on_hyphens=False)))


def for_json(document: str) -> str:
    r"""JSON that a terminal may show: what it would obey is written as \u202e is, which is the same JSON."""
    return _OBEYED.sub(lambda match: json.dumps(match.group())[1:-1], document)


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode()
