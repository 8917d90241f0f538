"""A drop cap is a word by itself or begins the next one; the rest of the document, or its beginning, tells which."""

from __future__ import annotations

import io

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.convert.conversion import extract
from pipeline.convert.drop_caps import gap_behind, words_in
from pipeline.convert.text_export import text_of
from pipeline.settings.sections import ConversionSettings
from tests.support.office import run, saved, word

NO_OCR = ConversionSettings(ocr_engine="none")


def as_pdf(cap: str, text: str, blank: float = 0) -> bytes:
    """`blank` points before the text on the first line."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setFont("Helvetica", 40)
    canvas.drawString(72, 680, cap)
    left = 75 + canvas.stringWidth(cap, "Helvetica", 40)
    canvas.setFont("Helvetica", 11)
    words, lines = text.split(), [""]
    for each in words:
        if len(lines[-1]) > 70:
            lines.append("")
        lines[-1] += f"{each} "
    for number, line in enumerate(lines):
        canvas.drawString((left if number < 3 else 72) + (0 if number else blank), 698 - 13 * number, line)
    canvas.save()
    return buffer.getvalue()


def as_docx(cap: str, text: str) -> bytes:
    frame = f'<w:p><w:pPr><w:framePr w:dropCap="drop" w:lines="3"/></w:pPr>{run(cap)}</w:p>'
    return saved(word(frame, f"<w:p><w:pPr/>{run(text)}</w:p>"))


def as_rtf(cap: str, text: str) -> bytes:
    return f"{{\\rtf1 \\pard\\dropcapli3\\dropcapt1 {{\\fs90 {cap}}}\\par\\pard {text}\\par}}".encode("cp1252")


REST = (
    "do povo fica aberta aos interessados durante os dias da semana em que a comissão se reúne na sede da entidade, "
    * 3
)


@pytest.mark.parametrize("kind", ["pdf", "docx", "rtf"])
@pytest.mark.parametrize(
    ("cap", "text", "begins"),
    [
        ("A", f"casa {REST}", "A casa do povo"),
        ("O", f"presente {REST}", "O presente do povo"),
        ("A", f"rtigo {REST}", "Artigo do povo"),
        ("E", f"ste {REST}", "Este do povo"),
        ("E", f"dital {REST}", "Edital do povo"),
        ("A", f"provação {REST} Os casos aprovados seguem.", "Aprovação do povo"),
        ("A", f"nexo {REST} Segue o anexo.", "Anexo do povo"),
        ("N", f"este {REST}", "Neste do povo"),
    ],
)
def test_a_drop_cap_is_joined_as_its_author_meant(kind: str, cap: str, text: str, begins: str) -> None:
    data = {"pdf": as_pdf, "docx": as_docx, "rtf": as_rtf}[kind](cap, text)
    assert text_of(extract(data, kind, NO_OCR)[0]).startswith(begins)


def test_a_blank_that_the_file_has_stays() -> None:
    assert text_of(extract(as_docx("E", f" dital {REST}"), "docx", NO_OCR)[0]).startswith("E dital")
    assert text_of(extract(as_pdf("E", f"dital {REST}", blank=3), "pdf", NO_OCR)[0]).startswith("E dital")


@pytest.mark.parametrize(
    ("cap", "text", "others", "gap"),
    [
        ("À", "vista disso", "", " "),
        ("É", "vedado", "", " "),
        ("E", "quipe da casa", "uma equipe", ""),
        ("E", "quipe da casa", "", ""),
        ("A", "presente norma", "o presente", " "),
        ("A", "s normas", "", ""),
        ("“A", "casa", "", " "),
        ("D", "ecide", "", ""),
        ("A", "’ordem", "", ""),
    ],
)
def test_words_of_the_document_decide(cap: str, text: str, others: str, gap: str) -> None:
    assert gap_behind(cap, text, words_in([text, others])) == gap
