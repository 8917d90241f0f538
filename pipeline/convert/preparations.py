"""How each format that is not read page by page is made ready for Docling."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.convert import properties
from pipeline.convert.html_file import prepare_html
from pipeline.convert.limits import refuse_characters
from pipeline.convert.markdown import prepare_markdown
from pipeline.convert.markdown_marks import write_marks
from pipeline.convert.office_file import inspect_office
from pipeline.convert.prepared import Prepared
from pipeline.settings.sections import ConversionSettings


def _markdown(data: bytes, settings: ConversionSettings) -> Prepared:
    body, found = prepare_markdown(data)
    refuse_characters(len(body.decode()), settings)
    return Prepared(body, found, write_marks)


def _office(data: bytes, settings: ConversionSettings) -> Prepared:
    inspect_office(data, settings)
    return Prepared(data, properties.from_office(data))


PREPARATIONS: dict[str, Callable[[bytes, ConversionSettings], Prepared]] = {
    "md": _markdown,
    "html": prepare_html,
    "docx": _office,
    "pptx": _office,
    "xlsx": _office,
}
