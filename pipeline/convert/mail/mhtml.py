"""A web page saved with its pictures and frames as one message (RFC 2557)."""

from __future__ import annotations

from email.message import Message
from urllib.parse import urljoin

from pipeline.convert.limits import refuse_unpacked
from pipeline.convert.mail import mime
from pipeline.convert.properties import Found, from_html, validated
from pipeline.convert.web_page import WebPage, body_of, page_of, parsed_page, with_pictures
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings


def read_mhtml(data: bytes, settings: ConversionSettings) -> WebPage:
    """The page, then its frames. Raises PermanentError."""
    refuse_unpacked(len(data), settings)
    message = mime.parse(data)
    parts = list(mime.leaves(message))
    pages = [part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    if not pages:
        raise PermanentError("The file holds no web page: save the page again.", ErrorCode.CORRUPT)
    start = str(message.get_param("start") or "")
    pages.sort(key=lambda part: str(part.get("content-id")) != start)  # stable: in order but for the first
    pictures = _pictures(parts, str(pages[0].get("content-location", "")))
    sheets = "\n".join(mime.text_of(part) for part in parts if part.get_content_type() == "text/css")
    bodies = [with_pictures(body_of(_html(part), sheets), pictures) for part in pages]
    return WebPage(page_of(bodies), _properties(message, pages[0]))


def _html(part: Message) -> str | bytes:
    """Text by the charset of the part, else bytes, whose charset the page declares."""
    return mime.text_of(part) if part.get_content_charset() else mime.payload(part)


def _pictures(parts: list[Message], base: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in parts:
        if part.get_content_maintype() == "image":
            location = str(part.get("content-location", "")).strip()
            identifier = str(part.get("content-id", "")).strip().strip("<>")
            names = {location, urljoin(base, location), f"cid:{identifier}"}
            names |= {location.removeprefix(base.rpartition("/")[0] + "/")} if base else set()
            found |= dict.fromkeys(names - {"", "cid:"}, mime.payload(part))
    return found


def _properties(message: Message, page: Message) -> Found:
    """The page's own, then the subject and date of the saved file."""
    tree = parsed_page(_html(page))
    found = Found() if tree is None else from_html(tree)
    values: dict[str, object] = {"title": mime.header(message, "subject")}
    if date := mime.date(message):
        values["created_date"] = date
    outer = validated({field: value for field, value in values.items() if value}).properties
    missing = {field: value for field, value in outer if getattr(found.properties, field) in (None, ())}
    return Found(found.properties.model_copy(update=missing), found.warnings)
