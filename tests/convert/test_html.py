"""An HTML page keeps all that it shows, once, and nothing that its author hid."""

from __future__ import annotations

import io
import time
import warnings
from pathlib import Path

import pytest
from docling.datamodel.base_models import DocumentStream

from pipeline.convert.conversion import extract
from pipeline.convert.converter import document_converter
from pipeline.convert.html import page
from pipeline.convert.html.page import parsed, prepare_html
from pipeline.convert.html.rewrite import MOST_WRAPPERS, leave_out_shapes, unwrap_wrappers
from pipeline.convert.pictures import PictureReader
from pipeline.convert.text_export import document_text
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import body_texts, converted

SENTENCE = "Comissão de ética: ação e prorrogação."


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    return Shown(tmp_path / "pagina.html")


class Shown:
    """What a reader of the converted page sees."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.warnings: tuple[str, ...] = ()

    def __call__(self, page: str | bytes) -> str:
        self.file.write_bytes(
            page if isinstance(page, bytes) else f"<!doctype html><meta charset=utf-8>{page}".encode()
        )
        _, conversion = converted(self.file)
        self.warnings = conversion.warnings
        return document_text(self.file.with_name("pagina.html.document.json"))


@pytest.mark.parametrize(
    ("page", "warning"),
    [
        (f"<p>{SENTENCE}</p>".encode("cp1252"), "The text is not UTF-8; it was read as cp1252."),
        (f"<meta charset=utf-8><p>{SENTENCE}".encode("cp1252"), "The text is not UTF-8; it was read as cp1252."),
        (f"<meta charset=iso-8859-1><p>{SENTENCE}".encode("cp1252"), None),
        (f"<?xml version='1.0' encoding='iso-8859-1'?><html><p>{SENTENCE}</p></html>".encode("cp1252"), None),
        (b"\xef\xbb\xbf" + f"<meta charset=iso-8859-1><p>{SENTENCE}".encode(), None),
        (f"<meta charset=utf-16><p>{SENTENCE}".encode(), None),
        (f"<html><p>{SENTENCE}".encode("utf-16"), None),
        (f"<meta charset=latin1><p>{SENTENCE}".encode(), "The page declares another charset; it was read as utf-8."),
    ],
)
def test_a_page_is_read_in_its_charset_whatever_it_declares(shown: Shown, page: bytes, warning: str | None) -> None:
    assert shown(page) == SENTENCE
    assert shown.warnings == ((warning,) if warning else ())


def test_quotes_of_a_page_in_iso_8859_1_are_those_of_windows(shown: Shown) -> None:
    assert shown("<meta charset=iso-8859-1><p>“aspas” – € 5…".encode("cp1252")) == "“aspas” – € 5…"


def test_typographic_signs_stay_as_they_are_everywhere(shown: Shown) -> None:
    page = "<title>“T”</title><h1>Anexo – II</h1><ul><li>‘a’…</ul><table><tr><td>“b” — c<td><b>d–e</b> f</table>"
    assert shown(page) == "“T”\n\nAnexo – II\n\n‘a’…\n\n“b” — c | d–e f"


def test_one_bad_byte_is_one_replacement(shown: Shown) -> None:
    assert shown(f"<meta charset=utf-8><p>{SENTENCE} ".encode() + b"\xe9 fim.") == f"{SENTENCE} \ufffd fim."
    assert shown.warnings == ("Damaged byte sequences, each replaced by the character U+FFFD: 1.",)


def test_noise_named_html_is_no_text(shown: Shown) -> None:
    with pytest.raises(PermanentError) as raised:
        shown(bytes(range(256)) * 40)
    assert raised.value.code is ErrorCode.UNSUPPORTED


ELEMENTS = """
    address article aside bdi blockquote button center cite code dd del details dialog div dt fieldset figcaption figure
    footer form h1 h6 header hgroup iframe label legend li listing main mark menu nav noscript object output p pre q s
    section small strike summary svg textarea tt u video x-custom xmp
