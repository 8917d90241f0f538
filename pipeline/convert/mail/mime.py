"""MIME as mail programs write it, read without trust: charsets that do not exist, headers in any encoding."""

from __future__ import annotations

import email
import mimetypes
from collections.abc import Iterator
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

from pipeline.convert.charset import decode_as
from pipeline.errors import ErrorCode, PermanentError

MAX_HEADER = 20_000  # characters
MAX_DESCRIPTION = 2_000
MAX_DEPTH = 50  # of parts
EXTENSION_OF_TYPE = {
    "message/rfc822": "eml",
    "text/html": "html",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/markdown": "md",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "image/jpeg": "jpg",
}


class _Short(Compat32):
    """Headers that describe a part are cut: Python takes squared time for their parameters, each time it is asked."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_DESCRIPTION] if name.lower().startswith("content-") else value


def parse(data: bytes) -> Message:
    """Raises PermanentError (UNSUPPORTED) for a message nested deeper than can be read."""
    try:
        message = email.message_from_bytes(data, policy=_Short())
    except RecursionError:
        raise _too_deep() from None
    parts, depth = [message], 0
    while parts:
        parts = [inner for part in parts for inner in _inner(part)]
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
    return message


def _inner(part: Message) -> list[Message]:
    content = part.get_payload()
    return [entry for entry in content if isinstance(entry, Message)] if isinstance(content, list) else []


def _too_deep() -> PermanentError:
    return PermanentError(
        "The message has too many parts inside each other: save its attachments one by one.", ErrorCode.UNSUPPORTED
    )


def header(message: Message, name: str) -> str:
    """The header's text on one line; empty if there is none."""
    value = message.get(name)
    if value is None:
        return ""
    text = _decoded(str(value)[:MAX_HEADER])
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # bytes that nobody encoded
    return " ".join(text.split())


def date(message: Message) -> datetime | None:
    """When it was sent, if that can be told."""
    try:
        return parsedate_to_datetime(header(message, "date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def payload(part: Message) -> bytes:
    """What the part holds, decoded from its transfer encoding; for a message the message."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return inner[0].as_bytes() if isinstance(inner, list) and inner and isinstance(inner[0], Message) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def text_of(part: Message) -> str:
    """The text of a text part by its declared charset, if that is one and fits; else as any text file is read."""
    return decode_as(payload(part), part.get_content_charset() or "ascii")


def file_name(part: Message) -> str:
    """The name under which a part is attached; of a message its subject."""
    name = _decoded(part.get_filename() or "")
    inner = part.get_payload()
    if not name and part.get_content_type() == "message/rfc822" and isinstance(inner, list) and inner:
        name = header(inner[0], "subject") if isinstance(inner[0], Message) else ""
    return PurePosixPath(name.replace("\\", "/")).name


def extension(part: Message) -> str:
    """By the part's name, else by its type."""
    kind = part.get_content_type()
    suffix = PurePosixPath(file_name(part)).suffix.lower().lstrip(".") if kind != "message/rfc822" else ""
    return suffix or EXTENSION_OF_TYPE.get(kind) or (mimetypes.guess_extension(kind) or "").lstrip(".")


def leaves(part: Message) -> Iterator[Message]:
    """All parts that hold no parts; a message inside counts as one."""
    content = part.get_payload()
    if part.get_content_type() == "message/rfc822" or not part.is_multipart() or not isinstance(content, list):
        yield part
        return
    for inner in content:
        if isinstance(inner, Message):
            yield from leaves(inner)


def _decoded(value: str) -> str:
    """Encoded words (RFC 2047) as text; what is none stays as it is."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, TypeError):
        return value
