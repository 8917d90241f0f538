"""Reads a DoclingDocument into sections of text blocks in reading order, with the place of each block on its pages.

Docling's serializers give the text, without Markdown decoration. Knows nothing of tokens: see `pipeline.chunk.packing`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from docling_core.transforms.serializer.plain_text import PlainTextDocSerializer, PlainTextParams
from docling_core.types.doc import (
    CodeItem,
    ContentLayer,
    DocItem,
    DoclingDocument,
    FormItem,
    GroupItem,
    GroupLabel,
    InlineGroup,
    KeyValueItem,
    ListItem,
    NodeItem,
    PictureItem,
    RichTableCell,
    SectionHeaderItem,
    TableItem,
    TextItem,
    TitleItem,
)

from pipeline.schema import BoundingBox, ChunkType

CELL_SEPARATOR = " | "
_LAYERS = {ContentLayer.BODY, ContentLayer.NOTES}  # running headers and hidden items stay out, speaker notes stay in
_SHEET_LEVEL = -1  # above titles: a workbook has no heading of its own


@dataclass(frozen=True)
class Block:
    """Text that belongs together: a paragraph, a list item, a table, the caption and description of a picture."""

    text: str
    chunk_type: ChunkType = ChunkType.TEXT
    header: str = ""
    """For a table: caption and header rows, to be repeated above every part of it."""
    pages: tuple[int, ...] = ()
    boxes: tuple[BoundingBox, ...] = ()


@dataclass(frozen=True)
class Section:
    """The blocks under one heading; `headings` is the path to it, outermost first."""

    headings: tuple[Block, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Outline:
    """A document as sections. A heading that stands alone is a block, so that no text is lost."""

    sections: tuple[Section, ...]
    title: str | None
    heading_count: int


def outline(document: DoclingDocument, has_places: bool) -> Outline:
    """Sections of a document, with boxes where its items have places on pages (`Conversion.has_places`).

    The title is the first title item, else the only heading of level 1 if it comes first.
    """
    sections: list[Section] = []
    path: dict[int, Block] = {}
    blocks: list[Block] = []
    headings: list[tuple[int, str]] = []
    for level, block in _Reader(document, has_places).read():
        if level is None:
            blocks.append(block)
            continue
        _close(sections, path, blocks, level)
        path = {depth: heading for depth, heading in path.items() if depth < level} | {level: block}
        blocks = []
        headings.append((level, block.text))
    _close(sections, path, blocks, 0)
    return Outline(tuple(sections), _title(headings), len(headings))


def _close(sections: list[Section], path: dict[int, Block], blocks: list[Block], next_level: int) -> None:
    headings = tuple(path[depth] for depth in sorted(path))
    if blocks:
        sections.append(Section(headings, tuple(blocks)))
    elif path and next_level <= max(path):  # no deeper heading follows that would carry this one in its path
        sections.append(Section(headings[:-1], headings[-1:]))


def _title(headings: list[tuple[int, str]]) -> str | None:
    titles = [text for level, text in headings if level == 0]
    first_level = [text for level, text in headings if level == 1]
    if titles:
        return titles[0]
    return first_level[0] if len(first_level) == 1 and headings[0][0] == 1 else None


class _Reader:
    """Walks one document once."""

    def __init__(self, document: DoclingDocument, has_places: bool) -> None:
        self.document = document
        self.visited: set[str] = set()
        self.serializer = PlainTextDocSerializer(
            doc=document,
            params=PlainTextParams(
                layers=_LAYERS,
                traverse_pictures=True,
                include_picture_classification=False,
                ensure_valid_list_item_marker=False,
            ),
        )
        self.has_places = has_places
        self.above: tuple[TableItem, str] | None = None
        """The table just read, with its header, which may go on over the page."""

    def read(self) -> Iterator[tuple[int | None, Block]]:
        """Pairs of heading level (0 for titles, None for what is no heading) and block."""
        items = self.document.iterate_items(with_groups=True, traverse_pictures=True, included_content_layers=_LAYERS)
        for item, _ in items:
            if item.self_ref in self.visited or self._is_comment(item):
                continue
            if isinstance(item, GroupItem) and item.label == GroupLabel.SHEET:
                yield _SHEET_LEVEL, Block(item.name)
            elif isinstance(item, DocItem | InlineGroup):
                block = self._block(item)
                self.above = (item, block.header) if isinstance(item, TableItem) else None
                if any(character.isprintable() and not character.isspace() for character in block.text):
                    yield _heading_level(item), block

    def _is_comment(self, item: NodeItem) -> bool:
        """Comments of reviewers talk about the document and are no part of it."""
        parent = item.parent.resolve(self.document) if item.parent else None
        return isinstance(parent, GroupItem) and parent.label == GroupLabel.COMMENT_SECTION

    def _block(self, item: DocItem | InlineGroup) -> Block:
        if isinstance(item, TableItem):
            return self._table(item)
        if isinstance(item, KeyValueItem | FormItem):  # Docling's serializer has only a placeholder for these
            return self._placed(Block("\n".join(cell.text for cell in item.graph.cells)), [item])
        result = self.serializer.serialize(item=item, visited=self.visited)
        text = " ".join(result.text.split()) if _heading_level(item) is not None else result.text
        items = [span.item for span in result.spans]
        return self._placed(Block(_with_bullet(item, text), _chunk_type(item)), items)

    def _table(self, table: TableItem) -> Block:
        rows = list(self._rows(table))
        leading = len(list(itertools.takewhile(lambda row: row[0], rows)))
        caption = self.serializer.serialize_captions(item=table).text
        notes = self.serializer.serialize_footnotes(item=table).text
        header = "\n".join(filter(None, (caption, *(text for _, text in rows[:leading]))))
        body = "\n".join(filter(None, (*(text for _, text in rows[leading:]), notes)))
        header = header or self._header_above(table)
        block = Block(body or header, ChunkType.TABLE, header if body else "")
        return self._placed(block, [table])

    def _header_above(self, table: TableItem) -> str:
        """The header of the table that this one continues: a part of its own, so that places stay page by page."""
        if self.above is None or not table.prov:
            return ""
        above, header = self.above
        follows = bool(above.prov) and table.prov[0].page_no == above.prov[-1].page_no + 1
        return header if follows and above.data.num_cols == table.data.num_cols else ""

    def _rows(self, table: TableItem) -> Iterator[tuple[bool, str]]:
        """Whether a row is part of the header, and its text. A cell over several columns stands in the first only."""
        rich: dict[str, str] = {}
        for row in table.data.grid:
            texts = []
            for column, cell in enumerate(row):
                text = cell.text
                if isinstance(cell, RichTableCell):
                    if cell.ref.cref not in rich:
                        rich[cell.ref.cref] = self._rich_text(cell)
                    text = rich[cell.ref.cref]
                texts.append(" ".join(text.split()) if column == cell.start_col_offset_idx else "")
            if any(texts):
                yield any(cell.column_header for cell in row), CELL_SEPARATOR.join(texts).strip()

    def _rich_text(self, cell: RichTableCell) -> str:
        """All text in a cell that holds paragraphs, lists or tables, which must not be read again on their own."""
        texts = []
        root = cell.ref.resolve(self.document)
        for node, _ in self.document.iterate_items(root=root, with_groups=True, traverse_pictures=True):
            self.visited.add(node.self_ref)
            if isinstance(node, TextItem):
                texts.append(node.text)
            elif isinstance(node, TableItem):
                texts += [inner.text for inner in node.data.table_cells if not isinstance(inner, RichTableCell)]
        return " ".join(texts) or cell.text

    def _placed(self, block: Block, items: list[DocItem]) -> Block:
        places = [place for item in items for place in item.prov]
        pages = tuple(sorted({place.page_no for place in places}))
        boxes = []
        for place in places if self.has_places else []:
            page = self.document.pages.get(place.page_no)
            if page is not None:
                box = place.bbox.to_top_left_origin(page.size.height)
                left, top, right, bottom = (round(side, 1) for side in (box.l, box.t, box.r, box.b))
                boxes.append(BoundingBox(page=place.page_no, left=left, top=top, right=right, bottom=bottom))
        return replace(block, pages=pages, boxes=tuple(boxes))


def _heading_level(item: NodeItem) -> int | None:
    if isinstance(item, SectionHeaderItem):
        return item.level
    return 0 if isinstance(item, TitleItem) else None


def _chunk_type(item: NodeItem) -> ChunkType:
    if isinstance(item, ListItem):
        return ChunkType.LIST
    if isinstance(item, CodeItem):
        return ChunkType.CODE
    return ChunkType.PICTURE_CAPTION if isinstance(item, PictureItem) else ChunkType.TEXT


def _with_bullet(item: NodeItem, text: str) -> str:
    """Docling keeps markers that say something, `a)` or `§ 1º`; other list items get a dash."""
    is_plain = isinstance(item, ListItem) and not any(map(str.isalnum, item.marker))
    return f"- {text}" if is_plain and text.strip() else text
