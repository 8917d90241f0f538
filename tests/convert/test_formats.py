"""Office and HTML files keep all of their text, and files are what their content says."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from PIL import Image

from pipeline.convert.formats import ENCRYPTED_OFFICE, OLE_SIGNATURE, real_format
from pipeline.convert.text_export import document_text
from pipeline.errors import ErrorCode, PermanentError
from tests.support.documents import PARAGRAPH, body_texts, converted, pdf, prose


def test_a_docx_keeps_headings_tables_and_properties(tmp_path: Path) -> None:
    file = docx.Document()
    file.core_properties.title, file.core_properties.author = "Plano de Ensino", "Ana Souza"
    file.core_properties.keywords = "plano; ensino"
    file.add_heading("Plano", level=1)
    file.add_paragraph(PARAGRAPH)
    table = file.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Carga", "60 horas"
    file.save(str(tmp_path / "plano.docx"))
    document, conversion = converted(tmp_path / "plano.docx")
    assert PARAGRAPH in body_texts(document)
    assert "Carga | 60 horas" in document_text(tmp_path / "plano.docx.document.json")
    assert conversion.engine == "docling"
    assert conversion.properties.title == "Plano de Ensino"
    assert conversion.properties.author == "Ana Souza"
    assert conversion.properties.tags == ("plano", "ensino")


def test_speaker_notes_are_body_text(tmp_path: Path) -> None:
    file = pptx.Presentation()
    slide = file.slides.add_slide(file.slide_layouts[5])
    slide.shapes.title.text = "Resultados"
    slide.notes_slide.notes_text_frame.text = "Lembrar da meta de 2030."
    file.save(str(tmp_path / "aula.pptx"))
    document, conversion = converted(tmp_path / "aula.pptx")
    assert "Lembrar da meta de 2030." in body_texts(document)
    assert conversion.page_count == 1
    assert conversion.properties.title is None  # "PowerPoint Presentation" is nobody's title


def test_every_sheet_is_read(tmp_path: Path) -> None:
    file = openpyxl.Workbook()
    for name in ("Vagas", "Turmas"):
        sheet = file.create_sheet(name)
        sheet.append([f"Curso de {name}", "Total"])
        sheet.append(["Direito", 40])
    file.save(tmp_path / "dados.xlsx")
    converted(tmp_path / "dados.xlsx")
    text = document_text(tmp_path / "dados.xlsx.document.json")
    assert "Curso de Vagas | Total\nDireito | 40" in text
    assert "Curso de Turmas" in text


def test_html_before_the_first_heading_is_text_and_the_head_gives_properties(tmp_path: Path) -> None:
    source = tmp_path / "pagina.html"
    source.write_text(
        "<html lang='pt-BR'><head><title>Edital 5</title><meta name='author' content='Ana'>"
        "<meta name='keywords' content='edital, bolsa'></head><body><p>Antes do título.</p><h1>Edital</h1>"
        "<p>Depois.</p><img src='http://127.0.0.1:9/x.png'></body></html>",
        encoding="utf-8",
    )
    document, conversion = converted(source)
    assert body_texts(document) == ["Antes do título.", "Edital", "Depois."]
    assert conversion.properties.title == "Edital 5"
    assert conversion.properties.author == "Ana"
    assert conversion.properties.tags == ("edital", "bolsa")
    assert conversion.properties.language == "pt-BR"


def test_content_never_leads_to_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a document opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    source = tmp_path / "rastreador.html"
    source.write_text("<p>a</p><img src='http://example.org/x.png'><link href='http://example.org/c.css'>")
    document, _ = converted(source)
    assert "a" in body_texts(document)


def test_a_wrong_extension_is_converted_and_reported(tmp_path: Path) -> None:
    source = tmp_path / "oficio.docx"
    source.write_bytes(pdf(prose(PARAGRAPH)))
    document, conversion = converted(source)
    assert PARAGRAPH in body_texts(document)
    assert conversion.warnings == ("The file is named .docx but is PDF; it was converted as such.",)


def test_an_upper_case_or_long_extension_is_no_wrong_one() -> None:
    assert real_format(b"\xff\xd8\xff\xe0", "jpeg") == "jpg"
    assert real_format(b"# %PDF- explained", "md") == "md"


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OLE_SIGNATURE + b"\0" * 512 + ENCRYPTED_OFFICE, ErrorCode.ENCRYPTED),
        (OLE_SIGNATURE + b"\0" * 512, ErrorCode.UNSUPPORTED),
        (archive("photo.raw"), ErrorCode.UNSUPPORTED),
        (archive("word/document.xml")[:-30], ErrorCode.CORRUPT),
        (b"\0\1\2", ErrorCode.CORRUPT),
        (b"", ErrorCode.CORRUPT),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"b" * 64 + b"\nsize 9\n", ErrorCode.LFS_MISSING),
    ],
    ids=["password", "old office", "other archive", "cut archive", "noise", "empty", "pointer"],
)
def test_office_files_that_cannot_be_read_say_why(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(PermanentError) as raised:
        real_format(data, "docx")
    assert raised.value.code == code


def test_a_docx_that_is_broken_inside_is_corrupt(tmp_path: Path) -> None:
    source = tmp_path / "broken.docx"
    source.write_bytes(archive("word/document.xml", "[Content_Types].xml"))
    with pytest.raises(PermanentError) as raised:
        converted(source)
    assert raised.value.code == ErrorCode.CORRUPT


def test_importing_the_package_loads_no_docling() -> None:
    script = (
        "import sys, pipeline.convert; sys.exit(any(name.startswith(('docling', 'torch')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("name", ["webp", "gif", "tiff", "bmp"])
def test_an_image_of_another_kind_is_known_by_its_content(name: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(buffer, name.upper())
    assert real_format(buffer.getvalue(), "jpg") == name


@pytest.mark.parametrize("name", ["avif"])
def test_an_image_that_is_not_read_says_what_it_is_and_what_to_do(name: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(buffer, name.upper())
    with pytest.raises(PermanentError, match=rf"is a {name.upper()} image.* save it as PNG or JPG") as raised:
        real_format(buffer.getvalue(), "jpg")
    assert raised.value.code == ErrorCode.UNSUPPORTED


@pytest.mark.parametrize("text", [b"BM - Boletim Mensal", b"RIFF e WEBP em um texto", b"GIF e TIFF"])
def test_a_text_about_images_is_a_text(text: bytes) -> None:
    assert real_format(text, "txt") == "txt"
