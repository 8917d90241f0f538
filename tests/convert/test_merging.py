"""A document inside another keeps its tables, captions and headings."""

from __future__ import annotations

import importlib.util
import io

from docling.backend import image_backend
from docling_core.types.doc import DocItemLabel, DoclingDocument, RichTableCell, TableCell, TableData
from PIL import Image

from pipeline.convert.merging import merge
from pipeline.convert.text_export import text_of
from tests.promises.hostile.images import page, saved


def part() -> DoclingDocument:
    """A title, a section, and a table with a caption and a cell that holds paragraphs."""
    document = DoclingDocument(name="part")
    document.add_title("Edital")
    document.add_heading("Prazo", level=1)
    caption = document.add_text(DocItemLabel.CAPTION, "Tabela 1")
    table = document.add_table(TableData(num_rows=1, num_cols=2), caption=caption)
    group = document.add_group(parent=table)
    document.add_text(DocItemLabel.TEXT, "dez dias", parent=group)
    place = {"start_row_offset_idx": 0, "end_row_offset_idx": 1}
    table.data.table_cells += [
        RichTableCell(text="?", ref=group.get_ref(), start_col_offset_idx=0, end_col_offset_idx=1, **place),
        TableCell(text="úteis", start_col_offset_idx=1, end_col_offset_idx=2, **place),
    ]
    return document


def whole() -> DoclingDocument:
    document = DoclingDocument(name="whole")
    document.add_title("Ofício")
    document.add_text(DocItemLabel.TEXT, "Antes.")
    document.add_group()
    document.add_text(DocItemLabel.TEXT, "Depois.")
    return document


def test_what_a_part_holds_stands_where_it_belongs() -> None:
    document = whole()
    merge(part(), document, levels=1, behind=document.texts[1])
    assert text_of(document) == "Ofício\n\nAntes.\n\nEdital\n\nPrazo\n\nTabela 1\n\ndez dias | úteis\n\nDepois."
    headings = [(item.text, item.level) for item in document.texts if item.label == DocItemLabel.SECTION_HEADER]
    assert headings == [("Edital", 1), ("Prazo", 2)]
    assert DoclingDocument.model_validate(document.export_to_dict()).tables[0].captions[0].cref == "#/texts/5"


def test_without_a_place_a_part_stands_at_the_end() -> None:
    document = whole()
    merge(part(), document, levels=1)
    assert text_of(document).endswith("Depois.\n\nEdital\n\nPrazo\n\nTabela 1\n\ndez dias | úteis")


def test_docling_still_leaves_cells_pointing_elsewhere() -> None:
    """Once this fails, `merge` can use `insert_document`."""
    document = whole()
    document.insert_document(part(), document.texts[1])
    (cell, _) = document.tables[0].data.table_cells
    assert isinstance(cell, RichTableCell)
    assert cell.ref.cref == "#/groups/0"  # the group of the other document, which is the second here


def test_docling_still_shrinks_images_by_their_resolution() -> None:
    """Once this fails, `_pixels_as_points` can go."""
    spec = importlib.util.spec_from_file_location("untouched", image_backend.__file__)
    assert spec is not None
    assert spec.loader is not None
    untouched = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(untouched)
    with Image.open(io.BytesIO(saved(page(), "TIFF", dpi=(300, 300)))) as image:
        assert untouched._get_frame_dpi(image) == (300, 300)
