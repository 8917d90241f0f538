"""Markdown keeps all of its text; its front matter becomes properties."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.convert.markdown import prepare_markdown
from pipeline.convert.text_export import document_text
from tests.support.documents import body_texts, converted

FRONT_MATTER = """---
título: Norma de Estágio
autor: [Ana Souza, Rui Lima]
data: 2024-03-05
vigência: 01/04/2024
aprovado_em: 2 de abril de 2024
validade: nunca
palavras-chave: [estágio, norma]
versão: 2
idioma: pt-br
---
# Objetivo

Texto.
"""


def write(folder: Path, text: str) -> Path:
    source = folder / "norma.md"
    source.write_text(text, encoding="utf-8")
    return source


def test_front_matter_becomes_properties_and_no_text(tmp_path: Path) -> None:
    document, conversion = converted(write(tmp_path, FRONT_MATTER))
    assert body_texts(document) == ["Objetivo", "Texto."]
    properties = conversion.properties
    assert properties.title == "Norma de Estágio"
    assert properties.author == "Ana Souza, Rui Lima"
    assert properties.created_date == datetime(2024, 3, 5, tzinfo=UTC)
    assert properties.effective_date == datetime(2024, 4, 1, tzinfo=UTC)
    assert properties.approved_date == datetime(2024, 4, 2, tzinfo=UTC)
    assert properties.tags == ("estágio", "norma")
    assert properties.version == "2"
    assert properties.language == "pt-BR"


def test_a_property_that_cannot_be_used_is_a_warning(tmp_path: Path) -> None:
    _, conversion = converted(write(tmp_path, FRONT_MATTER))
    assert conversion.properties.expiration_date is None
    assert conversion.warnings == ("The property expiration_date has a value that cannot be used; it was left out.",)


@pytest.mark.parametrize("text", ["---\na: [b\n---\nTexto.\n", "---\n\nTexto.\n\n---\n\nMais.\n", "---\nTexto.\n"])
def test_what_is_not_front_matter_stays_text(text: str) -> None:
    prepared, found = prepare_markdown(text.encode())
    assert "Texto." in prepared.decode()
    assert found.properties.title is None


def test_placeholders_raw_html_and_tables_keep_their_text(tmp_path: Path) -> None:
    text = (
        "# Contrato de <nome do cliente>\n\nUse <valor> e <b>negrito</b>, ou `<tag>`; veja <https://x.br/y>.\n\n"
        "<div>\nBloco em <i>HTML</i>.\n</div>\n\n<details><summary>Mais</summary>\n\nEscondido.\n\n</details>\n\n"
        "| a | b |\n|---|---|\n| um<br>dois | <n> |\n"
    )
    converted(write(tmp_path, text))
    exported = document_text(tmp_path / "norma.md.document.json")
    for part in ("<nome do cliente>", "<valor>", "negrito", "<tag>", "https://x.br/y", "Bloco em", "HTML", "Mais"):
        assert part in exported
    assert "Escondido." in exported
    assert "um dois | <n>" in exported


def test_images_are_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"not to be read")
    text = f"Antes ![a](http://127.0.0.1:9/x.png) ![b](secret.png) ![c](file://{tmp_path}/secret.png) depois.\n"
    document, _ = converted(write(tmp_path, text))
    assert all(picture.image is None for picture in document.pictures)
    assert "depois." in " ".join(body_texts(document))
