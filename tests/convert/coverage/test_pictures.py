"""A picture of text that nobody read is named; a picture of nothing, and one that was read, is not."""

from __future__ import annotations

import io
import subprocess
from email.message import EmailMessage

import docx
import numpy as np
import openpyxl
import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument, GroupLabel, TableCell, TableData
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image, ImageDraw, ImageFont

from pipeline.convert.coverage import measure
from pipeline.convert.coverage.pictures import shows_text
from pipeline.convert.text import text_document
from tests.convert.coverage.measured import missing
from tests.support.books import book
from tests.support.documents import png


def typed(*lines: str, ink: str = "black", paper: str = "white") -> Image.Image:
    image = Image.new("RGB", (600, 80 + 50 * len(lines)), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(28)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 50 * number), line, fill=ink, font=font)
    return image


def gradient() -> Image.Image:
    """What a photograph of a sky is to a computer."""
    ramp = np.linspace(40, 220, 400)[:, None] + 8 * np.random.default_rng(1).standard_normal((400, 600))
    return Image.fromarray(ramp.clip(0, 255).astype(np.uint8))


def framed() -> Image.Image:
    image = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(image).rectangle((50, 50, 550, 350), outline="black", width=4)
    return image


def illustrated(image: Image.Image) -> bytes:
    file = docx.Document()
    file.add_paragraph("Ata de reunião.")
    file.add_picture(io.BytesIO(png(image)))
    return saved(file)


@pytest.mark.parametrize(
    "image",
    [
        typed("imagemtexto da ata"),
        typed("Termo de guarda", "assinado em Recife"),
        typed("letra branca", ink="white", paper="navy"),
        typed("cinza claro", ink="#777777"),
    ],
    ids=["one line", "two lines", "light on dark", "grey"],
)
def test_text_in_a_picture_is_seen(image: Image.Image) -> None:
    assert shows_text(png(image))


@pytest.mark.parametrize(
    "image",
    [Image.new("L", (300, 300), "white"), gradient(), framed(), Image.new("L", (8, 8))],
    ids=["blank", "sky", "frame", "icon"],
)
def test_a_picture_without_text_is_not_named(image: Image.Image) -> None:
    assert not shows_text(png(image))


def test_what_is_no_picture_shows_nothing() -> None:
    assert not shows_text(b"\x01\x00\x00\x00 EMF")


def test_a_picture_in_an_office_file_is_named_until_it_is_read() -> None:
    data = illustrated(typed("imagemtexto da ata"))
    assert missing(data, "docx", "Ata de reunião.") == {"picture": (0, ("picture 1",))}
    document = text_document("Ata de reunião.")
    document.add_picture()
    document.add_text(label=DocItemLabel.TEXT, text="imagemtexto da ata")
    assert measure(data, "docx", document).missing == ()


def test_text_of_the_file_behind_a_picture_is_not_what_ocr_read() -> None:
    data = illustrated(typed("imagemtexto da ata"))
    document = DoclingDocument(name="document")
    document.add_picture()
    document.add_text(label=DocItemLabel.TEXT, text="Ata de reunião.")
    assert [gap.kind for gap in measure(data, "docx", document).missing] == ["picture"]


def test_an_image_of_which_nothing_was_read_has_no_coverage() -> None:
    coverage = measure(png(typed("aviso de manutenção")), "png", DoclingDocument(name="document"))
    assert coverage.text_coverage == 0
    assert [(gap.kind, gap.places) for gap in coverage.missing] == [("picture", ("page 1",))]


def test_a_blank_image_is_complete() -> None:
    assert measure(png(Image.new("L", (300, 300), "white")), "png", DoclingDocument(name="document")).missing == ()


def placed(*items: str) -> DoclingDocument:
    """`picture` is one, all others are paragraphs."""
    document = DoclingDocument(name="document")
    for item in items:
        if item == "picture":
            document.add_picture()
        else:
            document.add_text(label=DocItemLabel.TEXT, text=item)
    return document


def two_pictures() -> bytes:
    file = docx.Document()
    for line in ("imagemtexto da ata", "despacho segundo"):
        shape = file.add_picture(io.BytesIO(png(typed(line))))
        shape._inline.docPr.set("descr", "foto da folha")
    return saved(file)


