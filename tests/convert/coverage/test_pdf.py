"""A PDF's pages, running lines, forms, annotations, attachments, layers and pictures are counted."""

from __future__ import annotations

import io
import zlib

import pikepdf
import pypdfium2
import pypdfium2.raw
import pytest
from docling_core.types.doc import BoundingBox, CoordOrigin, DocItemLabel, DoclingDocument, ProvenanceItem, Size
from fpdf import FPDF
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.convert.coverage import measure
from pipeline.convert.coverage.pdf_ink import has_layers
from pipeline.convert.text import text_document
from tests.convert.coverage.measured import left_out, missing
from tests.convert.coverage.test_pictures import typed
from tests.support.documents import PARAGRAPH, pdf, picture, prose


def drawn(draw: object) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    draw(canvas)  # type: ignore[operator]
    canvas.save()
    return buffer.getvalue()


def with_running_lines(number: int, body: str) -> object:
    def draw(page: FPDF) -> None:
        page.set_auto_page_break(False)
        page.text(20, 12, "Processo SEI 48500.009876/2025-11")
        page.set_xy(20, 60)
        page.multi_cell(0, 6, body)
        page.text(20, 288, f"Despacho - página {number} de 3")

    return draw


BODIES = ("Texto da primeira folha do despacho.", "Outra folha, com outro teor.", "Secretaria encerra o processo.")


def test_running_lines_count_once_and_page_numbers_do_not() -> None:
    data = pdf(*(with_running_lines(number, body) for number, body in enumerate(BODIES, 1)))  # type: ignore[arg-type]
    text = "\n".join(BODIES)
    assert missing(data, "pdf", text) == {"header": (5, ("page 1, header",)), "footer": (1, ("page 1, footer",))}
    assert left_out(data, "pdf", text) == {"header": 10, "footer": 2}
    assert missing(data, "pdf", f"{text} Processo SEI 48500.009876/2025-11. Despacho") == {}


def test_lines_at_the_edge_that_only_look_alike_are_text() -> None:
    def row(number: int) -> object:
        def draw(page: FPDF) -> None:
            page.set_auto_page_break(False)
            page.text(20, 12, f"Secretaria {number * 35} cargo {number * 35}")
            page.text(20, 150, "linha do meio")

        return draw

    data = pdf(row(1), row(2), row(3))  # type: ignore[arg-type]
    words, places = missing(data, "pdf", "linha do meio linha do meio linha do meio")["body"]
    assert words == 12
    assert places == ("page 1", "page 2", "page 3")


def test_a_passage_is_missing_on_its_page() -> None:
    data = pdf(prose(PARAGRAPH), prose("A comissão decide em trinta dias."))
    assert missing(data, "pdf", f"{PARAGRAPH} A comissão decide.") == {"body": (3, ("page 2",))}


def test_values_of_a_form_are_counted_whether_they_are_drawn_or_not() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 760, "Nome completo:")
        canvas.acroForm.textfield(name="nome", value="Fulana de Tal", x=200, y=750, width=200, height=20)

    assert missing(drawn(draw), "pdf", "Nome completo:") == {"form_value": (3, ("page 1, form",))}
    assert missing(drawn(draw), "pdf", "Nome completo: Fulana de Tal") == {}


def annotated(kind: int) -> bytes:
    with pypdfium2.PdfDocument(pdf(prose("Texto."))) as document:
        page = document[0]
        annotation = pypdfium2.raw.FPDFPage_CreateAnnot(page, kind)
        text = "carimbo recebido\0".encode("utf-16-le")
        value = (pypdfium2.raw.FPDF_WCHAR * (len(text) // 2)).from_buffer_copy(text)
        pypdfium2.raw.FPDFAnnot_SetStringValue(annotation, b"Contents", value)
        pypdfium2.raw.FPDFPage_CloseAnnot(annotation)
        buffer = io.BytesIO()
        document.save(buffer)
    return buffer.getvalue()


def test_written_annotations_are_text_and_sticky_notes_are_comments() -> None:
    assert missing(annotated(pypdfium2.raw.FPDF_ANNOT_FREETEXT), "pdf", "Texto.") == {
        "annotation": (2, ("page 1, annotation",))
    }
    sticky = annotated(pypdfium2.raw.FPDF_ANNOT_HIGHLIGHT)
    assert missing(sticky, "pdf", "Texto.") == {}
    assert left_out(sticky, "pdf", "Texto.") == {"comment": 2}


def test_attached_files_are_counted() -> None:
    with pypdfium2.PdfDocument(pdf(prose("Texto."))) as document:
        document.new_attachment("anexo.pdf").set_data(pdf(prose("Anexo interno.")))
        document.new_attachment("dados.bin").set_data(b"\x00\x01")
        buffer = io.BytesIO()
        document.save(buffer)
    words, places = missing(buffer.getvalue(), "pdf", "Texto.")["attachment"]
    assert words == 6
    assert set(places) == {"attachment 1", "attachment 1, page 1", "attachment 2"}


def test_a_file_attached_to_a_page_is_counted() -> None:
    with pikepdf.open(io.BytesIO(pdf(prose("Texto.")))) as document:
        spec = document.make_indirect(pikepdf.AttachedFileSpec(document, b"Teor da nota.", filename="nota.txt").obj)
        annotation = pikepdf.Dictionary(Subtype=pikepdf.Name.FileAttachment, Rect=pikepdf.Array([0, 0, 9, 9]), FS=spec)
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(annotation)])
        buffer = io.BytesIO()
        document.save(buffer)
    assert missing(buffer.getvalue(), "pdf", "Texto.") == {"attachment": (5, ("attachment 1", "attachment 1, line 1"))}
    assert missing(buffer.getvalue(), "pdf", "Texto. nota.txt Teor da nota.") == {}


