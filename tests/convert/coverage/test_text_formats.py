"""Web pages, Markdown, plain text, CSV, RTF, EPUB and OpenDocument: what a reader sees is counted."""

from __future__ import annotations

import base64

import pytest

from pipeline.convert.coverage.decoding import text_of
from tests.convert.coverage.measured import archive, left_out, measured, missing
from tests.convert.coverage.test_pictures import typed
from tests.support.documents import png

OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = " ".join(
    f'xmlns:{name}="{OFFICE}:{urn}:1.0"'
    for name, urn in (
        *(("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style")),
        *(("presentation", "presentation"), ("svg", "svg-compatible")),
    )
)


def page(body: str) -> bytes:
    return f"<html><head><title>x</title><style>p {{}}</style></head><body>{body}</body></html>".encode()


def test_every_visible_part_of_a_page_is_counted() -> None:
    body = (
        "<p>Pa<b>rá</b>grafo</p><script>nada()</script><table><tfoot><tr><td>Total geral</td></tr></tfoot></table>"
        "<footer>Portaria nove</footer><input value='Fulana'><img alt='selo antigo'>"
    )
    assert missing(page(body), "html", "Parágrafo") == {
        "table_cell": (2, ("block 2",)),
        "footer": (2, ("block 3",)),
        "form_value": (1, ("block 3",)),
        "alt_text": (2, ("block 3",)),
    }


def test_struck_and_hidden_parts_of_a_page_are_left_out_on_purpose() -> None:
    data = page("<p>prazo de <s>cinco dias</s> dez dias</p><p style='display: none'>oculto</p>")
    assert missing(data, "html", "prazo de dez dias") == {}
    assert left_out(data, "html", "prazo de dez dias") == {"body": 3}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_letters_are_read_in_the_encoding_they_are_written_in(encoding: str) -> None:
    text = "Comissão de ética: ação e prorrogação — “órgão”"
    assert missing(text.encode(encoding), "txt", text) == {}
    assert missing(text.encode(encoding), "txt", "Comiss?o de ?tica")["body"][0] > 3


def test_one_bad_byte_loses_no_other_letter() -> None:
    data = "aprovação do órgão e a prorrogação".encode().replace(b" e ", b" \xff ")
    assert missing(data, "txt", "aprovação do órgão a prorrogação") == {}


def test_markdown_is_counted_without_its_markup() -> None:
    data = (
        "---\ntítulo: Norma\n---\n# Objetivo\n\n1. **Regu**lar o [estágio](https://exemplo.br/a_b)\n\n| a | b |\n"
        "|---|---|\n| um | dois |\n\n<!-- nota -->\n![selo](selo.png)\n\n```python\ncodigo\n```\n&amp; x\\_y\n"
    ).encode()
    text = "Objetivo. Regular o estágio. a b um dois. selo. codigo. & x_y"
    assert missing(data, "md", text) == {}
    assert left_out(data, "md", text) == {"properties": 2}
    assert missing(data, "md", text.replace("um dois", "")) == {"body": (2, ("line 8",))}


def test_time_does_not_explode_on_markup_that_is_never_closed() -> None:
    for pattern in ("<!--", "](a(", "\n \n", "<p ", "[x](" * 3):
        assert measured(pattern.encode() * 20_000, "md").text_coverage is not None


def test_rows_of_a_csv_are_counted_cell_by_cell() -> None:
    assert missing(b'1,2,3\n4,5,"6,7"\n', "csv", "1 | 2 | 3\n4 | 5 |") == {"table_cell": (1, ("row 2",))}
    assert missing(b'x;y\n"aberto;1\n', "csv", "x y aberto 1") == {}


def test_an_rtf_is_counted_without_its_control_words() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\header Cabe\'e7alho\par}Aprova\u231?\u227?o "
        rb"{\b pr\'e9via}\par{\pict\bin4 abcd}{\field{\*\fldinst PAGE}{\fldrslt 7}}{\footnote nota um}"
        rb"{\deleted fora}fim\par}"
    )
    assert missing(data, "rtf", "Aprovação prévia") == {
        "body": (1, ("paragraph 2",)),
        "header": (1, ("header 1",)),
        "footnote": (2, ("footnote 1",)),
    }
    assert left_out(data, "rtf", "Aprovação prévia") == {"deleted": 1}


