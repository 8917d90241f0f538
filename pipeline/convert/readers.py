"""The formats that are read without Docling, and what reads them."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.convert.csv_file import read_csv
from pipeline.convert.opendocument.sheets import read_sheets
from pipeline.convert.opendocument.slides import read_slides
from pipeline.convert.opendocument.texts import read_text
from pipeline.convert.prepared import Built
from pipeline.convert.rtf.document import read_rtf
from pipeline.convert.text import read_txt
from pipeline.settings.sections import ConversionSettings

READERS: dict[str, Callable[[bytes, ConversionSettings], Built]] = {
    "txt": read_txt,
    "csv": read_csv,
    "rtf": read_rtf,
    "odt": read_text,
    "ods": read_sheets,
    "odp": read_slides,
}
