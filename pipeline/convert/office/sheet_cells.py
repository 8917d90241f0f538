"""The cells of a sheet with the text that they show in place of what they store."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from lxml import etree

from pipeline.convert.limits import refuse_characters
from pipeline.convert.marks import address_behind, struck
from pipeline.convert.office.names import FALSE, XML_SPACE, R, S, is_on
from pipeline.convert.office.number_format import shown_number, shown_text
from pipeline.convert.office.package import Relationship
from pipeline.convert.office.pieces import Rows
from pipeline.convert.office.sheet_styles import SheetStyles
from pipeline.settings.sections import ConversionSettings

LINK_FORMULA: Final = re.compile(r'\s*HYPERLINK\(\s*"([^"]+)"\s*(?:[,;]\s*"([^"]+)"\s*)?(\))?', re.I)
PLAIN_CODES: Final = frozenset({"General", "Geral", "0", "@"})
NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?")
WHOLE: Final = re.compile(r"-?\d{1,15}")
COORDINATE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class Cells:
    """Writes the cells of one workbook; counts formulas without result, and hidden rows and columns."""

    def __init__(
        self, styles: SheetStyles, shared: Sequence[etree._Element], settings: ConversionSettings, *, date1904: bool
    ) -> None:
        self.styles = styles
        self.settings = settings
        self.characters = 0
        self.date1904 = date1904
        self.shared = [(_joined(text), _marked(text)) for text in shared]
        self.without_result = 0
        self.hidden_lines = 0

    def write_out(self, sheet: etree._Element, links: dict[str, Relationship]) -> None:
        """Changes the sheet's tree in place. Raises PermanentError (TOO_LONG): thousands of cells may share a text."""
        addresses = _addresses(sheet, links)
        columns: set[int] = set()
        for row in sheet.iter(f"{S}row"):
            cells = row.findall(f"{S}c")
            self.hidden_lines += bool(cells) and row.get("hidden", "0") not in FALSE
            for cell in cells:
                self._write(cell, addresses.get(cell.get("r", ""), ""))
                columns.add(column_of(cell.get("r", "")))
            refuse_characters(self.characters, self.settings)
        self.hidden_lines += hidden_columns(sheet, sorted(columns))

    def _write(self, cell: etree._Element, address: str) -> None:
        formula, value = cell.find(f"{S}f"), cell.findtext(f"{S}v") or ""
        kind = cell.get("t", "n")
        link = LINK_FORMULA.match(formula.text or "") if formula is not None else None
        style = int(cell.get("s", "0"))
        stored, shown = self._texts(cell, kind, value, style)
        if formula is not None and not value and kind in ("n", "b", "e"):
            shown = (link[2] or link[1]) if link and link[3] else ""  # all that it needs is in it
            self.without_result += not shown
        if shown and self.styles.is_struck(style):
            shown = struck(shown)
        address = link[1] if link else address
        if shown and address:
            shown += address_behind(shown, address)
        self.characters += len(shown)
        if shown != stored:
            _set_text(cell, shown)

    def _texts(self, cell: etree._Element, kind: str, value: str, style: int) -> tuple[str, str]:
        """(what Docling would write, what the sheet shows)."""
        code = self.styles.format(style)
        if kind == "s":
            stored, marked = self.shared[int(value)] if value.isdigit() and int(value) < len(self.shared) else ("", "")
            return stored, shown_text(marked, code)
        if kind == "inlineStr":
            inline = cell.find(f"{S}is")
            return (_joined(inline), shown_text(_marked(inline), code)) if inline is not None else ("", "")
        if kind == "b" and value:
            return "", self.styles.spoken.true if value == "1" else self.styles.spoken.false
        if kind == "d" and value:
            return value, self._shown(_serial(value), code if code != "General" else "yyyy-mm-dd") or value
        if kind == "n" and NUMBER.fullmatch(value) and not (code in PLAIN_CODES and WHOLE.fullmatch(value)):
            return "", self._shown(value, code) or value
        return value, value

    def _shown(self, value: str, code: str) -> str:
        try:
            shown = shown_number(float(value), code, self.styles.spoken, date1904=self.date1904)
        except (ValueError, ArithmeticError):  # a format that is none, a number that is none: as it is stored
            return ""
        return " ".join(shown.split())


def hidden_columns(sheet: etree._Element, used: list[int]) -> int:
    """How many of the columns in use are hidden, however often."""
    hidden = [column for column in sheet.iter(f"{S}col") if column.get("hidden", "0") not in FALSE]
    count = end = 0
    for first, last in sorted((int(column.get("min", "0")), int(column.get("max", "0"))) for column in hidden):
        count += max(0, bisect_right(used, last) - bisect_left(used, max(first, end + 1)))
        end = max(end, last)
    return count


def shown_rows(sheet: etree._Element, shared: Sequence[etree._Element]) -> Rows:
    """The texts of a sheet that was written out; columns without any are left out."""
    rows = [
        {column_of(cell.get("r", "")): text for cell in row.iterchildren(f"{S}c") if (text := _text(cell, shared))}
        for row in sheet.iter(f"{S}row")
    ]
    columns = sorted({column for row in rows for column in row})
    return tuple(tuple(row.get(column, "") for column in columns) for row in rows if row)


def _text(cell: etree._Element, shared: Sequence[etree._Element]) -> str:
    inline, value = cell.find(f"{S}is"), cell.findtext(f"{S}v") or ""
    if inline is not None:
        return _joined(inline)
    return _joined(shared[int(value)]) if cell.get("t") == "s" and int(value) < len(shared) else value


def column_of(coordinate: str) -> int:
    """`BA12` -> 53; 0 for what is no coordinate."""
    match = COORDINATE.fullmatch(coordinate)
    number = 0
    for letter in match[1] if match else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _addresses(sheet: etree._Element, links: dict[str, Relationship]) -> dict[str, str]:
    """First cell -> where its link leads outside the workbook."""
    found = {}
    for link in sheet.iter(f"{S}hyperlink"):
        target = links.get(link.get(f"{R}id", ""))
        if target is not None and target.is_external:
            anchor = f"#{link.get('location')}" if link.get("location") else ""
            found[link.get("ref", "").partition(":")[0]] = target.target + anchor
    return found


def _set_text(cell: etree._Element, text: str) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.set("t", "inlineStr")
    inline = etree.SubElement(etree.SubElement(cell, f"{S}is"), f"{S}t", {XML_SPACE: "preserve"})
    inline.text = text


def _joined(text: etree._Element) -> str:
    """All runs; not the readings above Japanese text."""
    return "".join(node.text or "" for node in text.iter(f"{S}t") if node.getparent().tag != f"{S}rPh")


def _marked(text: etree._Element) -> str:
    runs = text.findall(f"{S}r")
    if not any(is_on(run.find(f"{S}rPr/{S}strike"), "val") for run in runs):
        return _joined(text)
    pieces = ((_joined(run), is_on(run.find(f"{S}rPr/{S}strike"), "val")) for run in runs)
    return "".join(struck(piece) if is_struck else piece for piece, is_struck in pieces)


def _serial(moment: str) -> str:
    """A date in ISO form as a number of days since 1900."""
    try:
        days = datetime.fromisoformat(moment.removesuffix("Z")) - datetime(1899, 12, 30)
    except (ValueError, TypeError):
        return moment
    return str(days.total_seconds() / 86_400)
