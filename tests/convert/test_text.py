"""Plain text stays as it was written, in whatever encoding it comes."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from pipeline.convert.charset import decode
from pipeline.convert.text import join_wrapped
from tests.support.documents import converted

SENTENCE = "A avaliação é anual — não há recurso à decisão."


def test_what_looks_like_markup_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "notes.txt"
    source.write_text("# x\n\nuse <tag> & **this**\n\n    indented\n\n1. one\n2. two\n", encoding="utf-8")
    document, conversion = converted(source)
    assert [item.text for item in document.texts] == ["# x", "use <tag> & **this**", "    indented", "1. one\n2. two"]
    assert {item.label.value for item in document.texts} == {"text"}
    assert conversion.engine == "text"
    assert conversion.quality_score == 1.0
    assert conversion.page_count is None


@pytest.mark.parametrize(
    "data",
    [
        SENTENCE.encode("utf-8"),
        codecs.BOM_UTF8 + SENTENCE.encode("utf-8"),
        SENTENCE.encode("utf-16"),
        codecs.BOM_UTF16_BE + SENTENCE.encode("utf-16-be"),
        SENTENCE.encode("utf-16-le"),
        SENTENCE.encode("utf-32"),
        SENTENCE.encode("cp1252"),
        SENTENCE.replace("—", "-").encode("latin-1"),
    ],
    ids=["utf-8", "utf-8 bom", "utf-16", "utf-16-be", "utf-16 without bom", "utf-32", "cp1252", "latin-1"],
)
def test_any_usual_encoding_is_read(data: bytes) -> None:
    text, warnings = decode(data)
    assert text.replace("-", "—") == SENTENCE
    assert not [warning for warning in warnings if "NUL" in warning]


def test_a_guessed_encoding_is_reported() -> None:
    assert decode(SENTENCE.encode("utf-8"))[1] == []
    assert "not UTF-8" in decode(SENTENCE.encode("cp1252"))[1][0]


def test_nul_characters_are_removed_and_reported() -> None:
    text, warnings = decode(b"um\x00 texto longo o bastante")
    assert text == "um texto longo o bastante"
    assert warnings


def test_a_phrase_across_a_wrapped_line_is_found_and_the_original_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "wrapped.txt"
    written = (
        "O prazo para a entrega do relatório final do estágio\nsupervisionado é de dez dias, a contar da publi-\ncação."
    )
    source.write_text(written, encoding="utf-8")
    document, _ = converted(source)
    assert "relatório final do estágio supervisionado" in document.texts[0].text
    assert "a contar da publicação." in document.texts[0].text
    assert document.texts[0].orig == written


def test_lines_that_were_ended_on_purpose_stay_lines() -> None:
    poem = "Minha terra tem palmeiras,\nOnde canta o Sabiá;"
    assert join_wrapped(poem) == poem
    items = "Os documentos que devem ser entregues são os seguintes:\n- diploma\n- histórico"
    assert join_wrapped(items) == items


def test_an_empty_file_is_a_document_without_text(tmp_path: Path) -> None:
    source = tmp_path / "empty.txt"
    source.write_bytes(b"")
    document, conversion = converted(source)
    assert not document.texts
    assert conversion.warnings == ("No text was found in the document.",)