def layered(state: str) -> bytes:
    """A page with a line in a layer that is ON or OFF."""
    return _pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R]/D<</%s[6 0 R]>>>>>>" % state.encode(),
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>/Properties<</L 6 0 R>>>>>>",
            4: _stream(
                b"BT /F1 14 Tf 50 300 Td (texto vigente) Tj ET "
                b"/OC /L BDC BT /F1 14 Tf 50 200 Td (camada apagada) Tj ET EMC"
            ),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            6: b"<</Type/OCG/Name(Rascunho)>>",
        }
    )


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _pdf(objects: dict[int, bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in objects.items():
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, end))


def test_a_layer_that_is_off_is_left_out_and_one_that_is_on_is_not() -> None:
    assert missing(layered("OFF"), "pdf", "texto vigente") == {}
    assert left_out(layered("OFF"), "pdf", "texto vigente") == {"layer_off": 2}
    assert missing(layered("ON"), "pdf", "texto vigente") == {"body": (2, ("page 1",))}


def unmapped() -> bytes:
    """A page whose font maps its glyphs to private characters."""
    codes = b"".join(b"<%02X> <E0%02X>\n" % (code, code) for code in range(65, 91))
    mapping = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        b"1 begincodespacerange <00> <FF> endcodespacerange\n26 beginbfchar\n" + codes + b"endbfchar endcmap end end"
    )
    return _pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            4: _stream(b"BT /F1 14 Tf 50 300 Td (PORTARIA DE NOMEACAO) Tj ET"),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
            6: _stream(mapping),
        }
    )


def test_text_whose_font_does_not_say_its_characters_is_not_counted_but_named() -> None:
    coverage = measure(unmapped(), "pdf", text_document(""))
    assert [(gap.kind, gap.words, gap.places) for gap in coverage.missing] == [("unreadable_text", 0, ("page 1",))]
    assert coverage.text_coverage == 0


def strips(image: Image.Image, count: int = 6) -> object:
    """A page that shows an image in strips, as some scanners write it, with a stamped line beside it."""

    def draw(page: FPDF) -> None:
        page.text(20, 290, "Documento assinado digitalmente")
        height = image.height // count
        for number in range(count):
            strip = image.crop((0, number * height, image.width, (number + 1) * height))
            page.image(strip, x=10, y=20 + number * 12, w=190, h=12)

    return draw


@pytest.mark.parametrize("draw", [picture, strips], ids=["one picture", "strips beside a stamp"])
def test_a_scan_that_nobody_read_is_named(draw: object) -> None:
    scan = typed("Termo de guarda", "assinado em Recife", "por Fulana de Tal")
    found = missing(pdf(draw(scan)), "pdf", "Documento assinado digitalmente")  # type: ignore[operator]
    assert found == {"picture": (0, ("page 1",))}


def excerpt(width: float) -> object:
    def draw(page: FPDF) -> None:
        prose("Texto.")(page)
        page.image(typed("Termo de guarda", "assinado em Recife"), x=20, y=100, w=width)

    return draw


def test_a_small_picture_of_text_is_named_on_the_first_of_its_pages() -> None:
    assert missing(pdf(excerpt(60), excerpt(60)), "pdf", "Texto. Texto.") == {"picture": (0, ("page 1",))}  # type: ignore[arg-type]
    assert missing(pdf(excerpt(15)), "pdf", "Texto.") == {}  # type: ignore[arg-type]


def test_pictures_without_text_are_not_named() -> None:
    assert missing(pdf(picture(Image.new("L", (600, 800), "gray"))), "pdf") == {}


def test_words_that_ocr_read_do_not_stand_for_those_missing_on_another_page() -> None:
    data = pdf(
        prose("A comissão decide em trinta dias úteis."), picture(typed("Termo de guarda", "assinado em Recife"))
    )
    document = DoclingDocument(name="document")
    for number in (1, 2):
        document.add_page(number, Size(width=595, height=842))
    for number, text in ((1, "A comissão."), (2, f"Termo de guarda: decide em trinta dias úteis. {PARAGRAPH}")):
        box = BoundingBox(l=0, t=0, r=595, b=842, coord_origin=CoordOrigin.TOPLEFT)
        provenance = ProvenanceItem(page_no=number, bbox=box, charspan=(0, len(text)))
        document.add_text(label=DocItemLabel.TEXT, text=text, prov=provenance)
    assert [(gap.kind, gap.words) for gap in measure(data, "pdf", document).missing] == [("body", 5)]


def test_layers_are_found_in_a_packed_catalog() -> None:
    packed = zlib.compress(b"1 0 2 40 <</Type/Catalog/OCProperties<</OCGs[6 0 R]>>>>")
    stream = b"7 0 obj<</Type/ObjStm/Filter/FlateDecode/N 2/First 8>>stream\n" + packed + b"\nendstream"
    assert has_layers(b"%PDF-1.7\n" + stream)
    assert not has_layers(b"%PDF-1.7\n/ObjStm" * 100_000)
