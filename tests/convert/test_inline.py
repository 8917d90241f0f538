"""The text of a paragraph is one, whatever its formatting, in HTML and Markdown as in Office files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.convert.text_export import document_text
from tests.support.documents import converted

FORMATTED = {
    "bold": ("preg<b>ão</b>", "pregão"),
    "nested": ("preg<strong><em>ã</em>o</strong> 5", "pregão 5"),
    "number": ("R$ 1.234<span>,56</span>.", "R$ 1.234,56."),
    "index": ("H<sub>2</sub>O e m<sup>2</sup>", "H2O e m2"),
    "code": ("use <code>f(x)</code>, não g", "use f(x), não g"),
    "link": ("veja <a href='#x'>o edi</a>tal.", "veja o edital."),
}


def exported(source: Path, text: str) -> str:
    source.write_text(text, encoding="utf-8")
    converted(source)
    return document_text(source.with_name(f"{source.name}.document.json"))


@pytest.mark.parametrize(("page", "text"), FORMATTED.values(), ids=FORMATTED)
def test_formatting_splits_no_word_of_html(tmp_path: Path, page: str, text: str) -> None:
    cells = f"<tr><th>{page}</th></tr><tr><td>{page}</td></tr>"
    whole = f"<h1>{page}</h1><p>{page}</p><ul><li>{page}</li></ul><table>{cells}</table>"
    assert exported(tmp_path / "a.html", whole) == f"{text}\n\n{text}\n\n{text}\n\n{text}\n{text}"


def test_blocks_of_code_in_html_stay_code(tmp_path: Path) -> None:
    source = tmp_path / "a.html"
    source.write_text(
        "<p>a</p><pre><code class='language-python'>def f():\n    return 1</code></pre>", encoding="utf-8"
    )
    document, _ = converted(source)
    assert [(item.label.value, item.text) for item in document.texts][1:] == [("code", "def f():\n    return 1")]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("preg**ão** de *vi*gência", "pregão de vigência"),
        ("`f(x)`, \\*isso\\* &amp; &lt;aquilo&gt;", "f(x), *isso* & <aquilo>"),
        ("de ~~cinco **dias**~~ dez", "de ~~cinco dias~~ dez"),
        ("[o edi**tal**](https://gov.br/e?a=1&b=2).", "o edital (https://gov.br/e?a=1&b=2)."),
        ("veja <https://gov.br/e>", "veja https://gov.br/e"),
        ("preg<b>ão</b> 5", "pregão 5"),
    ],
)
def test_formatting_splits_no_word_of_markdown(tmp_path: Path, markdown: str, text: str) -> None:
    whole = f"# {markdown}\n\n{markdown}\n\n- {markdown}\n\n| {markdown} |\n|---|\n| {markdown} |\n"
    assert exported(tmp_path / "a.md", whole) == f"{text}\n\n{text}\n\n{text}\n\n{text}\n{text}"


def test_lines_and_code_of_markdown_stay_what_they_are(tmp_path: Path) -> None:
    text = exported(tmp_path / "a.md", "linha **um**\nlinha dois  \ndura\n\n`só código`\n\n```\na\n  b\n```\n")
    assert text == "linha um linha dois\ndura\n\nsó código\n\na\n  b"


def test_html_blocks_in_markdown_leave_words_whole(tmp_path: Path) -> None:
    text = exported(tmp_path / "a.md", "preg**ão**\n\n<div>ver<b>melho</b> <s>cinco</s></div>\n\nfim *do*cumento\n")
    assert text.split("\n\n") == ["pregão", "vermelho ~~cinco~~", "fim documento"]
