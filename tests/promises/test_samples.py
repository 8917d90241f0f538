"""The sample folder holds what it is there to show, and its generator reproduces it."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import frontmatter
import numpy as np
import numpy.typing as npt
import openpyxl
import pptx
import pypdfium2
import pypdfium2.raw
import pytest
from PIL import Image

from pipeline.settings.sections import SourceSettings
from tests.support.paths import ROOT

SAMPLES = ROOT / "data" / "samples"
APPROVED = SAMPLES / "30-Aprovados"
CORRUPT = APPROVED / "Relatórios" / "relatorio-corrompido.pdf"
SCANNED = APPROVED / "Procedimentos" / "Resolução 07-2022 (digitalizada).pdf"
PRIVACY = APPROVED / "Políticas" / "Política de proteção de dados pessoais.pdf"
REPORT = APPROVED / "Relatórios" / "Relatório anual 2024.pdf"
IMAGES = {".png", ".jpg", ".jpeg"}
QUESTIONS = [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def files_under(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def is_picture(path: Path) -> bool:
    return path.suffix in IMAGES or path.name == SCANNED.name


def text_in(path: Path) -> str:
    """The text of a document that can be read without OCR, whitespace collapsed."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as pdf:
            text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".txt"))]
        text = html.unescape(re.sub("<[^>]+>", " ", " ".join(parts)))
    else:
        text = path.read_bytes().decode("cp1252" if path.suffix == ".txt" else "utf-8")
    return " ".join(text.split())


def pixels_of(path: Path) -> npt.NDArray[np.float64]:
    """Grey levels of an image or of the first page of a PDF at 144 dpi, with the shape (height, width)."""
    image = pypdfium2.PdfDocument(path)[0].render(scale=2).to_pil() if path.suffix == ".pdf" else Image.open(path)
    return np.asarray(image.convert("L"), dtype=float)


