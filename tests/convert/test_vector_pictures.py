"""Words of drawings (SVG, EMF, WMF) are read in every format that can hold one."""

from __future__ import annotations

import gzip
import io
import struct
from base64 import b64encode

import docx
import openpyxl
import pytest
from openpyxl.drawing.image import Image as SheetPicture
from pptx import Presentation
from pptx.util import Inches

from pipeline.convert.conversion import extract
from pipeline.convert.text_export import text_of
from pipeline.convert.vector_pictures.words import vector_lines
from pipeline.settings.sections import ConversionSettings
from tests.convert.coverage.measured import part, with_parts
from tests.convert.test_pictures import drawn
from tests.support.books import book
from tests.support.drawings import emf, emf_plus, emf_small, svg, wmf
from tests.support.messages import eml
from tests.support.opendocument import flat, opendocument

NO_OCR = ConversionSettings(ocr_engine="none")
ORGANOGRAM = ["Organograma da sede", "Diretoria"]
PLACED = ((5, "Organograma"), (5, "da sede"), (30, "Diretoria"))


@pytest.mark.parametrize(
    "data",
    [
        *(svg(*ORGANOGRAM), emf(*PLACED), emf_plus(*ORGANOGRAM), wmf(*PLACED), gzip.compress(emf(*PLACED))),
        *(emf_small(*PLACED), emf_small(*PLACED, options=0x100), emf_small(*PLACED, options=0x300)),
    ],
    ids=["SVG", "EMF", "EMF+", "WMF", "EMZ", "short", "without a frame", "of one byte a letter"],
)
def test_words_of_a_drawing_are_lines(data: bytes) -> None:
    assert vector_lines(data) == ORGANOGRAM


def test_letters_that_are_given_by_their_numbers_in_a_font_are_not_taken_for_read() -> None:
    assert vector_lines(emf_small(*PLACED, options=0x10)) is None


BITMAP = struct.pack("<LL", 81, 80) + bytes(72)  # EMR_STRETCHDIBITS


@pytest.mark.parametrize(
    "data",
    [
        emf() + BITMAP,
        wmf()[:-6] + struct.pack("<LH", 14, 0x0F43) + bytes(22) + wmf()[-6:],
        svg().replace(b"</svg>", b'<image href="data:image/png;base64,"/></svg>'),
    ],
    ids=["EMF", "WMF", "SVG"],
)
def test_a_picture_in_a_drawing_without_words_is_not_taken_for_read(data: bytes) -> None:
    assert vector_lines(data) is None


def test_pieces_of_a_text_and_hidden_ones_are_told_apart() -> None:
    data = svg('<tspan>preg</tspan><tspan>ão</tspan> <tspan x="1" dy="9">eletrônico</tspan>', "<g/>")
    hidden = data.replace(b"</svg>", b'<g style="display: none"><text>oculto</text></g></svg>')
    assert vector_lines(hidden) == ["pregão eletrônico"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"EMF",
        drawn(),
        emf(*PLACED)[:60],
        svg("x")[:40],
        b'<!DOCTYPE svg [<!ENTITY a "x">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
    ],
    ids=["nothing", "no drawing", "raster", "cut EMF", "cut SVG", "entities"],
)
def test_what_is_no_whole_drawing_has_no_words(data: bytes) -> None:
    assert not vector_lines(data)


def replaced(data: bytes, picture: str, drawing: bytes, kind: str) -> bytes:
    """An Office file in which the drawing stands for a picture."""
    parts: dict[str, str | bytes] = {f"{picture}.{kind}": drawing}
    types = f'<Default Extension="{kind}" ContentType="image/x-{kind}"/></Types>'
    parts["[Content_Types].xml"] = part(data, "[Content_Types].xml").replace("</Types>", types)
    names = ("word/_rels/document.xml.rels", "ppt/slides/_rels/slide1.xml.rels", "xl/drawings/_rels/drawing1.xml.rels")
    for name in names:
        if name.startswith(picture.split("/", maxsplit=1)[0]):
            base = picture.rpartition("/")[2]
            parts[name] = part(data, name).replace(f"{base}.png", f"{base}.{kind}")
    return with_parts(data, parts)


def word_file() -> bytes:
    file, buffer = docx.Document(), io.BytesIO()
    file.add_picture(io.BytesIO(drawn()))
    file.save(buffer)
    return buffer.getvalue()


def slide_file() -> bytes:
    file, buffer = Presentation(), io.BytesIO()
    file.slides.add_slide(file.slide_layouts[6]).shapes.add_picture(io.BytesIO(drawn()), Inches(1), Inches(1))
    file.save(buffer)
    return buffer.getvalue()


