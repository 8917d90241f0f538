"""How each format that is not read page by page is made ready for Docling."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.convert import properties
from pipeline.convert.html_file import believable_charset, inspect_html
from pipeline.convert.limits import refuse_characters
from pipeline.convert.markdown import prepare_markdown
from pipeline.convert.office_file import inspect_office
from pipeline.convert.prepared import Prepared
from pipeline.settings.sections import ConversionSettings


def _markdown(data: bytes, settings: ConversionSettings) -> Prepared:
    body, found = prepare_markdown(data)
    refuse_characters(len(body.decode()), settings)
    return Prepared(body, found)


def _html(data: bytes, _: ConversionSettings) -> Prepared:
    inspect_html(data)
    body = believable_charset(data)
    return Prepared(body, properties.from_html(body))


def _office(data: bytes, settings: ConversionSettings) -> Prepared:
    inspect_office(data, settings)
    return Prepared(data, properties.from_office(data))


PREPARATIONS: dict[str, Callable[[bytes, ConversionSettings], Prepared]] = {
    "md": _markdown,
    "html": _html,
    "docx": _office,
    "pptx": _office,
    "xlsx": _office,
}
