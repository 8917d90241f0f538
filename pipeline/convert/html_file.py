"""An HTML file as such: is it nested deeper than can be converted, is its charset possible. Reads no text."""

from __future__ import annotations

import re

from lxml import etree

from pipeline.errors import ErrorCode, PermanentError

MAX_DEPTH = 256  # libxml2's own limit; Docling takes quadratic time in the depth and gives up at about 400
HEAD_BYTES = 1024  # where a charset may be declared
WIDE_CHARSET = re.compile(rb"(?<=charset=)([\"']?)utf-?(?:16|32)\w*", re.I)


def believable_charset(data: bytes) -> bytes:
    """The page; a declared UTF-16 that can be read as ASCII is none: UTF-8, as HTML (13.2.3.2) has it."""
    return WIDE_CHARSET.sub(rb"\1utf-8", data[:HEAD_BYTES]) + data[HEAD_BYTES:]


def inspect_html(data: bytes) -> None:
    """Raises PermanentError (UNSUPPORTED) for elements nested too deep. Milliseconds for a megabyte."""
    parser = etree.HTMLParser(no_network=True)
    try:
        etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # nothing in it that a parser would call an element
        return
    if any("Excessive depth" in error.message for error in parser.error_log):
        raise PermanentError(
            f"The page's elements are nested more than {MAX_DEPTH} deep: save it again from its program.",
            ErrorCode.UNSUPPORTED,
        )
