"""The full text of a converted document, for people and for measuring extraction. Not what is embedded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docling_core.types.doc import (
    ContentLayer,
    DocItem,
    DocItemLabel,
    DoclingDocument,
    InlineGroup,
    ListItem,
    NodeItem,
    PictureItem,
    RichTableCell,
    TableCell,
    TableItem,
    TextItem,
    TitleItem,
)

from pipeline.datadir import files
from pipeline.datadir.files import FilePath

RUNNING = {DocItemLabel.PAGE_HEADER, DocItemLabel.PAGE_FOOTER}


def document_text(document_json: FilePath) -> str:
    """Text in reading order: blocks separated by blank lines, tables as lines of cells separated by ` | `.

    Running headers and footers and what the author hid are left out, the title of an HTML page is not.
    Raises FileNotFoundError.
    """
    return text_of(files.read_model(document_json, DoclingDocument))


def text_of(document: DoclingDocument) -> str:
    """The same of a document in memory."""
    return "\n\n".join(block for block in _blocks(document.body, document) if block.strip())


def _blocks(node: NodeItem, document: DoclingDocument) -> Iterator[str]:
    if node.content_layer == ContentLayer.INVISIBLE:
        return
    running = node.content_layer == ContentLayer.FURNITURE and isinstance(node, DocItem)
    if running and not isinstance(node, TitleItem):
        return
    if isinstance(node, InlineGroup):
        yield " ".join(block for child in node.children for block in _blocks(child.resolve(document), document))
        return
    if isinstance(node, TableItem):
        yield _table_text(node, document)
        kept = {reference.cref for reference in (*node.captions, *node.footnotes)}
        children = [child for child in node.children if child.cref in kept]  # the rest are its cells
    else:
        children = node.children
        if isinstance(node, TextItem) and node.label not in RUNNING:
            yield f"{node.marker} {node.text}" if isinstance(node, ListItem) and node.enumerated else node.text
    for child in children:
        yield from _blocks(child.resolve(document), document)
    if isinstance(node, PictureItem) and node.meta and node.meta.tabular_chart:
        yield _rows_text(node.meta.tabular_chart.chart_data.table_cells, document)


def _table_text(table: TableItem, document: DoclingDocument) -> str:
    return _rows_text(table.data.table_cells, document)


def _rows_text(cells: Iterable[TableCell], document: DoclingDocument) -> str:
    rows: dict[int, list[str]] = {}
    for cell in cells:
        rows.setdefault(cell.start_row_offset_idx, []).append(_cell_text(cell, document))
    return "\n".join(" | ".join(rows[index]) for index in sorted(rows))


def _cell_text(cell: TableCell, document: DoclingDocument) -> str:
    if isinstance(cell, RichTableCell):
        inner = " ".join(_blocks(cell.ref.resolve(document), document))
        return (inner or cell.text).strip()
    return cell.text.strip()
