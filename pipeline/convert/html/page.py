"""An HTML page made ready for Docling: its charset found, parsed once, all that it shows put where Docling keeps it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from lxml import etree

from pipeline.convert import properties
from pipeline.convert.charset import declared_charset, decode
from pipeline.convert.html.forms import spell_out_forms
from pipeline.convert.html.inline import join_formatting
from pipeline.convert.html.links import add_addresses
from pipeline.convert.html.lists import number_lists
from pipeline.convert.html.pictures import PictureLines, read_pictures
from pipeline.convert.html.punctuation import restore_punctuation, shielded
from pipeline.convert.html.rewrite import (
    keep_what_is_shown,
    leave_out_hidden,
    leave_out_shapes,
    strip_marked,
    unwrap_wrappers,
)
from pipeline.convert.html.struck import mark_struck
from pipeline.convert.html.tables import mend_tables
from pipeline.convert.limits import refuse_characters
from pipeline.convert.prepared import Prepared
from pipeline.convert.properties import Found
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

MAX_DEPTH = 256  # libxml2's own limit; Docling takes quadratic time in the depth and gives up at about 400
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")  # lxml takes none of these as text
MAX_ATTRIBUTES = 5_000  # of one tag: libxml2 compares each with all before it
START_TAG = re.compile(r"<[A-Za-z](?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?+|[\"'])*+")
QUOTED = re.compile(r"=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)")
PARTS = re.compile(r"[^\s/=]++")
STEPS = (
    *(
        leave_out_shapes,
        unwrap_wrappers,
        keep_what_is_shown,
        spell_out_forms,
        mend_tables,
        add_addresses,
        mark_struck,
        strip_marked,
    ),
    *(number_lists, join_formatting),
)
"""Each changes the tree in place, in linear time."""


def prepare_html(data: bytes, settings: ConversionSettings, pictures: PictureLines) -> Prepared:
    """The page in UTF-8 for Docling. Raises PermanentError: no text, nested too deep, too many attributes, too long."""
    text, warnings = decode(data, declared_charset(data))
    page = parsed(text)
    if page is None:
        return Prepared(b"", Found(warnings=tuple(warnings)))
    refuse_depth(page)  # libxml2 leaves out what is nested deeper than 2,048
    found = properties.from_html(page)
    leave_out_hidden(page)
    read_pictures(page, pictures)
    for step in STEPS:
        step(page)
    refuse_depth(page)  # with the pages in frames
    refuse_characters(sum(map(len, page.itertext())), settings)
    known = Found(found.properties, (*warnings, *found.warnings, *pictures.warnings()))
    return Prepared(_serialised(page), known, restore_punctuation)


def parsed(text: str) -> etree._Element | None:
    """The page as browsers would nest it, without comments; None where there is nothing to parse.

    Raises PermanentError (UNSUPPORTED) for too many attributes.
    """
    refuse_attributes(text)
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True, default_doctype=False
    )
    try:
        page = etree.fromstring(CONTROL.sub("", text).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    return page


class _Tags(HTMLParser):
    """The most attributes that a tag has. It knows a script from a tag, and takes its time for that."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.most = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.most = max(self.most, len(attrs))


def refuse_attributes(text: str) -> None:
    """Raises PermanentError (UNSUPPORTED) for a tag with more attributes than anybody writes."""
    tags = (tag[0] for tag in START_TAG.finditer(text) if len(tag[0]) > MAX_ATTRIBUTES)
    if any(_parts(tag) > MAX_ATTRIBUTES for tag in tags) and _Tags(text).most > MAX_ATTRIBUTES:
        raise PermanentError(
            f"A tag of the page has more than {MAX_ATTRIBUTES} attributes: save it again from its program.",
            ErrorCode.UNSUPPORTED,
        )


def _parts(tag: str) -> int:
    """No fewer than the tag has attributes: names, and values without quotes."""
    return len(PARTS.findall(QUOTED.sub(" ", tag)))


def refuse_depth(page: etree._Element) -> None:
    """Raises PermanentError (UNSUPPORTED) for elements nested too deep."""
    depth = 0
    for event, _ in etree.iterwalk(page, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise PermanentError(
                f"The page's elements are nested more than {MAX_DEPTH} deep: save it again from its program.",
                ErrorCode.UNSUPPORTED,
            )


def _serialised(page: etree._Element) -> bytes:
    etree.strip_elements(page, "meta", "link", "base", with_tail=False)
    text = str(etree.tostring(page, encoding="unicode", method="html"))
    return f'<meta charset="utf-8">{shielded(text)}'.encode()
