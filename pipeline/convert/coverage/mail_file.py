"""The passages of EML, MHTML and MSG: subject, people, text, and attached files."""

from __future__ import annotations

import email
import email.policy
import io
import mimetypes
import posixpath
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart

from oxmsg import Message

from pipeline.convert.coverage.drawings import ReadFile
from pipeline.convert.coverage.passages import Passage, PassageKind, moved_into
from pipeline.convert.coverage.pictures import pictures
from pipeline.convert.coverage.plain_text import text_passages
from pipeline.convert.coverage.web_page import page_passages

HEADERS = ("subject", "from", "to", "cc", "date")


def mail_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    for name in HEADERS[:1]:
        yield Passage(PassageKind.MAIL_HEADER, name, str(message.get(name, "")))
    body = message.get_body(("html", "plain"))
    if body is not None:
        yield from _body(_content(body), is_html=body.get_content_subtype() == "html")
    for number, part in enumerate(message.iter_attachments() if message.is_multipart() else (), 1):
        if part.get_content_maintype() == "image" and part.get("content-id"):
            continue  # a picture in the text
        name = part.get_filename() or ""
        yield from _attached(number, name, name or _name_of(part), _content(part), read_file)
    yield from _inline_pictures(message)


def archive_passages(data: bytes, _: ReadFile) -> Iterator[Passage]:
    """A web page saved with what belongs to it: its first page of HTML."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages = (part for part in message.walk() if part.get_content_type() == "text/html")
    if (page := next(pages, None)) is not None:
        yield from page_passages(_content(page))
    yield from pictures(_content(part) for part in message.walk() if part.get_content_maintype() == "image")


def _inline_pictures(message: EmailMessage) -> Iterator[Passage]:
    """Pictures in the text, of this message and not of those attached to it."""
    pending: list[MIMEPart] = [message]
    found = []
    while pending:
        part = pending.pop()
        if part.get_content_maintype() == "image" and part.get("content-id"):
            found.append(_content(part))
        elif part.is_multipart() and part.get_content_type() != "message/rfc822":
            pending += reversed(list(part.iter_parts()))
    yield from pictures(found)


def outlook_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    message = Message.load(io.BytesIO(data))
    yield Passage(PassageKind.MAIL_HEADER, "subject", message.subject or "")
    yield from _body((message.html_body or message.body or "").encode(), is_html=bool(message.html_body))
    for number, attachment in enumerate(message.attachments, 1):
        name = attachment.file_name or ""
        yield from _attached(number, name, name, attachment.file_bytes or b"", read_file)


def _body(data: bytes, *, is_html: bool) -> Iterator[Passage]:
    yield from page_passages(data) if is_html else text_passages(data)


def _attached(number: int, name: str, kind_name: str, data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    """The name, which the text has, then what the file says. `kind_name` only tells its kind."""
    place = f"attachment {number}"
    yield Passage(PassageKind.ATTACHMENT, place, posixpath.basename(name.replace("\\", "/")))
    found = read_file(data, kind_name.rpartition(".")[2].lower())
    none = [Passage.uncounted(PassageKind.ATTACHMENT, place)]
    yield from none if found is None else moved_into(found, PassageKind.ATTACHMENT, place)


def _name_of(part: EmailMessage | MIMEPart) -> str:
    """A name for an attached file without one, which says what it is."""
    kind = part.get_content_type()
    return "letter.eml" if kind == "message/rfc822" else f"file{mimetypes.guess_extension(kind) or ''}"


def _content(part: EmailMessage | MIMEPart) -> bytes:
    """The bytes of a part, those of text in UTF-8; an attached message is its source."""
    if part.get_content_maintype() == "text":
        return str(part.get_content(errors="replace")).encode("utf-8", "replace")
    if part.get_content_type() == "message/rfc822":
        return bytes(part.get_content())
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