def saved(file: object) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("items", "named"),
    [
        (("picture", "foto da folha", "imagemtexto da ata", "picture", "foto da folha", "despacho segundo"), 0),
        (("picture", "picture", "foto da folha", "imagemtexto da ata", "foto da folha", "despacho segundo"), 0),
        (("picture", "foto da folha", "picture", "foto da folha", "despacho segundo"), 2),
        (("picture", "foto da folha", "picture", "foto da folha"), 2),
        (("picture", "foto da folha", "portal https://exemplo.br/imagem", "picture", "foto da folha"), 2),
    ],
)
def test_pictures_are_named_until_all_are_read(items: tuple[str, ...], named: int) -> None:
    places = [place for gap in measure(two_pictures(), "docx", placed(*items)).missing for place in gap.places]
    assert len(places) == named


def test_pictures_of_a_sheet_are_read_where_its_other_drawings_stand() -> None:
    file = openpyxl.Workbook()
    for line, cell in (("imagemtexto da ata", "D2"), ("despacho segundo", "D20")):
        file.active.add_image(SheetImage(io.BytesIO(png(typed(line)))), cell)
    document = DoclingDocument(name="document")
    sheet = document.add_group(label=GroupLabel.SHEET)
    document.add_picture(parent=sheet)
    document.add_picture(parent=sheet)
    for text in ("instrução de preenchimento", "imagemtexto da ata", "despacho segundo"):
        document.add_text(label=DocItemLabel.TEXT, text=text, parent=sheet)
    assert measure(saved(file), "xlsx", document).missing == ()


def test_words_of_a_picture_may_stand_in_a_cell_or_list_entry() -> None:
    assert missing(two_pictures(), "docx")["picture"][1] == ("picture 1", "picture 2")
    data = illustrated(typed("imagemtexto da ata"))
    document = DoclingDocument(name="document")
    table = TableData(num_rows=1, num_cols=2, table_cells=[table_cell("Ata", 0), table_cell("imagemtexto da ata", 1)])
    document.add_table(table)
    assert [gap.kind for gap in measure(data, "docx", document).missing] == ["body"]
    entry = DoclingDocument(name="document")
    entry.add_list_item("Ata de reunião. imagemtexto da ata", parent=entry.add_group(label=GroupLabel.LIST))
    assert measure(data, "docx", entry).missing == ()


def table_cell(text: str, column: int) -> TableCell:
    return TableCell(
        text=text,
        start_row_offset_idx=0,
        end_row_offset_idx=1,
        start_col_offset_idx=column,
        end_col_offset_idx=column + 1,
    )


def test_logos_are_left_out_on_purpose_and_small_ones_are_none() -> None:
    file = docx.Document()
    file.sections[0].header.paragraphs[0].add_run().add_picture(io.BytesIO(png(typed("Prefeitura do Recife"))))
    coverage = measure(saved(file), "docx", DoclingDocument(name="document"))
    assert coverage.missing == ()
    assert [(gap.kind, gap.places) for gap in coverage.left_out] == [("picture", ("logo 1",))]
    small = typed("LOGO").resize((160, 80))
    assert not shows_text(png(small))


def test_an_unread_picture_in_a_letter_a_book_or_a_saved_page_is_named() -> None:
    picture = png(typed("imagemtexto da ata"))
    letter = EmailMessage()
    letter.set_content("<p>Segue.</p><img src='cid:a'>", subtype="html")
    letter.add_related(picture, "image", "png", cid="<a>")
    assert missing(bytes(letter), "eml", "Segue.") == {"picture": (0, ("picture 1",))}
    assert missing(bytes(letter), "mhtml", "Segue.") == {"picture": (0, ("picture 1",))}
    pages = book({"a.xhtml": "<p>Segue.</p>"}, {"a.png": picture})
    assert missing(pages, "epub", "Segue.") == {"picture": (0, ("picture 1",))}


def test_a_picture_attached_to_a_letter_is_read_under_its_name() -> None:
    letter = EmailMessage()
    letter.set_content("Segue.")
    letter.add_attachment(png(typed("imagemtexto da ata")), maintype="image", subtype="png", filename="ata.png")
    named = {"picture": (0, ("attachment 1, page 1",))}
    assert missing(bytes(letter), "eml", "Segue.\n\nata.png") == named
    assert missing(bytes(letter), "eml", "Segue.\n\nata.png\n\nimagemtexto da ata") == {}


def test_no_picture_starts_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture started a program")

    monkeypatch.setattr(subprocess, "check_call", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    page = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 600 400\n%%EndComments\nshowpage\n%%EOF\n"
    assert not shows_text(page)
