"""A message that Outlook saved (MSG), as the same message in MIME."""

from __future__ import annotations

from email.generator import BytesGenerator
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from io import BytesIO
from typing import Any

from oxmsg import Message as OutlookMessage
from oxmsg.properties import Properties

from pipeline.convert.charset import decode_as
from pipeline.convert.mail.compressed_rtf import decompressed
from pipeline.convert.rtf.document import read_rtf
from pipeline.convert.text_export import text_of
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

BODY, HTML, COMPRESSED_RTF = 0x1000, 0x1013, 0x1009
RECIPIENT_TYPE = 0x0C15
HEADER_OF_TYPE = {2: "Cc", 3: "Bcc"}
ATTACHED_NAME, ATTACHED_SHORT_NAME, ATTACHED_TITLE, CONTENT_ID = 0x3707, 0x3704, 0x3001, 0x3712
EMBEDDED_MESSAGE = "__substg1.0_3701000D"
EMBEDDED_HEADER_BYTES = 24
MAX_DEPTH = 5


def as_mime(data: bytes, settings: ConversionSettings) -> bytes:
    """Raises PermanentError (CORRUPT)."""
    try:
        message = _converted(OutlookMessage.load(data), settings, 0)
    except (MemoryError, PermanentError):
        raise
    except Exception as error:  # of every kind, from a library that was made for good files
        raise PermanentError("The MSG file cannot be opened: save it again in Outlook.", ErrorCode.CORRUPT) from error
    return _bytes(message)


def _converted(outlook: OutlookMessage, settings: ConversionSettings, depth: int) -> EmailMessage:
    message = EmailMessage()
    _set_headers(message, outlook)
    _set_body(message, outlook.properties, settings)
    for attachment in outlook.attachments:
        _attach(message, attachment, settings, depth)
    return message


def _set_headers(message: EmailMessage, outlook: OutlookMessage) -> None:
    recipients: dict[str, list[str]] = {}
    for recipient in outlook.recipients:
        kind = HEADER_OF_TYPE.get(recipient.properties.int_prop_value(RECIPIENT_TYPE) or 0, "To")
        recipients.setdefault(kind, []).append(formataddr((recipient.name or "", recipient.email_address or "")))
    values = {"Subject": outlook.subject, "From": outlook.sender or ""}
    values |= {kind: ", ".join(people) for kind, people in recipients.items()}
    if outlook.sent_date:
        values["Date"] = format_datetime(outlook.sent_date)
    for name, value in values.items():
        if text := " ".join(value.split()):
            message.add_header(name, text)


def _set_body(message: EmailMessage, properties: Properties, settings: ConversionSettings) -> None:
    plain = _text(properties, BODY)
    page = _html(properties)
    if not plain.strip() and not page.strip() and (rtf := properties.binary_prop_value(COMPRESSED_RTF)):
        plain = text_of(read_rtf(decompressed(rtf), settings).document)
    message.set_content(plain)
    if page.strip():
        message.add_alternative(page, subtype="html")


def _html(properties: Properties) -> str:
    if data := properties.binary_prop_value(HTML):
        return decode_as(data, _code_page(properties))
    return _text(properties, HTML)


def _code_page(properties: Properties) -> str:
    try:
        return properties.body_encoding
    except (LookupError, ValueError):
        return "ascii"


def _attach(message: EmailMessage, attachment: Any, settings: ConversionSettings, depth: int) -> None:
    properties = attachment.properties
    names = (ATTACHED_NAME, ATTACHED_SHORT_NAME, ATTACHED_TITLE)
    name = next((text for number in names if (text := _text(properties, number))), "")
    inner = _embedded(attachment)
    if inner is not None and depth < MAX_DEPTH:
        message.add_attachment(_converted(inner, settings, depth + 1))
        return
    main, _, sub = (attachment.mime_type or "").partition("/")
    identifier = _text(properties, CONTENT_ID)
    message.add_attachment(
        attachment.file_bytes or b"",
        maintype=main if main not in ("", "message", "multipart", "text") else "application",
        subtype=sub or "octet-stream",
        filename=name or None,
        cid=f"<{identifier}>" if identifier else None,
    )


def _embedded(attachment: Any) -> OutlookMessage | None:
    """A message that is attached as a storage of its own, whose properties have a shorter head."""
    for storage in attachment._storage.storages:
        if storage.path.endswith(EMBEDDED_MESSAGE):
            return _Embedded(storage)
    return None


class _Embedded(OutlookMessage):
    @property
    def properties(self) -> Properties:
        return Properties(self._storage, properties_header_offset=EMBEDDED_HEADER_BYTES)


def _text(properties: Properties, number: int) -> str:
    try:
        text = properties.str_prop_value(number) or ""
    except (LookupError, ValueError):
        return ""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _bytes(message: EmailMessage) -> bytes:
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, maxheaderlen=0).flatten(message)
    return buffer.getvalue()
