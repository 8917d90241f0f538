"""Stored text is what a reader sees."""

from __future__ import annotations

from docling_core.types.doc import DocItemLabel, DoclingDocument, TableCell, TableData

from pipeline.convert.tidy import tidy


def test_invisible_characters_are_not_stored_and_the_original_is_kept() -> None:
    document = DoclingDocument(name="x")
    document.add_text(DocItemLabel.TEXT, "A efi\u00adci\u00adência e a coope\u200bra\u2060ção\ufeff")
    cell = TableCell(
        text="car\u00adgo", start_row_offset_idx=0, end_row_offset_idx=1, start_col_offset_idx=0, end_col_offset_idx=1
    )
    document.add_table(TableData(num_rows=1, num_cols=1, table_cells=[cell]))
    tidy(document)
    assert document.texts[0].text == "A eficiência e a cooperação"
    assert document.texts[0].orig.startswith("A efi\u00adci")
    assert document.tables[0].data.table_cells[0].text == "cargo"


def test_joiners_that_shape_signs_stay() -> None:
    document = DoclingDocument(name="x")
    document.add_text(DocItemLabel.TEXT, "👩\u200d⚕️")
    tidy(document)
    assert document.texts[0].text == "👩\u200d⚕️"


def test_a_word_that_a_soft_hyphen_parts_at_a_line_end_is_whole() -> None:
    document = DoclingDocument(name="x")
    document.add_text(DocItemLabel.TEXT, "devem garan\u00ad tir o prazo \u00ad fim")
    tidy(document)
    assert document.texts[0].text == "devem garantir o prazo  fim"
