"""What a PDF holds beside the text of its pages: form values, notes, layers that are off, attached files, XFA."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from docling_core.types.doc import DoclingDocument
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name, Pdf, String

from pipeline.convert.paged import PagedSource
from pipeline.convert.pdf_content.preparation import prepare_pdf
from pipeline.convert.text_export import text_of
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import PARAGRAPH, Draw, body_texts, converted, pdf, prose

NO_OCR = ConversionSettings(ocr_engine="none")
Change = Callable[[Pdf], None]
BOX = (120, 712, 300, 730)
"""Beside a line at `LABEL_Y`, in points from the lower edge."""
LABEL_Y = 43.5  # millimetres from the upper edge


def label(text: str, x: float = 18, y: float = LABEL_Y) -> Draw:
    def draw(page: FPDF) -> None:
        page.text(x, y, text)

    return draw


def changed(data: bytes, *changes: Change) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as document:
        for change in changes:
            change(document)
        buffer = io.BytesIO()
        document.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def convert(folder: Path, data: bytes) -> tuple[DoclingDocument, Conversion]:
    source = folder / "document.pdf"
    source.write_bytes(data)
    return converted(source, NO_OCR)


def texts(folder: Path, data: bytes) -> list[str]:
    return list(body_texts(convert(folder, data)[0]))


def field(kind: str, box: tuple[int, int, int, int] = BOX, **entries: Any) -> Change:
    """A field without appearance."""

    def add(document: Pdf) -> None:
        widget = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            Rect=Array(box),
            FT=Name(f"/{kind}"),
            T=String("campo"),
            F=4,
            **entries,
        )
        append(document, widget, is_field=True)

    return add


def append(document: Pdf, annotation: Dictionary, *, is_field: bool = False) -> None:
    page = document.pages[0].obj
    if "/Annots" not in page:
        page.Annots = Array()
    indirect = document.make_indirect(annotation)
    page.Annots.append(indirect)
    if is_field:
        if "/AcroForm" not in document.Root:
            document.Root.AcroForm = Dictionary(Fields=Array(), DA=String("/Helv 0 Tf 0 g"))
        document.Root.AcroForm.Fields.append(indirect)


def appearance(document: Pdf, text: str) -> Dictionary:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    stream = document.make_stream(f"/Tx BMC BT /H 10 Tf 2 4 Td ({text}) Tj ET EMC".encode())
    stream.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 180, 18]), Resources=Dictionary(Font=Dictionary(H=font))
    )
    return Dictionary(N=stream)


FORM = pdf(label("Interessado:"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (field("Tx", V=String("Fulana de Tal, 3ª seção")), "Interessado: Fulana de Tal, 3ª seção"),
        (field("Tx", V=String("uma linha\ne outra"), Ff=1 << 12), "Interessado: uma linha e outra"),
        (field("Ch", V=String("b"), Opt=Array([Array([String("b"), String("Bolsista")])])), "Interessado: Bolsista"),
        (field("Ch", V=Array([String("Sul"), String("Norte")])), "Interessado: Sul, Norte"),
        (field("Btn", box=(120, 714, 132, 726), V=Name.Sim, AS=Name.Sim), "Interessado: [x]"),
        (field("Btn", box=(120, 714, 132, 726), V=Name.Off, AS=Name.Off), "Interessado: [ ]"),
        (field("Btn", box=(120, 714, 132, 726), V=Name.Sim), "Interessado: [x]"),
        (field("Tx", V=String("segredo"), Ff=1 << 13), "Interessado:"),
        (field("Btn", Ff=1 << 16), "Interessado:"),
    ],
    ids=["text", "lines", "choice", "choices", "checked", "unchecked", "stateless", "password", "button"],
)
def test_a_value_without_appearance_stands_behind_its_label(change: Change, expected: str, tmp_path: Path) -> None:
    assert texts(tmp_path, changed(FORM, change)) == [expected]


def test_a_value_that_is_drawn_is_read_once(tmp_path: Path) -> None:
    def drawn(document: Pdf) -> None:
        field("Tx", V=String("Beltrano"))(document)
        document.pages[0].Annots[0].AP = appearance(document, "Beltrano")

    assert texts(tmp_path, changed(FORM, drawn)) == ["Interessado: Beltrano"]


def test_a_field_inherits_its_value_and_kind(tmp_path: Path) -> None:
    def nested(document: Pdf) -> None:
        parent = document.make_indirect(Dictionary(FT=Name.Tx, T=String("pai"), V=String("herdado")))
        append(document, Dictionary(Subtype=Name.Widget, Rect=Array(BOX), Parent=parent), is_field=True)

    assert texts(tmp_path, changed(FORM, nested)) == ["Interessado: herdado"]


def test_a_label_above_its_field_or_behind_its_box_is_found(tmp_path: Path) -> None:
    def both(page: FPDF) -> None:
        label("Endereço", 18, 40)(page)
        label("Urgente", 24, 80)(page)

    data = changed(
        pdf(both),
        field("Tx", box=(50, 705, 300, 722), V=String("Rua das Flores, 10")),
        field("Btn", box=(50, 612, 62, 624), AS=Name.Sim),
    )
    assert texts(tmp_path, data) == ["Endereço Rua das Flores, 10", "[x] Urgente"]


def test_what_is_filled_into_a_table_stands_in_its_cell(tmp_path: Path) -> None:
    def draw(page: FPDF) -> None:
        page.set_y(30)
        with page.table(first_row_as_headings=False, line_height=8) as table:
            for cells in (("Nome", " ", "Matrícula", " "), ("Curso", " ", "Turno", "noturno")):
                row = table.row()
                for cell in cells:
                    row.cell(cell)

    data = changed(
        pdf(draw),
        field("Tx", box=(170, 737, 290, 754), V=String("Sicrano")),
        field("Tx", box=(440, 737, 560, 754), V=String("2024001")),
        field("Tx", box=(170, 714, 290, 731), V=String("Física")),
    )
    (table,) = convert(tmp_path, data)[0].tables
    rows = [[cell.text for cell in row] for row in table.data.grid]
    assert rows == [["Nome", "Sicrano", "Matrícula", "2024001"], ["Curso", "Física", "Turno", "noturno"]]


def test_a_hidden_field_is_not_read(tmp_path: Path) -> None:
    def hide(document: Pdf) -> None:
        document.pages[0].Annots[0].F = 2

    assert texts(tmp_path, changed(FORM, field("Tx", V=String("oculto")), hide)) == ["Interessado:"]


def test_radio_buttons_with_accents_do_not_break_the_document(tmp_path: Path) -> None:
    """Delete the deletion of /AcroForm in `preparation` once Docling reads such forms itself (2.143 does not)."""

    def radio(document: Pdf) -> None:
        group = document.make_indirect(
            Dictionary(FT=Name.Btn, Ff=1 << 15, T=String("turno"), V=Name("/Manhã"), Kids=Array())
        )
        box = Dictionary(Subtype=Name.Widget, Rect=Array([120, 714, 132, 726]), Parent=group, AS=Name("/Manhã"))
        box.AP = Dictionary(N=Dictionary({"/Manhã": document.make_stream(b"")}))
        append(document, box)
        group.Kids.append(document.pages[0].Annots[0])
        document.Root.AcroForm = Dictionary(Fields=Array([group]))

    data = changed(FORM, radio).replace(b"#c3#a3", b"#e3xxx")
    assert texts(tmp_path, data) == ["Interessado: [x]"]
    assert PagedSource(data, "pdf", NO_OCR).converted().status.value == "failure"


def test_free_text_is_page_text_and_comments_are_not(tmp_path: Path) -> None:
    def notes(document: Pdf) -> None:
        free: dict[str, Any] = {
            "Subtype": Name.FreeText,
            "Contents": String("Confere com o original\nem duas linhas"),
            "F": 4,
        }
        append(document, Dictionary(Rect=Array([50, 600, 300, 640]), **free))
        append(document, Dictionary(Rect=Array([50, 500, 70, 520]), Subtype=Name.Text, Contents=String("comentário")))
        drawn = Dictionary(Rect=Array([50, 400, 230, 418]), AP=appearance(document, "Visto da chefia"), **free)
        append(document, drawn)

    text = " ".join(texts(tmp_path, changed(FORM, notes)))
    assert text.count("Confere com o original em duas linhas") == 1
    assert text.count("Visto da chefia") == 1
    assert "comentário" not in text


def layered(off: list[str], *, base: str | None = None, combined: str | None = None) -> Change:
    """Two layers, "um" and "dois", with a line each, on, unless said otherwise."""

    def change(document: Pdf) -> None:
        groups = {name: document.make_indirect(Dictionary(Type=Name.OCG, Name=String(name))) for name in ("um", "dois")}
        default = Dictionary(OFF=Array([groups[name] for name in off]))
        if base:
            default.BaseState = Name(f"/{base}")
            default.ON = Array([groups[name] for name in groups if name not in off])
        document.Root.OCProperties = Dictionary(OCGs=Array(list(groups.values())), D=default)
        page = document.pages[0]
        properties = Dictionary(um=groups["um"], dois=groups["dois"])
        if combined:
            both = Dictionary(Type=Name.OCMD, OCGs=Array(list(groups.values())), P=Name(f"/{combined}"))
            if combined == "Not":
                both.VE = Array([Name.And, groups["um"], Array([Name.Not, groups["dois"]])])
            properties.juntos = document.make_indirect(both)
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        form = document.make_stream(b"BT /H 11 Tf 50 520 Td (texto no formulario) Tj ET")
        form.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 595, 842]),
            OC=groups["dois"],
            Resources=Dictionary(Font=Dictionary(H=font)),
        )
        page.obj.Resources = Dictionary(Font=Dictionary(H=font), Properties=properties, XObject=Dictionary(F=form))
        content = b"".join(
            b"/OC /%s BDC BT /H 11 Tf 50 %d Td (camada %s) Tj ET EMC\n" % (name.encode(), 700 - 60 * row, name.encode())
            for row, name in enumerate(["um", "dois", *(["juntos"] if combined else [])])
        )
        page.obj.Contents = document.make_stream(b"BT /H 11 Tf 50 780 Td (sempre) Tj ET /F Do\n" + content)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (layered([]), ["sempre", "camada um", "camada dois", "texto no formulario"]),
        (layered(["dois"]), ["sempre", "camada um"]),
        (layered(["um", "dois"]), ["sempre"]),
        (layered(["dois"], base="OFF"), ["sempre", "camada um"]),
        (layered(["dois"], combined="AnyOn"), ["sempre", "camada um", "camada juntos"]),
        (layered(["dois"], combined="AllOn"), ["sempre", "camada um"]),
        (layered(["dois"], combined="AllOff"), ["sempre", "camada um"]),
        (layered(["dois"], combined="AnyOff"), ["sempre", "camada um", "camada juntos"]),
        (layered(["dois"], combined="Not"), ["sempre", "camada um", "camada juntos"]),
    ],
    ids=[
        "all on",
        "one off",
        "both off",
        "off unless on",
        "any of two",
        "all of two",
        "neither",
        "not both",
        "expression",
    ],
)
def test_layers_that_are_off_are_not_read(change: Change, expected: list[str], tmp_path: Path) -> None:
    assert sorted(texts(tmp_path, changed(pdf(prose("x")), change))) == sorted(expected)


def test_attached_files_are_read_each_under_its_name(tmp_path: Path) -> None:
    def attach(document: Pdf) -> None:
        document.attachments["anexo.txt"] = b"Teor do anexo."
        document.attachments["quadro.csv"] = b"Nome;Dias\nAna;30\n"

    document, conversion = convert(tmp_path, changed(FORM, attach))
    assert text_of(document) == "Interessado:\n\nanexo.txt\n\nTeor do anexo.\n\nquadro.csv\n\nNome | Dias\nAna | 30"
    assert (conversion.text_coverage, conversion.missing, conversion.warnings) == (1.0, (), ())


def test_files_attached_to_attached_files_are_read_to_the_third(tmp_path: Path) -> None:
    data = b"fundo"
    for number in range(5, 0, -1):
        name = f"nivel{number}.{'txt' if number == 5 else 'pdf'}"
        data = changed(FORM, lambda document, name=name, data=data: document.attachments.__setitem__(name, data))  # type: ignore[misc]
    document, conversion = convert(tmp_path, data)
    assert [name for name in text_of(document).split() if name.startswith("nivel")] == [
        f"nivel{number}.pdf" for number in range(1, 5)
    ]
    assert conversion.warnings == ("Attachment 1 (PDF) was not read.",)


def test_an_attached_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    def attach(document: Pdf) -> None:
        document.attachments["programa.exe"] = b"MZ\x00\x01"
        document.attachments["quebrado.docx"] = b"PK\x03\x04"
        without = pikepdf.AttachedFileSpec(document, b"x", filename="vazio.txt").obj
        del without.EF
        append(document, Dictionary(Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=without))

    _, conversion = convert(tmp_path, changed(FORM, attach))
    assert conversion.warnings == (
        "Attachment 1, of an unknown kind, was not read.",
        "Attachment 2 (DOCX) was not read.",
        "Attachment 3, of an unknown kind, was not read.",
    )


def test_a_file_attached_to_a_page_is_read_once(tmp_path: Path) -> None:
    def attach(document: Pdf) -> None:
        spec = document.make_indirect(pikepdf.AttachedFileSpec(document, b"Teor da nota.", filename="nota.txt").obj)
        for _ in range(2):
            append(document, Dictionary(Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=spec))
        document.Root.AF = document.pages[0].obj.AF = Array([spec])

    document, conversion = convert(tmp_path, changed(FORM, attach))
    assert text_of(document) == "Interessado:\n\nnota.txt\n\nTeor da nota."
    assert conversion.warnings == ()


def test_a_file_that_only_a_page_knows_is_read(tmp_path: Path) -> None:
    def attach(document: Pdf) -> None:
        spec = pikepdf.AttachedFileSpec(document, b"Teor da nota.", filename="nota.txt").obj
        document.pages[0].obj.AF = Array([document.make_indirect(spec)])

    assert text_of(convert(tmp_path, changed(FORM, attach))[0]) == "Interessado:\n\nnota.txt\n\nTeor da nota."


XFA = """<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/3.3/">
<subform><field name="nome"><caption><value><text>Nome do servidor:</text></value></caption></field>
<field name="dias"><caption><value><text>Dias</text></value></caption></field></subform></template>
<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form><nome>Fulana xfanome</nome>
<dias>30</dias><livre>sem rótulo</livre><vazio/></form></xfa:data></xfa:datasets></xdp:xdp>"""


def with_xfa(xml: str, *, pieces: bool) -> Change:
    def change(document: Pdf) -> None:
        data, half = xml.encode(), len(xml) // 2
        parts = [data[:half], data[half:]] if pieces else [data]
        streams = [document.make_stream(part) for part in parts]
        named = Array([entry for stream in streams for entry in (String("parte"), stream)])
        document.Root.AcroForm = Dictionary(Fields=Array(), XFA=named if pieces else streams[0])

    return change


@pytest.mark.parametrize("pieces", [False, True])
def test_values_of_an_xfa_form_stand_at_the_end(pieces: bool, tmp_path: Path) -> None:
    document, conversion = convert(tmp_path, changed(FORM, with_xfa(XFA, pieces=pieces)))
    assert body_texts(document)[-3:] == ["Nome do servidor: Fulana xfanome", "Dias: 30", "livre: sem rótulo"]
    (warning,) = conversion.warnings
    assert "values that no page shows were put at the end: 3." in warning


def test_a_hostile_xfa_form_reads_no_file_and_expands_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "segredo"
    secret.write_text("conteúdo secreto")
    entities = f'<!DOCTYPE a [<!ENTITY f SYSTEM "{secret.as_uri()}"><!ENTITY b "{"x" * 99}">]>'
    xml = entities + XFA.replace("30", "&f;" + "&b;" * 50)
    document, _ = convert(tmp_path, changed(FORM, with_xfa(xml, pieces=False)))
    text = " ".join(body_texts(document))
    assert "secreto" not in text
    assert "xxx" not in text


def test_an_ordinary_pdf_is_handed_on_as_it_is() -> None:
    data = pdf(prose(PARAGRAPH))
    assert prepare_pdf(data).data is data


def test_a_damaged_pdf_is_handed_on_with_a_warning() -> None:
    prepared = prepare_pdf(b"%PDF-1.7 broken")
    assert prepared.data == b"%PDF-1.7 broken"
    assert "not looked for" in prepared.warnings[0]


def test_endless_conditions_of_a_layer_end(tmp_path: Path) -> None:
    def bomb(document: Pdf) -> None:
        layered(["dois"])(document)
        inner: Any = document.Root.OCProperties.OCGs[1]
        for _ in range(30):
            inner = document.make_indirect(Array([Name.And, *[inner] * 30]))
        condition = Dictionary(Type=Name.OCMD, VE=inner)
        document.pages[0].obj.Resources.Properties.um = document.make_indirect(condition)

    started = time.perf_counter()
    assert "camada um" in texts(tmp_path, changed(pdf(prose("x")), bomb))
    assert time.perf_counter() - started < 60


def test_attached_files_are_found_once_in_names_that_lead_to_each_other() -> None:
    def tangled(document: Pdf) -> None:
        document.attachments["um.txt"] = b"um"
        document.attachments["dois.txt"] = b"dois"
        node = document.Root.Names.EmbeddedFiles
        for _ in range(60):
            node = document.make_indirect(Dictionary(Kids=Array([node, node])))
        node.Kids.append(node)
        document.Root.Names.EmbeddedFiles = node

    found = prepare_pdf(changed(pdf(prose("x")), tangled)).attached
    assert sorted(attachment.name for attachment in found) == ["dois.txt", "um.txt"]


def test_a_prepared_pdf_has_the_same_bytes_each_time() -> None:
    data = changed(FORM, field("Tx", V=String("Fulana")), layered(["um"]))
    assert prepare_pdf(data).data == prepare_pdf(data).data != data
