"""The gate for messages of foreign exceptions: no secret, no absolute path of this machine."""

from __future__ import annotations

import re
from urllib.parse import quote

from pipeline.errors.escaping import one_line

_QUOTED_PATH = re.compile(r"(?P<quote>['\"`])(?:file://)?(?:/|[A-Za-z]:\\)[^'\"`]*(?P=quote)")  # may hold blanks
_ABSOLUTE_PATH = re.compile(
    r"(?:file://|(?<![\w.:/])|(?<=:)(?=/[^/]))(?:/[^\s'\"/:]+){2,}/?|(?:\b[A-Za-z]:|\B\\)\\[^\s'\"]+"
)
_URL_CREDENTIALS = re.compile(r"(\w+://)\S*@")  # a password may hold slashes and more of these
_MAX_LENGTH = 300


def sanitise(message: str, secrets: tuple[str, ...] = (), max_length: int = _MAX_LENGTH) -> str:
    """One line of at most `max_length` characters without secrets, URL credentials or absolute paths of this machine.

    >>> sanitise("cannot open /home/ana/data/x.pdf")
    'cannot open …/x.pdf'
    """
    text = one_line(message)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    text = without_password(text)
    text = _QUOTED_PATH.sub(lambda match: f"{match['quote']}{_last_part(match.group()[1:-1])}{match['quote']}", text)
    text = _ABSOLUTE_PATH.sub(lambda match: _last_part(match.group()), text)
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def without_password(text: str) -> str:
    """Addresses without what stands before their last @: a name, and a password that may hold anything but a blank."""
    return _URL_CREDENTIALS.sub(r"\1***@", text)


def _last_part(path: str) -> str:
    return "…/" + re.split(r"[/\\]", path.rstrip("/"))[-1]