"""
FALLEN = {
    "tfoot": "<table><tfoot><tr><td>palavra</table>",
    "rows in a form": "<table><form><tr><td>palavra</form></table>",
    "text in a table": "<table>palavra<tr><td>x</table>",
    "text in a row": "<table><tr>palavra<td>x</table>",
    "text in a definition list": "<dl>palavra<dt>x</dl>",
    "group of options": "<select><optgroup label=palavra><option>x</select>",
    "frame": "<iframe srcdoc='&lt;p>palavra&lt;/p>'></iframe>",
    "map": "<map><area alt=palavra></map>",
    "picture in a cell": "<table><tr><td><img alt=palavra></table>",
    "picture with a caption": "<figure><img src=x alt=palavra><figcaption>y</figcaption></figure>",
    "for eyes only": "<p aria-hidden=true>palavra</p>",
    "value": "<p>Nome <input value=palavra></p>",
    "button": "<input type=submit value=palavra>",
    "broken word": "<p>pala<wbr>vra</p>",
    "commented word": "<p>pala<!-- x -->vra</p>",
    "word in two spans": "<p><span>pala</span><span>vra</span></p>",
    "soft hyphen": "<p>pala&shy;vra</p>",
    "before a script shows it": "<body style='opacity:0'>palavra</body>",
}


@pytest.mark.parametrize("name", ELEMENTS.split())
def test_the_text_of_every_element_is_kept_once(shown: Shown, name: str) -> None:
    assert shown(f"<p>antes</p><{name}>palavra</{name}><p>depois</p>").replace("~", "").count("palavra") == 1


@pytest.mark.parametrize("page", FALLEN.values(), ids=FALLEN)
def test_text_that_docling_drops_is_kept_once(shown: Shown, page: str) -> None:
    assert shown(f"<p>antes</p>{page}<p>depois</p>").count("palavra") == 1


MENDED = {name: FALLEN[name] for name in ("tfoot", "frame", "group of options", "text in a definition list")}
MENDED |= {"footer": "<h1>t</h1><footer>palavra</footer>", "noscript": "<noscript>palavra</noscript>"}


@pytest.mark.parametrize("page", MENDED.values(), ids=MENDED)
def test_docling_still_changes_it(page: str) -> None:
    """If this fails, Docling is mended, and what `html.rewrite` or `html.tables` does about it can go."""
    stream = DocumentStream(name="x.html", stream=io.BytesIO(f"<meta charset=utf-8><p>“p” – a</p>{page}".encode()))
    document = document_converter(ConversionSettings()).convert(stream).document
    cells = [cell.text for table in document.tables for cell in table.data.table_cells]
    assert "palavra" not in [*body_texts(document), *cells]
    assert '"p" - a' in [item.text for item in document.texts], "html.punctuation can go"


@pytest.mark.parametrize(
    "page",
    [
        "<p hidden>oculta</p>",
        "<p>a <span style='display: none'>oculta</span></p>",
        "<table><tr><td>a<td style='visibility:hidden'>oculta</table>",
        "<input type=hidden value=oculta>",
        "<template>oculta</template>",
        "<script>oculta</script>",
        "<svg><metadata>oculta</metadata></svg>",
    ],
)
def test_what_the_author_hid_is_left_out(shown: Shown, page: str) -> None:
    assert "oculta" not in shown(f"<p>antes</p>{page}<p>depois</p>")


def test_totals_stand_below_the_rows(shown: Shown) -> None:
    table = "<table><thead><tr><th>Item<th>Valor</thead><tfoot><tr><td>Total<td>9</tfoot><tbody><tr><td>a<td>9</table>"
    assert shown(table) == "Item | Valor\na | 9\nTotal | 9"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Art. 1 <s>velho</s> novo.</p>", "Art. 1 ~~velho~~ novo."),
        ("<p><strike>O prazo é de cinco dias.</strike></p>", "~~O prazo é de cinco dias.~~"),
        ("<del><p>um</p><p>dois</p></del>", "~~um~~\n\n~~dois~~"),
        ("<p style='text-decoration: underline line-through'>velho</p>", "~~velho~~"),
        ("<style>.c3,p.r{text-decoration:line-through}</style><p>a <span class='x c3'>b</span></p>", "a ~~b~~"),
        ("<s><span style='text-decoration-line:line-through'>x</span></s>", "~~x~~"),
        ("<table><tr><td><s>1</s><td>2</table>", "~~1~~ | 2"),
        ("<h1><del>Velho</del> Novo</h1>", "~~Velho~~ Novo"),
        ("<p><s> </s>x</p>", "x"),
    ],
)
def test_struck_text_is_marked(shown: Shown, page: str, text: str) -> None:
    assert shown(page) == text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p><input type=checkbox checked> Deferido</p>", "[x] Deferido"),
        ("<p><input type=checkbox> Deferido</p>", "[ ] Deferido"),
        ("<div class=checkbox><label><input type=radio checked>Sim</label></div>", "[x] Sim"),
        ("<table><tr><td><input type=checkbox checked>Sim<td>x</table>", "[x] Sim | x"),
        ("<select><option>A<option selected>B</select>", "[ ] A [x] B"),
        ("<select><option>A<option>B</select>", "A B"),
    ],
)
def test_the_state_of_boxes_and_lists_is_kept(shown: Shown, page: str, text: str) -> None:
    assert " ".join(shown(page).split()) == text


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("<a href='https://x.br/e?a=1&amp;b=2'>edital</a>", "edital (https://x.br/e?a=1&b=2)"),
        ("<a href='https://www.x.br/'>x.br</a>", "x.br"),
        ("<a href='https://x.br/ação'>https://x.br/a%C3%A7%C3%A3o</a>", "https://x.br/a%C3%A7%C3%A3o"),
        ("<a href='mailto:a@x.br?subject=z'>correio</a>", "correio (a@x.br)"),
        ("<a href='../norma.html'>norma</a>", "norma"),
        ("<a href='#fim'>fim</a>", "fim"),
        ("<a href='javascript:x()'>abrir</a>", "abrir"),
        ("<a href='data:text/html,x'>dado</a>", "dado"),
    ],
)
def test_where_a_link_leads_is_written_once(shown: Shown, link: str, text: str) -> None:
    assert shown(f"<p>{link}</p>") == text
    assert shown(f"<table><tr><td>{link}</td><td>x</td></tr></table>") == f"{text} | x"


def test_lists_have_the_numbers_that_browsers_show(shown: Shown) -> None:
    assert shown("<ol type=I start=3><li>um<li>dois</ol>") == "III. um\n\nIV. dois"
    assert shown("<ol><li>um<li value=7>sete<li>oito</ol>") == "1. um\n\n7. sete\n\n8. oito"
    assert shown("<ol style='list-style:none'><li>um</ol>").strip() == "um"


@pytest.mark.parametrize("data", [b"", b" \n", b"<!-- x -->", "<p>\u200b\u00ad</p>&nbsp;".encode()])
def test_a_blank_page_is_a_document_without_text(data: bytes) -> None:
    _, conversion = extract(data, "html", ConversionSettings())
    assert conversion.warnings == ("No text was found in the document.",)


@pytest.mark.parametrize(
    "page",
    [
        f"<style>{'x' * 200_000}</style>a",
        f"<p style='{'text-decoration:' * 20_000}'>a",
        f"<a href='mailto:{'@' * 1900} x'>a</a>" * 200,
        f"<figure>{'<img alt=x>' * 20_000}<figcaption>c</figcaption></figure>",
        f"<p>{'<span>a</span>' * 50_000}",
        f"<p>{'<s>a</s>' * 20_000}",
    ],
    ids=["style sheet", "style", "addresses", "pictures", "spans", "strikes"],
)
def test_preparing_a_page_takes_linear_time(page: str) -> None:
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepare_html(page.encode(), ConversionSettings(), PictureReader(ConversionSettings()))
    assert time.process_time() - started < 10


def test_elements_of_word_do_not_part_words(shown: Shown) -> None:
    assert shown("<p>Aviso de preg<o:p></o:p><b>ão</b> no <st1:City w:st=on>Reci</st1:City>fe</p>") == (
        "Aviso de pregão no Recife"
    )


def test_a_script_is_not_taken_for_a_tag_of_very_many_attributes(shown: Shown) -> None:
    words = "i<n && " + "word " * 6_000
    assert "dez dias" in shown(f"<p>dez dias</p><script>{words}</script>")


@pytest.mark.parametrize(
    "body",
    [
        "<p>a <svg><path d='M0'/></svg> b</p>",
        "<div>a <svg> <g> <path/> <title>t</title></g></svg> b</div>",
        "<ul><li><svg><path/></svg> x<li>y <svg><use/></svg></ul>",
        "<h1><svg><circle/></svg>T</h1><button><svg><path/></svg>OK</button>",
        "<div><svg><text>a<tspan>b</tspan></text><rect/><text>c</text><g><g/>d</g></svg></div>",
        "<svg><image href='x.png'/><foreignObject><div>q<p></p></div></foreignObject></svg>",
    ],
)
def test_shapes_of_a_drawing_are_left_out_and_change_nothing_else(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = extract(body.encode(), "html", ConversionSettings(ocr_engine="none"))
    monkeypatch.setattr(page, "STEPS", [step for step in page.STEPS if step is not leave_out_shapes])
    assert found == extract(body.encode(), "html", ConversionSettings(ocr_engine="none"))[0]


@pytest.mark.parametrize("tag", ["div", "section", "x-y", "foo"])
def test_elements_that_only_wrap_each_other_are_unwrapped_and_change_nothing_else(
    tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"<p>a</p>{f'<{tag}>' * 60}um <b>dois</b><p>três</p>{f'</{tag}>' * 60}<ul><li>{f'<{tag}>' * 60}x</ul>"
    tree = parsed(body)
    assert tree is not None
    unwrap_wrappers(tree)
    assert sum(element.tag == tag for element in tree.iter("*")) == 2 * MOST_WRAPPERS
    found, _ = extract(body.encode(), "html", ConversionSettings(ocr_engine="none"))
    monkeypatch.setattr(page, "STEPS", [step for step in page.STEPS if step is not unwrap_wrappers])
    assert found == extract(body.encode(), "html", ConversionSettings(ocr_engine="none"))[0]


@pytest.mark.parametrize("body", ["<blockquote>" * 60 + "x", "<ul><li>" * 60 + "x", "<div>a" * 60, "<div>" * 20 + "x"])
def test_elements_that_mean_something_by_their_number_stay(body: str) -> None:
    tree = parsed(body)
    assert tree is not None
    before = [element.tag for element in tree.iter("*")]
    unwrap_wrappers(tree)
    assert [element.tag for element in tree.iter("*")] == before


def test_a_drawing_of_very_many_shapes_costs_no_more_than_to_read_it() -> None:
    """Eight hundred kilobytes took the whole time limit: each level looked at all shapes below it."""
    shapes = parsed(f"<svg>{'<g>' * 200}{'<path/>' * 50_000}{'</g>' * 200}<text>a</text></svg>")
    assert shapes is not None
    leave_out_shapes(shapes)
    assert [element.tag for element in shapes.iter("*")] == ["html", "body", "svg", "text"]
