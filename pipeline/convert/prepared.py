"""What a format's own module hands to the conversion: the bytes that Docling gets, and what follows after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from docling_core.types.doc import DoclingDocument

from pipeline.convert.properties import Found


def _nothing(_: DoclingDocument) -> list[str]:
    return []


@dataclass(frozen=True)
class Prepared:
    """A file made ready for Docling.

    `finish` changes the DoclingDocument in place, adding what Docling leaves out, and returns warnings.
    """

    data: bytes
    found: Found = field(default_factory=Found)
    finish: Callable[[DoclingDocument], list[str]] = _nothing