def test_the_chapters_of_a_book_are_counted_in_order() -> None:
    book = archive(
        {
            "META-INF/container.xml": "<c><rootfiles><rootfile full-path='OPS/a.opf'/></rootfiles></c>",
            "OPS/a.opf": (
                "<p><manifest><item id='x' href='um%20a.xhtml'/><item id='y' href='dois.xhtml'/></manifest>"
                "<spine><itemref idref='y'/><itemref idref='x'/></spine></p>"
            ),
            "OPS/um a.xhtml": "<html><body><p>primeiro escrito</p></body></html>",
            "OPS/dois.xhtml": "<html><body><p>lido antes</p></body></html>",
        }
    )
    assert missing(book, "epub", "lido antes") == {"body": (2, ("chapter 2, block 1",))}


def open_document(content: str, styles: str = "") -> bytes:
    return archive(
        {
            "content.xml": f"<office:document-content {NAMESPACES}>{content}</office:document-content>",
            "styles.xml": f"<office:document-styles {NAMESPACES}>{styles}</office:document-styles>",
        }
    )


def test_every_part_of_an_odt_is_counted() -> None:
    content = (
        "<office:body><office:text><text:tracked-changes><text:p>fora</text:p></text:tracked-changes>"
        "<text:p>Cor<text:span>po</text:span><text:s/>único<text:note text:note-class='footnote'><text:note-citation>1"
        "</text:note-citation><text:note-body><text:p>nota dela</text:p></text:note-body></text:note>"
        "<office:annotation><text:p>rever</text:p></office:annotation><draw:frame><draw:text-box><text:p>caixa</text:p>"
        "</draw:text-box><svg:desc>selo</svg:desc></draw:frame></text:p>"
        "<table:table><table:table-cell><text:p>célula</text:p></table:table-cell></table:table>"
        "</office:text></office:body>"
    )
    header = "<style:header><text:p>Processo 48<text:page-number>2</text:page-number></text:p></style:header>"
    styles = f"<office:master-styles>{f'<style:master-page>{header}</style:master-page>' * 2}</office:master-styles>"
    data = open_document(content, styles)
    assert missing(data, "odt", "Corpo único") == {
        "footnote": (2, ("footnote 1",)),
        "text_box": (1, ("text box 1",)),
        "alt_text": (1, ("alt text 1",)),
        "table_cell": (1, ("table cell 1",)),
        "header": (2, ("header 1",)),
    }
    assert left_out(data, "odt", "Corpo único") == {"deleted": 1, "comment": 1, "header": 2}


def test_hidden_sheets_and_slides_of_open_documents_are_counted_as_such() -> None:
    styles = (
        "<office:automatic-styles><style:style style:name='h'><style:table-properties table:display='false'/>"
        "<style:drawing-page-properties presentation:visibility='hidden'/></style:style></office:automatic-styles>"
    )
    cell = "<table:table-row><table:table-cell><text:p>apoio</text:p></table:table-cell></table:table-row>"
    sheet = f"<table:table table:name='Dados' table:style-name='h'>{cell}</table:table>"
    ods = open_document(f"{styles}<office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body>")
    assert missing(ods, "ods") == {"hidden_sheet": (1, ("hidden sheet Dados, hidden sheet 1",))}
    box = "<draw:frame><draw:text-box><text:p>reserva</text:p></draw:text-box></draw:frame>"
    slide = f"<draw:page draw:style-name='h'>{box}<presentation:notes>{box}</presentation:notes></draw:page>"
    odp = open_document(f"{styles}<office:body><office:presentation>{slide}</office:presentation></office:body>")
    found = missing(odp, "odp")
    assert found["hidden_slide"][0] == 1
    assert found["note"][0] == 1


def test_a_picture_in_a_web_page_is_named() -> None:
    data = f"<img src='data:image/png;base64,{base64.b64encode(png(typed('imagemtexto da ata'))).decode()}'>"
    assert missing(page(f"<p>Texto.</p>{data}"), "html", "Texto.") == {"picture": (0, ("picture 1",))}


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_bytes_among_nuls_are_no_wide_characters(name: str) -> None:
    """A text with as many NULs as letters was reported as not read, although all of it was."""
    text = "O conselho aprova a licença."
    assert text_of(text.encode(name)).replace("\0", "") == text
    assert text_of(f"{text}{chr(0) * 5000}".encode()).strip("\0") == text
    ridden = "".join(f"{letter}\0\0" if number % 2 else letter for number, letter in enumerate(text))
    assert text_of(ridden.encode()).replace("\0", "") == text
