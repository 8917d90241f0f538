"""A workbook in the form that Docling reads as people see it: cells hold what they show, hidden sheets are shown.

Docling 2.143 writes stored numbers (`45723`, `0.125`), drops what floats over the cells and walks through every cell
up to the farthest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from docling_core.types.doc import DocItemLabel, DoclingDocument, GroupItem, GroupLabel, TableCell, TableData
from lxml import etree

from pipeline.convert.office.names import R, S
from pipeline.convert.office.package import Package
from pipeline.convert.office.pieces import Paragraph, Piece, Rows
from pipeline.convert.office.sheet_bounds import draw_together
from pipeline.convert.office.sheet_cells import Cells, shown_rows
from pipeline.convert.office.sheet_extras import extras
from pipeline.convert.office.sheet_ranges import limit_ranges
from pipeline.convert.office.sheet_styles import SheetStyles
from pipeline.convert.office.spoken import ENGLISH, PORTUGUESE, Spoken
from pipeline.convert.office.tools import Tools

ENGLISH_FORMAT: Final = re.compile(r"\[\$[^\]]*-0*(?:409|809|en-(?:US|GB))\]", re.I)
BRAZILIAN_FORMAT: Final = re.compile(r"R\$|\[\$[^\]]*-0*(?:416|816|pt-(?:BR|PT))\]", re.I)
CORE: Final = "docProps/core.xml"


@dataclass
class Workbook:
    """A workbook's package, with what its sheets share."""

    package: Package
    tools: Tools
    sheets: list[tuple[str, str]] = field(default_factory=list)
    """Name and part, in the order of the tabs."""

    def rewrite(self) -> list[list[Piece]]:
        """Changes the trees of the package in place; returns what stands beside the cells of each sheet."""
        part = self.package.main_part("xlsx")
        root = self.package.xml(part)
        if root is None:
            return []
        self._list_sheets(root, part)
        styles = self.package.related(part, "styles")
        codes = self.package.xml(styles[0]) if styles else None
        spoken = self._language(codes)
        properties = root.find(f"{S}workbookPr")
        cells = Cells(
            SheetStyles.of(codes, spoken),
            self.shared_texts(),
            self.tools.settings,
            date1904=properties is not None and properties.get("date1904", "0") in ("1", "true"),
        )
        seen: set[str] = set()
        beside = []
        for _, name in self.sheets:
            sheet = self.package.xml(name)
            if sheet is not None:
                cells.write_out(sheet, self.package.relationships(name))
                limit_ranges(sheet)
                draw_together(sheet)
            self.package.forget(name, "comments")
            beside.append(extras(sheet, name, self.package, self.tools, seen) if sheet is not None else [])
        self.tools.noticed.add("formulas", cells.without_result)
        self.tools.noticed.add("hidden_lines", cells.hidden_lines)
        return beside

    def _list_sheets(self, root: etree._Element, part: str) -> None:
        """One tab for each part: what repeats a part's sheet is taken out."""
        links = self.package.relationships(part)
        listed: set[str] = set()
        for sheet in list(root.iter(f"{S}sheet")):
            link = links.get(sheet.get(f"{R}id", ""))
            if link is not None and link.target in listed:
                sheet.getparent().remove(sheet)
                continue
            if sheet.attrib.pop("state", "visible") != "visible":
                self.tools.noticed.add("hidden_sheets")
            if link is not None and link.target in self.package.names:
                listed.add(link.target)
                self.sheets.append((sheet.get("name", ""), link.target))
                if link.kind == "chartsheet":
                    self.package.list_relationships(link.target)

    def _language(self, styles: etree._Element | None) -> Spoken:
        """English if the document or only its formats say so; Brazilian else, as in the offices that this is for."""
        codes = [one.get("formatCode", "") for one in styles.iter(f"{S}numFmt")] if styles is not None else []
        core = self.package.xml(CORE) if CORE in self.package.names else None
        said = (core.findtext("{*}language") or "") if core is not None else ""
        if said:
            return ENGLISH if said.lower().startswith("en") else PORTUGUESE
        is_english = any(map(ENGLISH_FORMAT.search, codes)) and not any(map(BRAZILIAN_FORMAT.search, codes))
        return ENGLISH if is_english else PORTUGUESE

    def shared_texts(self) -> list[etree._Element]:
        """The texts that cells refer to by number."""
        names = self.package.related(self.package.main_part("xlsx"), "sharedStrings")
        root = self.package.xml(names[0]) if names else None
        return list(root.iterchildren(f"{S}si")) if root is not None else []


def add_beside(document: DoclingDocument, workbook: Workbook, beside: list[list[Piece]]) -> None:
    """What stands beside the cells behind the tables of its sheet."""
    groups = {group.name: group for group in document.groups if group.label == GroupLabel.SHEET}
    for (name, _), pieces in zip(workbook.sheets, beside, strict=False):
        if name in groups:
            for piece in pieces:
                _add(document, groups[name], piece)


def _add(document: DoclingDocument, group: GroupItem, piece: Piece) -> None:
    if isinstance(piece, Paragraph):
        document.add_text(DocItemLabel.TEXT, piece.text, parent=group)
        return
    width = max(map(len, piece), default=0)
    if width:
        data = TableData(num_rows=len(piece), num_cols=width, table_cells=_cells(piece))
        document.add_table(data, parent=group)


def _cells(rows: Rows) -> list[TableCell]:
    return [
        TableCell(
            text=text,
            start_row_offset_idx=row,
            end_row_offset_idx=row + 1,
            start_col_offset_idx=column,
            end_col_offset_idx=column + 1,
            column_header=row == 0,
        )
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]


def workbook_pieces(package: Package, tools: Tools) -> list[Piece]:
    """The sheets of a workbook that is embedded in another file."""
    workbook = Workbook(package, tools)
    beside = workbook.rewrite()
    shared = workbook.shared_texts()
    pieces: list[Piece] = []
    for (_, part), rest in zip(workbook.sheets, beside, strict=True):
        sheet = package.xml(part)
        rows = shown_rows(sheet, shared) if sheet is not None else ()
        pieces += [rows] if rows else []
        pieces += rest
    return pieces
