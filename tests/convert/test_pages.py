"""Pages read ahead, in other processes: the document that comes of them, and what happens when they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.convert import convert_document, read_pages
from pipeline.convert.orientation import upright_angles
from pipeline.convert.paged import PagedSource
from pipeline.convert.text_recognition import SAMPLE
from pipeline.datadir import files
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import PARAGRAPH, Draw, image_of, pdf, picture, png, prose

pytestmark = pytest.mark.slow
SETTINGS = ConversionSettings()
DIGITAL = prose("Esta página tem texto digital e dispensa reconhecimento. " * 3)


def scan(word: str, angle: int = 0) -> Draw:
    """A scanned page of two paragraphs, turned counterclockwise."""
    lines = prose(
        f"Capítulo {word}", f"O órgão {word} aprova a solicitação de dispensa de licitação em dez dias úteis."
    )
    return picture(image_of(pdf(lines), dots_per_inch=100).rotate(angle, expand=True))


def mixed_document(folder: Path) -> Path:
    """Scanned, digital, scanned on its side, digital."""
    source = folder / "mixed.pdf"
    source.write_bytes(pdf(scan("primeiro"), DIGITAL, scan("terceiro", 90), DIGITAL))
    return source


def document(source: Path, pages: list[Path], settings: ConversionSettings = SETTINGS) -> tuple[bytes, Conversion]:
    """Bytes of the document and the facts of a conversion that is given these pages."""
    target = source.with_suffix(".json")
    facts = convert_document(source, source.suffix[1:], target, source.with_suffix(".facts"), settings, pages)
    return target.read_bytes(), facts


def alter(pages: Path, old: bytes, new: bytes) -> None:
    files.write_sealed(pages, files.read_sealed(pages).replace(old, new))


def test_a_document_read_ahead_is_the_same_to_the_byte_as_one_read_at_once(tmp_path: Path) -> None:
    source = mixed_document(tmp_path)
    whole, facts = document(source, [])
    ahead = [tmp_path / "pages-1-2.json", tmp_path / "pages-3-4.json"]
    read_pages(source, "pdf", 1, 2, ahead[0], SETTINGS)
    read_pages(source, "pdf", 3, 4, ahead[1], SETTINGS)
    split, split_facts = document(source, ahead)
    assert split == whole
    assert b"primeiro" in whole
    assert (split_facts.ocr_pages, split_facts.quality_score) == (facts.ocr_pages, facts.quality_score)
    assert facts.ocr_pages == (1, 3)
    alter(ahead[1], b"terceiro", b"alterado")
    altered, _ = document(source, ahead)
    expected = files.read_sealed(source.with_suffix(".json"))
    assert altered != whole
    assert expected == whole[: len(expected)].replace(b"terceiro", b"alterado")  # the turned page was not read again


def test_pages_that_are_missing_or_unreadable_are_read_by_the_conversion(tmp_path: Path) -> None:
    source = tmp_path / "scans.pdf"
    source.write_bytes(pdf(scan("primeiro"), scan("segundo"), scan("terceiro")))
    first, broken = tmp_path / "pages-1-1.json", tmp_path / "pages-2-2.json"
    read_pages(source, "pdf", 1, 1, first, SETTINGS)
    alter(first, b"primeiro", b"anterior")
    broken.write_text('{"pages": [')
    content, _ = document(source, [first, broken, tmp_path / "pages-3-3.json"])
    assert b"primeiro" not in content
    for word in (b"anterior", b"segundo", b"terceiro"):  # the first was taken as it was found, the others read
        assert word in content


def test_what_is_read_of_one_document_is_unknown_to_the_next(tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    first.write_bytes(pdf(scan("primeiro")))
    second.write_bytes(pdf(scan("segundo")))
    assert b"primeiro" in document(first, [])[0]
    content, _ = document(second, [])
    assert b"segundo" in content
    assert b"primeiro" not in content


def test_a_turned_page_is_read_once_in_each_direction() -> None:
    source = PagedSource(png(image_of(pdf(scan("primeiro", 90)), dots_per_inch=100)), "png", SETTINGS)
    angles = upright_angles(source.converted(), source)
    assert source.reading.lines(1, angles[1])
    source.reading.remember(1, angles[1], [])
    assert not source.converted(angles=angles).document.texts  # what was remembered is taken, not read again


def test_a_page_on_its_side_is_read_to_its_end_only_upright() -> None:
    page = image_of(pdf(prose(PARAGRAPH, PARAGRAPH, PARAGRAPH)), dots_per_inch=100).rotate(90, expand=True)
    source = PagedSource(png(page), "png", SETTINGS)
    angles = upright_angles(source.converted(glance=True), source)
    assert not source.reading.is_unfinished(angles)
    assert len(source.reading.lines(1, angles[1]) or []) > SAMPLE
    assert source.reading.lines(1, 0) is None
    assert len(source.reading.lines(1, 0, stopped=True) or []) <= SAMPLE


@pytest.mark.parametrize("ahead", [False, True])
def test_a_page_that_reads_badly_in_every_direction_is_read_to_its_end(ahead: bool, tmp_path: Path) -> None:
    source = tmp_path / "scan.pdf"
    source.write_bytes(pdf(picture(image_of(pdf(prose(PARAGRAPH, PARAGRAPH, PARAGRAPH))))))
    whole, _ = document(source, [])
    no_score_is_enough = ConversionSettings(ocr_retry_below=1.0)
    pages = [tmp_path / "pages-1-1.json"] if ahead else []
    for target in pages:
        read_pages(source, "pdf", 1, 1, target, no_score_is_enough)
    assert document(source, pages, no_score_is_enough)[0] == whole
