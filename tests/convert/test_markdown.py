"""Markdown keeps all of its text; its front matter becomes properties."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from marko.source import Source

from pipeline.convert.markdown import definitions
from pipeline.convert.markdown.preparation import prepare_markdown
from pipeline.convert.pictures import PictureReader
from pipeline.convert.text_export import document_text, text_of
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import body_texts, converted

READER = PictureReader(ConversionSettings(ocr_engine="none"))
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
    prepared, found = prepare_markdown(text.encode(), READER)
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


def shown(folder: Path, text: str | bytes) -> str:
    """The text that a reader of the converted document sees."""
    source = folder / "norma.md"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    converted(source)
    return document_text(folder / "norma.md.document.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~~O prazo é de cinco dias.~~", "~~O prazo é de cinco dias.~~"),
        ("Art. 1 ~~velho~~ novo.", "Art. 1 ~~velho~~ novo."),
        ("~~**a** b~~ c", "~~a b~~ c"),
        ("<s>velho</s> novo", "~~velho~~ novo"),
        ("- ~~item~~", "~~item~~"),
        ("| a | b |\n|---|---|\n| ~~um~~ | x |", "a | b\n~~um~~ | x"),
        ("`~~código~~`", "~~código~~"),
    ],
)
def test_struck_text_is_marked(tmp_path: Path, text: str, expected: str) -> None:
    assert shown(tmp_path, text) == expected


def test_the_state_of_tasks_is_kept(tmp_path: Path) -> None:
    assert shown(tmp_path, "- [x] feito\n- [ ] por fazer\n  1. [X] ambos\n").split("\n\n") == [
        "[x] feito",
        "[ ] por fazer",
        "1. [X] ambos",
    ]
    assert shown(tmp_path, "<input type=checkbox checked> Deferido") == "[x] Deferido"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[edital](https://x.br/e)", "edital (https://x.br/e)"),
        ("Veja [o **edital**][r]\n\n[r]: https://x.br/e", "Veja o edital (https://x.br/e)"),
        ("<https://x.br/e>", "https://x.br/e"),
        ("https://x.br/e", "https://x.br/e"),
        ("[correio](mailto:a@x.br)", "correio (a@x.br)"),
        ("[norma](../norma.md)", "norma"),
        ("[fim](#fim)", "fim"),
        ("- [edital](https://x.br/e)", "edital (https://x.br/e)"),
        ("# [edital](https://x.br/e)", "edital (https://x.br/e)"),
        ("| [t](https://x.br/t) | b |\n|---|---|\n| c | d |", "t (https://x.br/t) | b\nc | d"),
        ("<a href='https://x.br/x.br'>x.br/x.br</a>", "x.br/x.br"),
        ("[o **edital**](https://x.br/e)", "o edital (https://x.br/e)"),
    ],
)
def test_where_a_link_leads_is_written_once(tmp_path: Path, text: str, expected: str) -> None:
    assert shown(tmp_path, text) == expected


def test_inline_html_links_keep_their_address(tmp_path: Path) -> None:
    assert shown(tmp_path, "Veja <a href='https://x.br/e'>o edital</a>.").count("https://x.br/e") == 1


def test_footers_and_totals_of_html_in_markdown_are_kept(tmp_path: Path) -> None:
    table = "<table><tr><td>a</td></tr><tfoot><tr><td>Total geral</td></tr></tfoot></table>"
    text = shown(tmp_path, f"# Norma\n\n{table}\n\n<footer>Portaria nº 9</footer>\n")
    assert "Total geral" in text
    assert "Portaria nº 9" in text


def test_one_bad_byte_is_one_replacement(tmp_path: Path) -> None:
    source = tmp_path / "norma.md"
    source.write_bytes("# Prorrogação\n\nA aprovação ".encode() + b"\xe9 fim.")
    document, conversion = converted(source)
    assert body_texts(document) == ["Prorrogação", "A aprovação \ufffd fim."]
    assert conversion.warnings == ("Damaged byte sequences, each replaced by the character U+FFFD: 1.",)


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "\u200b\n"])
def test_a_blank_file_is_a_document_without_text(tmp_path: Path, text: str) -> None:
    _, conversion = converted(write(tmp_path, text))
    assert conversion.warnings == ("No text was found in the document.",)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000 + "]" * 20_000,
        "[](" * 20_000,
        "[a](b" * 20_000,
        "`" * 40_000,
        "a" + " " * 40_000 + "b",
        "a" + "\t" * 40_000 + "b",
        ">" * 20_000 + "a",
        "~" * 40_000,
    ],
    ids=lambda text: text[:6],
)
def test_markdown_that_was_built_to_be_slow_ends_in_seconds(tmp_path: Path, text: str) -> None:
    started = time.process_time()
    assert "Fim." in shown(tmp_path, f"{text}\n\nFim.\n") or text[0] == "~"  # an open fence reaches to the end
    assert time.process_time() - started < 20


def test_brackets_beyond_measure_are_still_shown(tmp_path: Path) -> None:
    assert shown(tmp_path, "[a](b) *c* " * 400).count("[a](b) *c*") == 400
    assert shown(tmp_path, "\n".join(f"- [{n}](https://x.br/{n})" for n in range(400))).count("(https://x.br/") == 400


@pytest.mark.parametrize(
    "keys",
    [
        "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 41)),
        "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 41)),
    ],
    ids=["merge keys", "aliases"],
)
def test_front_matter_that_stands_for_millions_of_values_is_text(keys: str) -> None:
    text, found = prepare_markdown(f"---\na0: &a0 {{x: 1}}\n{keys}title: x\n---\nTexto.\n".encode(), READER)
    assert text.endswith(b"Texto.\n")
    assert found.warnings == ("The front matter is not valid YAML; it was kept as text.",)
    assert prepare_markdown(b"---\nautor: &a Ana\nrevisor: *a\n---\n", READER)[1].properties.reviewer == "Ana"


LEVELS = "- " * 5000
ANCHOR = "a0: &a0 {" + ", ".join(f"chave{n}: 1" for n in range(1000)) + "}\na1: *a0\n"


@pytest.mark.parametrize(
    "keys", [f"tags:\n  {LEVELS}x\n", f"tags: {'{a: ' * 5000}\n", ANCHOR], ids=["lists", "maps", "alias"]
)
def test_front_matter_of_thousands_of_levels_or_with_a_large_alias_is_text(keys: str) -> None:
    text, found = prepare_markdown(f"---\ntitle: x\n{keys}---\nTexto.\n".encode(), READER)
    assert text.startswith(b"---\ntitle: x\n")
    assert found.warnings == ("The front matter is not valid YAML; it was kept as text.",)


def test_front_matter_may_have_some_levels() -> None:
    assert prepare_markdown(b"---\ntags: [[[[a]]]]\ntitle: Plano\n---\n", READER)[1].properties.title == "Plano"


def test_front_matter_longer_than_a_chapter_is_text() -> None:
    keys = "".join(f"chave{n}: valor\n" for n in range(5000))
    text, found = prepare_markdown(f"---\ntitle: x\n{keys}---\nTexto.\n".encode(), READER)
    assert text.startswith(b"---\ntitle: x\n")
    assert found.warnings == ("The front matter is too long to be read; it was kept as text.",)


@pytest.mark.slow
@pytest.mark.parametrize("line", ["- [a]: b 'c\n", "> [a]: b 'c\n", "[a]: b 'c\n", "[a]: b (c\n"])
def test_definitions_are_looked_for_no_further_than_they_can_reach(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def noted(text: str) -> Source:
        looked_at.append(len(text))
        return Source(text)

    monkeypatch.setattr(definitions, "Source", noted)
    converted(write(tmp_path, line * 2000 + "\nFim."))
    assert 0 < sum(looked_at) < 2000 * 2 * (definitions.MOST + 3)
    assert max(looked_at) <= definitions.MOST + 3


def test_a_link_is_found_by_its_definition_and_text_in_brackets_stays(tmp_path: Path) -> None:
    text = "Ver [norma][n] e [aberto\n\n- [fora: sim\n\n> [n]: https://exemplo.br 'Título'\n\n[b\n\nc]: d"
    shown = text_of(converted(write(tmp_path, text))[0])
    assert "https://exemplo.br" in shown
    assert [words for words in ("[aberto", "[fora: sim", "[b", "c]: d") if words not in shown] == []
