"""Pictures that stand in the midst of a content (ISO 32000, 8.9.7) instead of in streams of their own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pikepdf

from pipeline.convert.pdf_content.malformed import MALFORMED

BEGIN = re.compile(rb"(?<![^\s)>\]])BI(?=[\s/])((?:(?!\bBI\b).){0,20000}?)(?<=[^\w])ID[\s\0]", re.S)
FULL_NAMES = {"/W": "/Width", "/H": "/Height", "/F": "/Filter", "/DP": "/DecodeParms"}
NOT_CONTENT = frozenset({"/XRef", "/ObjStm", "/EmbeddedFile", "/Metadata"})


def may_be_content(stream: pikepdf.Stream) -> bool:
    """Whether it may be what a page, form, pattern or character draws, and no font, picture or file."""
    is_form = stream.get("/Subtype") is None or stream.get("/Subtype") == "/Form"
    return is_form and "/Length1" not in stream and str(stream.get("/Type")) not in NOT_CONTENT


def inline_pictures(content: bytes) -> Iterator[tuple[pikepdf.Dictionary, bytes]]:
    """What each says of itself, under the names that streams use, and its bytes with what follows up to the next."""
    found = [*BEGIN.finditer(content)] if b"BI" in content else []
    for each, following in zip(found, [*found[1:], None], strict=True):
        with contextlib.suppress(*MALFORMED):
            written = pikepdf.Object.parse(b"<<%s>>" % each[1])
            entries = {FULL_NAMES.get(name, name): value for name, value in written.items()}
            yield pikepdf.Dictionary(entries), content[each.end() : following.start() if following else None]
