"""Documents whose text is not all there, and conversions that lose it: what the surfaces must tell of them."""

from __future__ import annotations

import pytest
from docling_core.types.doc import DoclingDocument

from pipeline.convert import conversion
from pipeline.convert.reading import Reading
from pipeline.run.findings import Findings, TextGaps
from pipeline.schema import Conversion, Gap
from pipeline.settings.sections import ConversionSettings

MARK = b"LACUNA"
"""A document that holds this word is converted with `GAPS` and `WARNING`."""
WARNING = "Page 3 was not read."
GAPS = TextGaps(
    text_coverage=0.91239,
    missing=(
        Gap(kind="footnote", words=40, places=("footnote 1", "footnote 2", "footnote 3", "footnote 4")),
        Gap(kind="picture", words=0, places=("sheet <b>Ta\u202exas</b>, B12",)),
    ),
)
LEFT_OUT = (Gap(kind="comment", words=7, places=("comments 1",)),)
FOUND = Findings(warnings=(WARNING,), gaps=GAPS, left_out={"comment": 7})


def lacking(facts: Conversion) -> Conversion:
    """The facts of a conversion that loses text."""
    return facts.model_copy(update={**dict(GAPS), "left_out": LEFT_OUT, "warnings": (WARNING,)})


@pytest.fixture
def lossy_conversion(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Converting as it is, but for documents with `MARK`; what was converted is in the list."""
    return lose_text(monkeypatch)


def lose_text(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The same for fixtures of any scope."""
    converted: list[bytes] = []
    extract = conversion.extract

    def lossy(
        data: bytes, extension: str, settings: ConversionSettings, reading: Reading | None = None
    ) -> tuple[DoclingDocument, Conversion]:
        converted.append(data)
        document, facts = extract(data, extension, settings, reading)
        return document, lacking(facts) if MARK in data else facts

    monkeypatch.setattr(conversion, "extract", lossy)
    return converted
