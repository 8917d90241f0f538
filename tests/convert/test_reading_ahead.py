"""Which documents have their pages read ahead: those with many scanned pages, and no others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from pipeline.convert import page_ranges
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import Draw, pdf, picture, prose

SCAN = picture(Image.new("L", (248, 350), 200))
DIGITAL = prose("Esta página tem texto digital e dispensa reconhecimento.")


def ranges(folder: Path, pages: Sequence[Draw], **settings: str | int) -> list[tuple[int, int]]:
    source = folder / "document.pdf"
    source.write_bytes(pdf(*pages))
    return page_ranges(source, "pdf", ConversionSettings.model_validate(settings))


def test_every_scanned_page_is_in_one_short_range(tmp_path: Path) -> None:
    found = ranges(tmp_path, [DIGITAL] * 3 + [SCAN] * 9 + [DIGITAL] * 4 + [SCAN] * 2)
    covered = [page for first, last in found for page in range(first, last + 1)]
    assert {*range(4, 13), 17, 18} <= set(covered)
    assert len(covered) == len(set(covered))
    assert max(last - first for first, last in found) < 4
    assert not {1, 2, 3, 14, 15} & set(covered)


def test_letters_drawn_as_shapes_are_read_ahead(tmp_path: Path) -> None:
    def draw(page: FPDF) -> None:
        page.ellipse(20, 20, 50, 50)

    assert ranges(tmp_path, [draw] * 8) == [(1, 4), (5, 8)]


@pytest.mark.parametrize("pages", [[DIGITAL] * 20, [SCAN] * 3 + [DIGITAL] * 20])
def test_a_document_with_few_pages_to_read_is_converted_in_one_piece(tmp_path: Path, pages: list[Draw]) -> None:
    assert ranges(tmp_path, pages) == []


def test_a_searchable_scan_is_not_read_again(tmp_path: Path) -> None:
    def draw(page: FPDF) -> None:
        SCAN(page)
        with page.local_context(text_mode="INVISIBLE"):
            DIGITAL(page)

    assert ranges(tmp_path, [draw] * 10) == []


def test_nothing_is_read_ahead_that_will_not_be_converted_or_read(tmp_path: Path) -> None:
    assert ranges(tmp_path, [SCAN] * 10, max_pages=9) == []
    assert ranges(tmp_path, [SCAN] * 10, ocr_engine="none") == []
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nbroken")
    assert page_ranges(broken, "pdf", ConversionSettings()) == []
    archive = tmp_path / "archive.docx"
    archive.write_bytes(b"PK\x03\x04 and so on")
    assert page_ranges(archive, "docx", ConversionSettings()) == []


@pytest.mark.slow
def test_asking_for_ranges_loads_no_docling(tmp_path: Path) -> None:
    source = tmp_path / "document.pdf"
    source.write_bytes(pdf(*[SCAN] * 8))
    code = (
        "import sys; from pathlib import Path; from pipeline.settings.sections import ConversionSettings as S;"
        "from pipeline.convert import page_ranges; assert page_ranges(Path(sys.argv[1]), 'pdf', S());"
        "sys.exit('docling' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(source)], check=True)
