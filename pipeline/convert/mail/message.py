"""A message as one page, subject, header and body, and the files attached to it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import getaddresses

from pipeline.convert.limits import refuse_unpacked
from pipeline.convert.mail import mime
from pipeline.convert.prepared import Attachment
from pipeline.convert.properties import Found, validated
from pipeline.convert.text import PARAGRAPH_BREAK, join_wrapped
from pipeline.convert.web_page import WebPage, body_of, page_of, with_pictures
from pipeline.errors import PermanentError
from pipeline.settings.sections import ConversionSettings

SHOWN_HEADERS = ("From", "To", "Cc", "Date")
SOFT_BREAK = re.compile(r"(?<!^--) \n(?!\n) ?", re.M)  # RFC 3676: a line that ends in a blank goes on
SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})


@dataclass
class _Content:
    """What a message holds, in order."""

    bodies: list[str] = field(default_factory=list)  # HTML
    attached: list[Message] = field(default_factory=list)
    inline: dict[str, Message] = field(default_factory=dict)  # pictures by the addresses that the HTML knows them by

    def settle(self) -> dict[str, bytes]:
        """The pictures that a text shows; others are attached like any file."""
        text = html.unescape("".join(self.bodies))
        self.attached += [part for address, part in self.inline.items() if address not in text]
        return {address: mime.payload(part) for address, part in self.inline.items() if address in text}


def read_message(data: bytes, settings: ConversionSettings) -> WebPage:
    """Raises PermanentError."""
    refuse_unpacked(len(data), settings)
    message = mime.parse(data)
    content = _Content()
    _collect(message, content)
    shown = content.settle()
    page = page_of([_head(message), *(with_pictures(body, shown) for body in content.bodies)])
    attached = [Attachment(mime.file_name(part), mime.payload(part), mime.extension(part)) for part in content.attached]
    return WebPage(page, _properties(message), attached)


def _head(message: Message) -> str:
    subject = mime.header(message, "subject")
    title = f"<h1>{html.escape(subject)}</h1>" if subject else ""
    shown = ((name, mime.header(message, name)) for name in SHOWN_HEADERS)
    return title + "".join(f"<p>{name}: {html.escape(value)}</p>" for name, value in shown if value)


def _collect(part: Message, content: _Content) -> None:
    kind = part.get_content_type()
    inner = part.get_payload()
    if part.is_multipart() and isinstance(inner, list) and kind != "message/rfc822":
        parts = [entry for entry in inner if isinstance(entry, Message)]
        if kind == "multipart/alternative":
            parts = _best(parts)
        for entry in parts:
            _collect(entry, content)
    elif kind in SIGNATURES:
        return
    elif (
        kind in ("text/html", "text/plain")
        and part.get_content_disposition() != "attachment"
        and not part.get_filename()
    ):
        content.bodies.append(_body(part))
    elif part.get("content-id") and kind.startswith("image/"):
        content.inline[f"cid:{str(part['content-id']).strip().strip('<>')}"] = part
    else:
        content.attached.append(part)


def _best(alternatives: list[Message]) -> list[Message]:
    """The one with HTML that says something, else the first that does; and what is no alternative of a text."""
    texts = [part for part in alternatives if any(_is_readable(leaf) for leaf in mime.leaves(part))]
    rich = [part for part in texts if any(leaf.get_content_type() == "text/html" for leaf in mime.leaves(part))]
    return (rich or texts)[:1] or alternatives[:1]


def _is_readable(part: Message) -> bool:
    kind = part.get_content_type()
    if kind == "text/plain":
        return bool(mime.text_of(part).strip())
    return kind == "text/html" and _is_html(mime.text_of(part))


def _is_html(text: str) -> bool:
    try:
        return bool(body_of(text).strip())
    except PermanentError:
        return False


def _body(part: Message) -> str:
    text = mime.text_of(part)
    if part.get_content_type() == "text/html":
        return body_of(text)
    if str(part.get_param("format", "")).lower() == "flowed":
        text = SOFT_BREAK.sub("" if str(part.get_param("delsp", "")).lower() == "yes" else " ", text)
    return "".join(_paragraphs(text))


def _paragraphs(text: str) -> Iterator[str]:
    """A plain text: wrapped lines are joined, others keep to themselves."""
    for paragraph in PARAGRAPH_BREAK.split(text):
        if paragraph.strip():
            lines = join_wrapped(paragraph.strip("\n")).split("\n")
            yield "".join(f"<p>{html.escape(line)}</p>" for line in lines if line.strip())


def _properties(message: Message) -> Found:
    """Subject, sender and date, as title, author and date of creation."""
    values: dict[str, object] = {
        "title": mime.header(message, "subject"),
        "tags": mime.header(message, "keywords"),
        "language": mime.header(message, "content-language").split(",")[0],
    }
    for name, address in getaddresses([mime.header(message, "from")])[:1]:
        values["author"] = name or address
    if date := mime.date(message):
        values["created_date"] = date
    return validated({field: value for field, value in values.items() if value})
