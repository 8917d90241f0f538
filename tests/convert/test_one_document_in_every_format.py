"""The same document gives the same headings, words and cells in every format that can hold it.

`plano.*` were written by LibreOffice from one source, with words whose format changes, a note, lists and merged cells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from docling_core.types.doc import DoclingDocument

from pipeline.chunk.blocks import outline
from pipeline.convert.conversion import extract
from pipeline.convert.legacy_office import libreoffice
from pipeline.settings.sections import ConversionSettings
from tests.support.books import book
from tests.support.messages import CODE_PAGE, HTML, eml, msg
from tests.support.paths import ROOT

FORMATS = ROOT / "tests" / "support" / "data" / "formats"
TITLE = "Plano de Ensino da Unidade"
HEADINGS = (TITLE, "Do objeto", "Das condições", "Das disposições finais")
PARAGRAPHS = (
    "O pregão eletrônico tem vigência de 1.234,56 dias, na forma do edital.",
    "Esta portaria entra em vigor na data de sua publicação.",
)
NOTE = "Conforme a lei rodapenota."
ITEMS = ("Inscrição até março", "Matrícula em abril", "Primeiro prazo", "Segundo prazo")
CELLS = (
    *("Curso", "Vagas", "Observação", "Direito noturno", "linha um linha dois"),
    *("Letras", "25", "manhã", "40", "noite"),
)
WORDS = Counter(" ".join((*HEADINGS, *PARAGRAPHS, NOTE, *ITEMS, *CELLS)).split())
PAGE = f"""<html><body><h1>{TITLE}</h1><h2>{HEADINGS[1]}</h2><p>{PARAGRAPHS[0]}</p><p>1 {NOTE}</p><h3>{HEADINGS[2]}</h3>
<ul><li>{ITEMS[0]}</li><li>{ITEMS[1]}</li></ul><ol><li>{ITEMS[2]}</li><li>{ITEMS[3]}</li></ol>
<table><tr><th>Curso</th><th>Vagas</th><th>Observação</th></tr>
<tr><td colspan=2>Direito noturno</td><td>linha um<br>linha dois</td></tr>
<tr><td rowspan=2>Letras</td><td>25</td><td>manhã</td></tr><tr><td>40</td><td>noite</td></tr></table>
<h2>{HEADINGS[3]}</h2><p>{PARAGRAPHS[1]}</p></body></html>"""
SAVED = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
BUILT: dict[str, Callable[[], bytes]] = {
    "eml": lambda: eml(html=PAGE, subject="").as_bytes(),
    "msg": lambda: msg({HTML: PAGE.encode(), CODE_PAGE: 65001}),
    "mhtml": f"{SAVED}{PAGE}".encode,
    "epub": lambda: book({"a.xhtml": PAGE}),
    **{kind: (FORMATS / f"plano.{kind}").read_bytes for kind in ("odt", "rtf", "doc")},
}
READ_BY_DOCLING = ("docx", "docm", "dotx")


def shown(document: DoclingDocument) -> tuple[list[str], Counter[str], list[str]]:
    """Headings, words in all chunks, and the cells of tables."""
    sections = outline(document, False).sections
    headings = dict.fromkeys(heading.text for section in sections for heading in section.headings)
    texts = [*headings, *(f"{block.header} {block.text}" for section in sections for block in section.blocks)]
    words = Counter(re.sub(r" \| |^- ", " ", "\n".join(texts), flags=re.M).split())
    cells = [" ".join(cell.text.split()) for table in document.tables for cell in table.data.table_cells]
    return list(headings), words, cells


@pytest.mark.parametrize("kind", BUILT)
def test_a_format_keeps_headings_words_and_cells(kind: str) -> None:
    if kind == "doc" and libreoffice.program() is None:
        pytest.skip("LibreOffice is not installed")
    document, _ = extract(BUILT[kind](), kind, ConversionSettings(ocr_engine="none"))
    headings, words, cells = shown(document)
    assert [heading for heading in HEADINGS if heading not in headings] == []
    assert [cell for cell in CELLS if cell not in cells] == []
    if kind != "doc":  # which is DOCX once LibreOffice has rewritten it, and keeps what DOCX keeps
        assert (WORDS - words).total() <= WORDS.total() * 0.01, WORDS - words


@pytest.mark.parametrize("kind", ["odt", "rtf"])
def test_words_in_notes_and_running_texts_are_in_the_chunks(kind: str) -> None:
    document, _ = extract(BUILT[kind](), kind, ConversionSettings(ocr_engine="none"))
    words = shown(document)[1]
    assert (words["rodapenota."], words["POP-0417"]) == (1, 1)


@pytest.mark.parametrize("kind", READ_BY_DOCLING)
def test_office_files_have_the_same_headings_and_cells(kind: str) -> None:
    document, _ = extract((FORMATS / f"plano.{kind}").read_bytes(), kind, ConversionSettings(ocr_engine="none"))
    headings, _, cells = shown(document)
    assert [heading for heading in HEADINGS if heading not in headings] == []
    assert [cell for cell in CELLS if cell not in cells] == []
