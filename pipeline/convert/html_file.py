"""An HTML file as such: is it nested deeper than can be converted. Reads no text."""

from __future__ import annotations

from lxml import etree

from pipeline.errors import ErrorCode, PermanentError

MAX_DEPTH = 256  # libxml2's own limit; Docling takes quadratic time in the depth and gives up at about 400


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
