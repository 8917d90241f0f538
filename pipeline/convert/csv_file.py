"""CSV as a table: delimiter and charset found out, every value kept as it is written; a formula is text here."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from pipeline.convert.builder import Cell, DocumentBuilder
from pipeline.convert.charset import decode
from pipeline.convert.limits import refuse_cells, refuse_characters
from pipeline.convert.prepared import Built
from pipeline.convert.properties import Found
from pipeline.settings.sections import ConversionSettings

DELIMITERS = ";,\t|"  # the first of equals wins: in Brazil commas stand in numbers
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.I)  # what Excel writes and reads above the table
SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 100_000


def read_csv(data: bytes, settings: ConversionSettings) -> Built:
    """One table whose first row is its header."""
    text, warnings = decode(data)
    refuse_characters(len(text), settings)
    named = SEPARATOR_LINE.match(text)
    if named:
        text = text[named.end() :]
    delimiter = named[1] if named else delimiter_of(text)
    rows = _rows(text, delimiter)
    refuse_cells(sum(map(len, rows)))
    builder = DocumentBuilder(settings)
    builder.table([[Cell(value) for value in row] for row in _even(rows)])
    return Built(builder.document, Found(warnings=tuple(warnings)))


def delimiter_of(text: str) -> str:
    """The delimiter by which most rows have the same number of columns, above one."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    widths = Counter(len(row) for row in _rows(text[:SAMPLE_CHARACTERS], delimiter, SAMPLE_ROWS) if len(row) > 1)
    width, count = max(widths.items(), key=lambda entry: (entry[1], entry[0]), default=(0, 0))
    return count, width


def _rows(text: str, delimiter: str, most: int | None = None) -> list[list[str]]:
    """Rows that are not blank; quotes that are never closed are text."""
    csv.field_size_limit(max(len(text), 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    if text.count('"') % 2:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    rows = []
    for row in reader:
        if any(value.strip() for value in row):
            rows.append(row)
        if most and len(rows) >= most:
            break
    return rows


def _even(rows: list[list[str]]) -> list[list[str]]:
    """Columns that are blank in every row, as spreadsheets export them, are left out at the end."""
    width = max((index + 1 for row in rows for index, value in enumerate(row) if value.strip()), default=0)
    return [row[:width] for row in rows]
