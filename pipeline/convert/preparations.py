"""How each format that is not read page by page is made ready for Docling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pipeline.convert.epub import read_epub
from pipeline.convert.html.page import prepare_html
from pipeline.convert.legacy_office.libreoffice import SUCCESSOR, modernised
from pipeline.convert.limits import refuse_characters
from pipeline.convert.mail.message import read_message
from pipeline.convert.mail.mhtml import read_mhtml
from pipeline.convert.mail.msg import as_mime
from pipeline.convert.markdown.preparation import prepare_markdown
from pipeline.convert.office.prepare import prepare_office
from pipeline.convert.pictures import PictureReader
from pipeline.convert.prepared import Prepared
from pipeline.convert.properties import Found
from pipeline.convert.web_page import WebPage
from pipeline.settings.sections import ConversionSettings

Preparation = Callable[[bytes, ConversionSettings], Prepared]


def _markdown(data: bytes, settings: ConversionSettings) -> Prepared:
    body, found = prepare_markdown(data, PictureReader(settings))
    refuse_characters(len(body.decode()), settings)
    return Prepared(body, found)


def _legacy(kind: str) -> Preparation:
    """LibreOffice's version of the file goes the way of the format that followed."""

    def prepare(data: bytes, settings: ConversionSettings) -> Prepared:
        successor = SUCCESSOR[kind]
        modern = modernised(data, kind)
        prepared = PREPARATIONS[successor](modern, settings)
        known = prepared.found.properties.model_copy(update={"language": None})  # that of LibreOffice's profile
        return replace(prepared, found=Found(known, prepared.found.warnings), kind=successor, modern=modern)

    return prepare


def countable(data: bytes, kind: str) -> tuple[bytes, str]:
    """A file and its kind as text coverage counts it. Raises PermanentError where LibreOffice is missing or fails."""
    return (modernised(data, kind), SUCCESSOR[kind]) if kind in SUCCESSOR else (data, kind)


def _page(read: Callable[[bytes, ConversionSettings], WebPage]) -> Preparation:
    """What is read as one web page goes the way of HTML; what the page says of itself is known already."""

    def prepare(data: bytes, settings: ConversionSettings) -> Prepared:
        page = read(data, settings)
        html = PREPARATIONS["html"](page.data, settings)
        found = Found(page.found.properties, (*page.found.warnings, *html.found.warnings))
        return replace(html, found=found, kind="html", attached=page.attached)

    return prepare


PREPARATIONS: dict[str, Preparation] = {
    "md": _markdown,
    "html": lambda data, settings: prepare_html(data, settings, PictureReader(settings)),
    "docx": partial(prepare_office, kind="docx"),
    "pptx": partial(prepare_office, kind="pptx"),
    "xlsx": partial(prepare_office, kind="xlsx"),
    **{kind: _legacy(kind) for kind in SUCCESSOR},
    "eml": _page(read_message),
    "msg": _page(lambda data, settings: read_message(as_mime(data, settings), settings)),
    "mhtml": _page(read_mhtml),
    "epub": _page(read_epub),
}
