"""Struck parts and link addresses of Markdown, which Docling keeps as properties of a run, written into its text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from docling_core.types.doc import DocItemLabel, DoclingDocument, InlineGroup, RichTableCell, TextItem

from pipeline.convert.html_links import address_to_add
from pipeline.convert.html_struck import MARK

Key = Callable[[TextItem], object]


def write_marks(document: DoclingDocument) -> list[str]:
    """In place: `~~struck~~`, and `text (address)` where the text is not the address. No warnings."""
    before = {item.self_ref: item.text for item in document.texts}
    for run in _runs(document, lambda item: item.hyperlink and str(item.hyperlink)):
        shown = " ".join(item.text for item in run)
        if shown.strip() and (address := address_to_add(shown, str(run[-1].hyperlink))):
            run[-1].text += f" ({address})"
    for run in _runs(document, lambda item: bool(item.formatting and item.formatting.strikethrough)):
        run[0].text = MARK + run[0].text
        run[-1].text += MARK
    _update_cells(document, before)
    return []


def _runs(document: DoclingDocument, key: Key) -> Iterator[list[TextItem]]:
    """Texts for which the key is the same and says something, side by side within one paragraph.

    Docling 2.143 makes several paragraphs of one that is a link as a whole.
    """

    def paragraph_and_key(item: TextItem) -> tuple[str, object]:
        parent = item.parent.resolve(document) if item.parent else None
        is_part = isinstance(parent, InlineGroup) or (item.hyperlink and item.label == DocItemLabel.TEXT)
        return (parent.self_ref if is_part and parent else item.self_ref), key(item)

    for (_, value), run in itertools.groupby(document.texts, paragraph_and_key):
        if value and (items := [item for item in run if item.text.strip()]):
            yield items


def _update_cells(document: DoclingDocument, before: dict[str, str]) -> None:
    """A cell with runs also has their text as a whole."""
    for table in document.tables:
        for cell in table.data.table_cells:
            if isinstance(cell, RichTableCell):
                for item, _ in document.iterate_items(root=cell.ref.resolve(document), with_groups=False):
                    if isinstance(item, TextItem) and item.text != before[item.self_ref]:
                        cell.text = cell.text.replace(before[item.self_ref], item.text, 1)
