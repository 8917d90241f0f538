"""Pictures of a document that show text, and which of their text OCR has found. Reads nothing."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import struct
import warnings
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from PIL import Image, ImageSequence

from pipeline.convert.coverage.ink import MAX_SIDE, MIN_SIDE, Gray, unread_lines
from pipeline.convert.coverage.ocr_evidence import NOT_READ, PageRead
from pipeline.convert.coverage.package import Package
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind

RELATIONS = re.compile(r"(.*/)_rels/([^/]+)\.rels")
MAX_PICTURES = 50  # of one document are looked at
MAX_PIXELS = 100_000_000
MIN_PIXELS = 20_000  # smaller ones are logos and icons
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")  # others start programs, or are drawings of vectors
BROKEN = (  # what Pillow raises for broken pictures
    *(OSError, ValueError, TypeError, SyntaxError, ArithmeticError, LookupError, EOFError, struct.error),
    Image.DecompressionBombError,
)


def pictures(files: Iterable[bytes], left_out: LeftOut | None = None) -> Iterator[Passage]:
    """A passage without words for each picture that shows text; the same picture counts once."""
    seen: set[bytes] = set()
    for number, data in enumerate(files, 1):
        digest = hashlib.sha256(data).digest()
        if digest not in seen and len(seen) < MAX_PICTURES and shows_text(data):
            yield Passage.uncounted(PassageKind.PICTURE, f"{left_out or 'picture'} {number}", left_out=left_out)
        seen.add(digest)


def packed_pictures(package: Package, media: str, running: str) -> Iterator[Passage]:
    """Pictures of an Office file; those that only its `running` parts show are logos."""
    shown: dict[bool, set[str]] = {True: set(), False: set()}
    for name in package.names:
        if found := RELATIONS.fullmatch(name):
            part = f"{found[1]}{found[2]}"
            shown[re.fullmatch(running, part) is not None] |= {target for _, target in package.related(part, "image")}
    logos = shown[True] - shown[False]
    names = package.matching(media)
    yield from pictures(package.read(name) for name in names if name not in logos)
    yield from pictures((package.read(name) for name in names if name in logos), LeftOut.LOGO)


def shows_text(data: bytes) -> bool:
    """False, too, for what is no picture that can be opened, e.g. a drawing of vectors."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            warnings.simplefilter("ignore")
            is_large = image.width * image.height >= MIN_PIXELS
            image.draft("L", (MAX_SIDE, MAX_SIDE))
            return is_large and _can_show(image) and unread_lines(_gray(image), ()) > 0
    except BROKEN:
        return False


def frames(data: bytes, read: Mapping[int, PageRead]) -> Iterator[Passage]:
    """The same of an image by itself, whose frames are pages. `read`: page -> what OCR has read of it."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        for number, frame in enumerate(itertools.islice(ImageSequence.Iterator(image), MAX_PICTURES), 1):
            if _can_show(frame) and read.get(number, NOT_READ).leaves_lines(_gray(frame), 1):
                yield Passage.uncounted(PassageKind.PICTURE, f"page {number}", number)


def _can_show(image: Image.Image) -> bool:
    return min(image.size) >= MIN_SIDE and image.width * image.height <= MAX_PIXELS


def _gray(image: Image.Image) -> Gray:
    """Small, and on white where it is transparent."""
    small = image.copy()
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    if small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info:
        paper = Image.new("RGBA", small.size, "white")
        paper.alpha_composite(small.convert("RGBA"))
        small = paper.convert("RGB")
    return np.asarray(small.convert("L"))