def sheet_file() -> bytes:
    file, buffer = openpyxl.Workbook(), io.BytesIO()
    file.active["A1"] = "Antes"
    file.active.add_image(SheetPicture(io.BytesIO(drawn())), "B5")
    file.save(buffer)
    return buffer.getvalue()


FRAME = "<text:p>Antes</text:p><text:p><draw:frame><draw:image xlink:href='Pictures/1.{}'/></draw:frame></text:p>"
CHAPTER = "<html><body><p>Antes</p><img src='../a.svg'/></body></html>"
EMBEDDED = f"data:image/svg+xml;base64,{b64encode(svg(*ORGANOGRAM)).decode()}"
INLINE = "<draw:frame><draw:image><office:binary-data>{}</office:binary-data></draw:image></draw:frame>"


def message() -> bytes:
    made = eml(html="<p>Antes<img src='cid:a'></p>", subject="")
    made.add_related(svg(*ORGANOGRAM), "image", "svg+xml", cid="<a>")
    return made.as_bytes()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("docx", replaced(word_file(), "word/media/image1", emf(*PLACED), "emf")),
        ("docx", replaced(word_file(), "word/media/image1", wmf(*PLACED), "wmf")),
        ("pptx", replaced(slide_file(), "ppt/media/image1", emf(*PLACED), "emf")),
        ("xlsx", replaced(sheet_file(), "xl/media/image1", emf(*PLACED), "emf")),
        ("odt", opendocument(FRAME.format("svg"), files={"Pictures/1.svg": svg(*ORGANOGRAM)})),
        ("odt", opendocument(FRAME.format("emf"), files={"Pictures/1.emf": emf(*PLACED)})),
        ("fodt", flat(f"<text:p>{INLINE.format(b64encode(wmf(*PLACED)).decode())}</text:p>")),
        ("rtf", b"{\\rtf1 Antes\\par{\\pict\\emfblip " + emf(*PLACED).hex().encode() + b"}\\par}"),
        ("rtf", b"{\\rtf1 Antes\\par{\\pict\\wmetafile8 " + wmf(*PLACED)[22:].hex().encode() + b"}\\par}"),
        ("html", f"<p>Antes</p><img src='{EMBEDDED}'>".encode()),
        ("html", f"<p>Antes</p><object data='{EMBEDDED}'></object>".encode()),
        ("html", f"<p>Antes <input type='image' src='{EMBEDDED}'></p>".encode()),
        ("html", b"<p>Antes</p>" + svg(*ORGANOGRAM)),
        ("md", f"Antes\n\n![]({EMBEDDED})\n".encode()),
        ("md", f"Antes\n\n![Quadro][q]\n\n[q]: {EMBEDDED}\n".encode()),
        ("md", f'Antes\n\n<img src="{EMBEDDED}">\n'.encode()),
        ("epub", book({"t/a.xhtml": CHAPTER}, {"OEBPS/a.svg": svg(*ORGANOGRAM)})),
        ("eml", message()),
    ],
)
def test_a_drawing_is_read_where_it_stands(kind: str, data: bytes) -> None:
    document, conversion = extract(data, kind, NO_OCR)
    assert "\n\n".join(ORGANOGRAM) in text_of(document)
    assert conversion.warnings == ()


@pytest.mark.slow
def test_a_picture_in_markdown_is_read_by_ocr() -> None:
    source = f"data:image/png;base64,{b64encode(drawn()).decode()}"
    text = f"Segue:\n\n![]({source})\n\n| a | b |\n|---|---|\n| c | ![]({source}) |\n\n```\n![]({source})\n```\n"
    document, _ = extract(text.encode(), "md", ConversionSettings())
    assert text_of(document).startswith("Segue:\n\nAPROVADO em ata\n\na | b\nc | ")
    assert text_of(document).count("APROVADO") == 1
    unread = extract(text.encode(), "md", NO_OCR)[1].warnings
    assert "Pictures that could not be read: 1." in unread


def test_signs_in_a_drawing_are_no_markup() -> None:
    signs = "*a* [b](c) &lt;d> # 1. ~~e~~ | f_g_"
    source = f"data:image/svg+xml;base64,{b64encode(svg(signs)).decode()}"
    assert "*a* [b](c) <d> # 1. ~~e~~ | f_g_" in text_of(extract(f"![]({source})\n".encode(), "md", NO_OCR)[0])


def test_labels_of_references_are_no_words_of_a_markdown_file() -> None:
    text = f"Leia [o edital][1] e ![quadro][q].\n\n[1]: https://a.br\n[q]: {EMBEDDED}\n[não definida][x]\n"
    assert extract(text.encode(), "md", NO_OCR)[1].missing == ()
