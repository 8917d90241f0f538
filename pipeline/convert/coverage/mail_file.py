"""The passages of EML, MHTML and MSG: subject, people, text, and attached files."""

from __future__ import annotations

import email
import email.policy
import functools
import io
import mimetypes
import posixpath
from collections.abc import Iterator
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from typing import Any

from oxmsg import Message
from oxmsg.properties import Properties

from pipeline.convert.coverage.decoding import text_of
from pipeline.convert.coverage.drawings import ReadFile
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind, moved_into
from pipeline.convert.coverage.pictures import pictures
from pipeline.convert.coverage.plain_text import text_passages
from pipeline.convert.coverage.web_page import page_passages

PEOPLE = ("from", "to", "cc", "date")
PAGES = ("text/html", "application/xhtml+xml")
SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
LETTER = "__substg1.0_3701000D"  # what an Outlook message keeps an attached one under
CONTENT_ID = 0x3712
HEAD_OF_ATTACHED = 24  # bytes
MAX_LETTERS = 3  # in each other
MAX_HEADER = 100_000  # characters; Python takes quadratic time for each
MAX_DESCRIPTION = 2_000
KEPT_HEADERS = 1_000  # which are asked for again and again
_headers = HeaderRegistry()


def _policy() -> EmailPolicy[EmailMessage]:
    """Cuts headers, and parses each once; what it keeps ends with the message."""
    header = functools.lru_cache(maxsize=KEPT_HEADERS)(_headers)

    def short(name: str, value: str) -> BaseHeader:
        return header(name, value[: MAX_DESCRIPTION if name.lower().startswith("content-") else MAX_HEADER])

    return email.policy.default.clone(header_factory=short)


def mail_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    """Headers, the body (HTML rather than plain), and attachments of an EML or MHTML, as `read_file` reads them."""
    message = email.message_from_bytes(data, policy=_policy())
    yield Passage(PassageKind.MAIL_HEADER, "subject", str(message.get("subject", "")))
    for name in PEOPLE:
        yield Passage(PassageKind.MAIL_HEADER, name, f"{name} {message.get(name, '')}", LeftOut.PROPERTIES)
    body = message.get_body(("html", "plain"))
    if body is not None:
        yield from _body(_content(body), is_html=body.get_content_subtype() == "html")
    for number, part in enumerate(message.iter_attachments() if message.is_multipart() else (), 1):
        if part.get_content_maintype() == "image" and part.get("content-id"):
            continue  # a picture in the text
        if part.get_content_type() in SIGNATURES:
            continue
        name = part.get_filename() or ""
        yield from _attached(number, name, name or _name_of(part), _content(part), read_file)
    yield from _inline_pictures(message)


def archive_passages(data: bytes, _: ReadFile) -> Iterator[Passage]:
    """A web page saved with what belongs to it: its pages, and its frames, and its pictures."""
    message = email.message_from_bytes(data, policy=_policy())
    for part in message.walk():
        if part.get_content_type() in PAGES:
            yield from page_passages(_content(part))
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
    """The same of an MSG; letters within letters are followed to a depth of `MAX_LETTERS`."""
    yield from _outlook(Message.load(io.BytesIO(data)), read_file, MAX_LETTERS)


def _outlook(message: Message, read_file: ReadFile, letters: int) -> Iterator[Passage]:
    yield Passage(PassageKind.MAIL_HEADER, "subject", message.subject or "")
    yield from _body((message.html_body or message.body or "").encode(), is_html=bool(message.html_body))
    inline = []
    for number, attachment in enumerate(message.attachments, 1):
        name, data = attachment.file_name or "", attachment.file_bytes or b""
        letter = next((storage for storage in _storages(attachment) if LETTER in storage.path), None)
        if letter is not None and letters:
            inner = list(_outlook(_Attached(letter), read_file, letters - 1))
            yield from moved_into(inner, PassageKind.ATTACHMENT, f"attachment {number}")
        elif (attachment.mime_type or "").startswith("image/") and attachment.properties.str_prop_value(CONTENT_ID):
            inline.append(data)
        else:
            yield from _attached(number, name, name, data, read_file)
    yield from pictures(inline)


def _storages(attachment: Any) -> Any:
    return attachment._storage.storages


class _Attached(Message):
    """A letter in a letter, whose properties begin elsewhere."""

    @property
    def properties(self) -> Properties:
        return Properties(self._storage, properties_header_offset=HEAD_OF_ATTACHED)


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
    if part.get_content_type() == "message/rfc822":
        return bytes(part.get_content())
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if part.get_content_maintype() == "text":
        return text_of(data, part.get_content_charset("")).encode("utf-8", "replace")
    return data
