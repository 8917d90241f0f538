"""What is read off scans: pages, pictures, pages on their side, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF

from pipeline.settings.sections import ConversionSettings
from tests.support.broken_fonts import broken_heading, mapped, with_fonts
from tests.support.documents import PARAGRAPH, body_texts, converted, image_of, pdf, picture, png, prose

pytestmark = pytest.mark.slow
DIGITAL = "Esta página tem texto digital e dispensa reconhecimento. " * 3


def test_a_scanned_image_is_read_with_its_accents(tmp_path: Path) -> None:
    source = tmp_path / "scan.png"
    source.write_bytes(png(image_of(pdf(prose(PARAGRAPH)))))
    document, conversion = converted(source)
    text = " ".join(body_texts(document))
    for word in ("aprovação", "solicitação", "licitação", "técnica", "órgão", "responsável", "úteis", "após"):
        assert word in text
    assert conversion.ocr_pages == (1,)
    assert conversion.ocr_confidence is not None
    assert conversion.ocr_confidence > 0.9
    assert conversion.ocr_confidence == round(conversion.ocr_confidence, 4)
    assert {"rapidocr", "onnxruntime"} <= set(conversion.versions)


def test_only_the_scanned_page_of_a_mixed_pdf_is_read_by_ocr(tmp_path: Path) -> None:
    scan = image_of(pdf(prose(PARAGRAPH)))
    source = tmp_path / "mixed.pdf"
    source.write_bytes(pdf(prose(DIGITAL), picture(scan), prose(DIGITAL)))
    document, conversion = converted(source)
    assert conversion.ocr_pages == (2,)
    assert "licitação" in " ".join(body_texts(document))


def test_a_page_on_its_side_is_turned_and_read(tmp_path: Path) -> None:
    lines = [f"Artigo {number}. {PARAGRAPH}" for number in range(1, 3)]
    source = tmp_path / "sideways.png"
    source.write_bytes(png(image_of(pdf(prose(*lines))).rotate(90, expand=True)))
    document, conversion = converted(source)
    text = " ".join(body_texts(document))
    assert conversion.ocr_confidence is not None
    assert conversion.ocr_confidence > 0.9
    positions = [text.find(f"Artigo {number}.") for number in range(1, 3)]
    assert positions == sorted(positions)
    assert positions[0] >= 0


def test_a_paragraph_in_a_picture_on_a_digital_page_is_body_text(tmp_path: Path) -> None:
    scan = image_of(pdf(prose(PARAGRAPH))).crop((0, 50, 1240, 300))

    def draw(page: FPDF) -> None:
        prose(DIGITAL)(page)
        page.image(scan, x=0, y=100, w=210)

    source = tmp_path / "hybrid.pdf"
    source.write_bytes(pdf(draw))
    document, _ = converted(source)
    text = " ".join(body_texts(document))
    assert text.count("dispensa de licitação") == 1
    assert text.count("dispensa reconhecimento") == 3
    assert not document.pictures


def test_labels_in_a_picture_are_not_lost(tmp_path: Path) -> None:
    def labels(page: FPDF) -> None:
        for number in range(4):
            page.text(20 + 45 * number, 30 + 20 * number, f"Polo {number}")

    def draw(page: FPDF) -> None:
        prose(DIGITAL)(page)
        page.image(image_of(pdf(labels)).crop((0, 0, 1240, 620)), x=0, y=100, w=210)

    source = tmp_path / "chart.pdf"
    source.write_bytes(pdf(draw))
    document, _ = converted(source)
    assert len(document.pictures) == 1
    assert {f"Polo {number}" for number in range(4)} <= set(body_texts(document))


def test_a_scan_in_strips_beside_a_stamp_is_read_as_one_page(tmp_path: Path) -> None:
    scan = image_of(pdf(prose(PARAGRAPH, PARAGRAPH)))

    def draw(page: FPDF) -> None:
        height = scan.height // 20
        for strip in range(20):
            piece = scan.crop((0, strip * height, scan.width, (strip + 1) * height))
            page.image(piece, x=0, y=strip * page.h / 20, w=page.w, h=page.h / 20)
        page.text(15, 290, "Documento assinado eletronicamente por Fulana de Tal em 01/02/2026, código 0123456")

    source = tmp_path / "strips.pdf"
    source.write_bytes(pdf(draw))
    document, conversion = converted(source)
    texts = body_texts(document)
    assert conversion.ocr_pages == (1,)
    assert sum("dispensa de licitação depende da análise" in text for text in texts) == 2
    assert any("Fulana de Tal" in text for text in texts)
    assert not document.pictures


def test_a_heading_in_a_font_without_character_map_is_read_in_its_place(tmp_path: Path) -> None:
    source = tmp_path / "heading.pdf"
    source.write_bytes(broken_heading("Regimento da biblioteca", DIGITAL))
    document, conversion = converted(source)
    texts = body_texts(document)
    assert texts[0] == "Regimento da biblioteca"
    assert " ".join(texts).count("dispensa reconhecimento") == 3
    assert not conversion.warnings
    _, conversion = converted(source, ConversionSettings(ocr_engine="none"))
    assert "Fonts without a right character map: text cannot be read on page 1." in conversion.warnings


@pytest.mark.parametrize(
    "change",  # test_ocr_regions decides on all three without reading
    ["letters", *(pytest.param(change, marks=pytest.mark.soak) for change in ("private", "none"))],
)
def test_a_page_without_a_right_character_map_is_read(change: str, tmp_path: Path) -> None:
    text = "O processo administrativo observará os prazos e as competências deste regulamento."
    source = tmp_path / "page.pdf"
    source.write_bytes(mapped(with_fonts(("corpo", text), ("corpo", text)), change))
    document, conversion = converted(source)
    assert conversion.ocr_pages == (1,)
    assert list(body_texts(document)) == [text, text]
