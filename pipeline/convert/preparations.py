"""How each format that is not read page by page is made ready for Docling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bs4.dammit import UnicodeDammit
from lxml import etree

from pipeline.convert import properties
from pipeline.convert.html_file import believable_charset, inspect_html
from pipeline.convert.html_inline import join_formatting
from pipeline.convert.limits import refuse_characters
from pipeline.convert.markdown import prepare_markdown
from pipeline.convert.office.prepare import prepare_office
from pipeline.convert.prepared import Prepared
from pipeline.settings.sections import ConversionSettings


def _markdown(data: bytes, settings: ConversionSettings) -> Prepared:
    body, found = prepare_markdown(data)
    refuse_characters(len(body.decode()), settings)
    return Prepared(body, found)


def _html(data: bytes, _: ConversionSettings) -> Prepared:
    inspect_html(data)
    body = believable_charset(data)
    return Prepared(_joined(body), properties.from_html(body))


def _joined(page: bytes) -> bytes:
    """The page in UTF-8, its formatting taken off."""
    text = UnicodeDammit(page, is_html=True).unicode_markup or ""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        tree = None
    if tree is None:  # nothing in it that a parser would call an element
        return page
    join_formatting(tree)
    return b'<meta charset="utf-8">' + bytes(etree.tostring(tree, encoding="utf-8", method="html"))


PREPARATIONS: dict[str, Callable[[bytes, ConversionSettings], Prepared]] = {
    "md": _markdown,
    "html": _html,
    "docx": partial(prepare_office, kind="docx"),
    "pptx": partial(prepare_office, kind="pptx"),
    "xlsx": partial(prepare_office, kind="xlsx"),
}