def box_of(words: str, page: pypdfium2.PdfPage) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the first character of `words`, in points."""
    text = page.get_textpage()
    box: tuple[float, float, float, float] = text.get_charbox(text.search(words).get_next()[0])
    return box


def generate(out: Path, time_zone: str) -> Path:
    script = ROOT / "data" / "make_samples.py"
    subprocess.run([sys.executable, script, "--out", out], check=True, env={**os.environ, "TZ": time_zone})
    return out


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("samples"), "America/Sao_Paulo")


@pytest.fixture(scope="module")
def read_picture() -> Callable[..., Any]:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.use_cls": False, "EngineConfig.onnxruntime.intra_op_num_threads": 1})


def test_every_common_format_has_a_sample() -> None:
    extensions = {path.suffix.removeprefix(".") for path in files_under(APPROVED)}
    assert extensions > {"pdf", "docx", "pptx", "xlsx", "md", "txt", "html", "jpg", "jpeg", "png"}


def test_a_file_of_an_unsupported_kind_is_there_to_be_skipped() -> None:
    extensions = {path.suffix.removeprefix(".") for path in files_under(APPROVED)}
    assert extensions - set(SourceSettings().supported_extensions) == {"zip"}


def test_the_samples_stay_small_in_git() -> None:
    assert sum((SAMPLES / path).stat().st_size for path in files_under(SAMPLES)) < 1_500_000


def test_the_corrupt_report_is_refused() -> None:
    assert CORRUPT.read_bytes().startswith(b"%PDF-")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(CORRUPT)


def test_the_scanned_resolution_has_no_text_layer() -> None:
    assert not text_in(SCANNED)
    assert pixels_of(SCANNED).min() < 60, "but there is print on the page"


def test_the_privacy_policy_has_two_columns() -> None:
    page = pypdfium2.PdfDocument(PRIVACY)[0]
    left, right = box_of("1. Objetivo", page), box_of("6. Compart", page)
    assert left[0] < right[0] > page.get_width() / 2
    assert left[1] == pytest.approx(right[1], abs=1), "both columns begin at the same height"


def test_the_annual_report_has_ruled_tables_and_larger_headings() -> None:
    page = pypdfium2.PdfDocument(REPORT)[0]
    kinds = [item.type for item in page.get_objects()]
    assert kinds.count(pypdfium2.raw.FPDF_PAGEOBJ_PATH) > 20
    heading, body = box_of("1. Resumo", page), box_of("Em 2024", page)
    assert heading[3] - heading[1] > 1.3 * (body[3] - body[1])


def test_the_leave_policy_has_headings_a_list_a_table_and_properties() -> None:
    document = docx.Document(str(APPROVED / "Políticas" / "Política de férias e ausências.docx"))
    styles = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert {"Title", "Heading 1", "List Bullet"} <= styles
    assert len(document.tables) == 1
    properties = document.core_properties
    assert (properties.title, properties.author) == ("Política de férias e ausências", "Helena Duarte")
    assert properties.created
    assert properties.created.date().isoformat() == "2024-01-15"


def test_the_onboarding_manual_has_three_slides_with_notes() -> None:
    slides = pptx.Presentation(str(APPROVED / "Manuais" / "Manual de integração.pptx")).slides
    assert len(slides) == 3
    assert all(slide.has_notes_slide for slide in slides)


def test_the_indicators_have_two_sheets_of_numbers() -> None:
    book = openpyxl.load_workbook(APPROVED / "Relatórios" / "Indicadores de atendimento 2024.xlsx")
    assert book.sheetnames == ["Mensal", "Canais"]
    assert sum(row[0].value for row in book["Mensal"]["B2:B13"]) == 12_480, "as the annual report says"


def test_the_backup_procedure_has_front_matter() -> None:
    meta = frontmatter.load(str(APPROVED / "Procedimentos" / "Procedimento de backup.md")).metadata
    assert {"title", "author", "approver", "tags", "version", "effective_date", "expiration_date"} <= meta.keys()
    assert not {"path", "layout"} & meta.keys()


def test_the_remote_access_procedure_is_hard_wrapped_cp1252() -> None:
    content = (APPROVED / "Procedimentos" / "acesso-remoto.txt").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert max(map(len, content.decode("cp1252").splitlines())) <= 72


def test_the_writing_guide_says_its_title_and_author() -> None:
    page = (APPROVED / "Manuais" / "Guia de redação.html").read_text(encoding="utf-8")
    assert "<title>Guia de redação do NIC</title>" in page
    assert '<meta name="author" content="Camila Furtado">' in page


@pytest.mark.slow
def test_generating_twice_gives_the_same_bytes(generated: Path, tmp_path: Path) -> None:
    again = generate(tmp_path, "Asia/Tokyo")
    for path in files_under(generated):
        assert (generated / path).read_bytes() == (again / path).read_bytes(), path


def test_the_generator_reproduces_the_folder(generated: Path) -> None:
    # Contents, not bytes: another zlib, Pillow or reportlab writes the same document a little differently.
    assert files_under(generated) == files_under(APPROVED)
    for path in files_under(generated):
        if is_picture(path):
            assert np.abs(pixels_of(generated / path) - pixels_of(APPROVED / path)).mean() < 2, path
        elif path.name != CORRUPT.name:
            assert text_in(generated / path) == text_in(APPROVED / path), path


def test_questions_name_each_a_document_once() -> None:
    assert len({question["qid"] for question in QUESTIONS}) == len(QUESTIONS) == 12
    assert all((SAMPLES / question["path"]).is_file() for question in QUESTIONS)


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if not is_picture(Path(q["path"]))], ids=lambda question: question["qid"]
)
def test_an_answer_stands_in_its_document_and_in_no_other(question: dict[str, Any]) -> None:
    readable = [path for path in files_under(APPROVED) if not is_picture(path) and path.name != CORRUPT.name]
    holders = [
        path.as_posix() for path in readable if all(answer in text_in(APPROVED / path) for answer in question["answer"])
    ]
    assert f"30-Aprovados/{holders[0]}" == question["path"]
    assert len(holders) == 1


@pytest.mark.slow
@pytest.mark.parametrize("question", [q for q in QUESTIONS if is_picture(Path(q["path"]))], ids=lambda q: q["qid"])
def test_an_answer_in_a_picture_is_readable_by_ocr(question: dict[str, Any], read_picture: Callable[..., Any]) -> None:
    grey = pixels_of(SAMPLES / question["path"]).astype(np.uint8)
    text = " ".join(read_picture(np.stack([grey] * 3, axis=-1)).txts)
    assert all(answer in text for answer in question["answer"])
