"""OpenDocument texts, sheets and slides keep all that they show, in its order."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.opendocument.numbering import formatted
from pipeline.convert.text_export import text_of
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.convert.coverage.measured import missing
from tests.convert.office.test_embedded_objects import native
from tests.promises.hostile.images import READ, page, saved
from tests.support.compound_file import compound_file
from tests.support.opendocument import flat, opendocument, zipped

SETTINGS = ConversionSettings(ocr_engine="none")
NUMBERED = (
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/>'
    "</text:list-style>"
)


def read(data: bytes, extension: str = "odt", settings: ConversionSettings = SETTINGS) -> tuple[str, Conversion]:
    document, conversion = extract(data, extension, settings)
    return text_of(document), conversion


def text(body: str, styles: str = "", masters: str = "") -> str:
    return read(opendocument(body, styles=styles, masters=masters))[0]


def test_words_whose_format_changes_stay_whole() -> None:
    assert text("<text:p>preg<text:span>ão</text:span>, 1.234<text:span>,56</text:span></text:p>") == "pregão, 1.234,56"


def test_blanks_tabs_and_line_ends_are_kept_as_blanks() -> None:
    assert text('<text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d</text:p>') == "a b c\nd"


def test_headings_have_their_level_and_a_title_is_one() -> None:
    body = (
        '<text:p text:style-name="P1">Plano</text:p><text:h text:outline-level="1">Um</text:h>'
        '<text:list><text:list-item><text:h text:outline-level="2">Dois</text:h></text:list-item></text:list>'
    )
    style = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
        '<style:style style:name="Title" style:family="paragraph"/>'
    )
    document, _ = extract(opendocument(body, styles=style), "odt", SETTINGS)
    assert [(item.label.value, getattr(item, "level", 0), item.text) for item in document.texts] == [
        ("title", 0, "Plano"),
        ("section_header", 1, "Um"),
        ("section_header", 2, "Dois"),
    ]


def test_list_items_have_the_numbers_that_readers_see() -> None:
    inner = "<text:list><text:list-item><text:p>dentro</text:p></text:list-item></text:list>"
    body = (
        f'<text:list text:style-name="L1"><text:list-item><text:p>um</text:p>{inner}</text:list-item>'
        "<text:list-item><text:p>dois</text:p></text:list-item></text:list><text:p>Meio.</text:p>"
        '<text:list text:style-name="L1" text:continue-numbering="true"><text:list-item><text:p>três</text:p>'
        "</text:list-item></text:list><text:list><text:list-item><text:p>ponto</text:p></text:list-item></text:list>"
    )
    assert text(body, styles=NUMBERED) == "1. um\n\na) dentro\n\n2. dois\n\nMeio.\n\n3. três\n\nponto"


@pytest.mark.parametrize(("number", "style", "shown"), [(27, "a", "aa"), (1994, "I", "MCMXCIV"), (0, "i", "0")])
def test_numbers_are_counted_as_letters_and_roman_ones(number: int, style: str, shown: str) -> None:
    assert formatted(number, style) == shown


def test_notes_stand_behind_their_paragraph() -> None:
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>Rodapé da lei.</text:p></text:note-body></text:note>"
    )
    assert text(f"<text:p>Texto{note} segue.</text:p><text:p>Fim.</text:p>") == (
        "Texto segue.\n\n1 Rodapé da lei.\n\nFim."
    )


def test_running_texts_are_kept_once_and_page_numbers_are_not() -> None:
    master = (
        '<style:master-page style:name="A"><style:header><text:p>POP-0417</text:p></style:header><style:footer>'
        "<text:p>Página <text:page-number>3</text:page-number></text:p></style:footer></style:master-page>"
    )
    masters = master + master.replace('"A"', '"B"')
    assert text("<text:p>Texto.</text:p>", masters=masters) == "POP-0417\n\nTexto."


def test_a_table_keeps_merged_repeated_and_nested_cells() -> None:
    inner = sheet(row(cell("x")))
    body = (
        "<table:table><table:table-header-rows><table:table-row>"
        '<table:table-cell table:number-columns-spanned="2"><text:p>Ano</text:p></table:table-cell>'
        "<table:covered-table-cell/></table:table-row></table:table-header-rows><table:table-row>"
        '<table:table-cell table:number-columns-repeated="2"><text:p>7</text:p></table:table-cell></table:table-row>'
        f"<table:table-row><table:table-cell>{inner}</table:table-cell><table:table-cell><text:list><text:list-item>"
        "<text:p>y</text:p></text:list-item></text:list></table:table-cell></table:table-row></table:table>"
    )
    assert text(body) == "Ano\n7 | 7\nx | y"


def test_deleted_text_and_comments_are_left_out_and_struck_text_is_marked() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>apagado</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:p>Fica<office:annotation><text:p>nota</text:p>"
        '</office:annotation> <text:span text:style-name="T1">cinco dias</text:span>.</text:p>'
    )
    style = (
        '<style:style style:name="T1" style:family="text"><style:text-properties '
        'style:text-line-through-style="solid"/></style:style>'
    )
    assert text(body, styles=style) == "Fica ~~cinco dias~~."


def test_fields_of_a_word_form_show_their_state() -> None:
    def mark(kind: str, *parameters: tuple[str, str]) -> str:
        inner = "".join(f'<field:param field:name="{key}" field:value="{value}"/>' for key, value in parameters)
        return f'<field:fieldmark field:type="vnd.oasis.opendocument.field.{kind}">{inner}</field:fieldmark>'

    body = (
        f"<text:p>{mark('FORMCHECKBOX', ('Checkbox_Checked', 'true'))} Deferido</text:p>"
        f"<text:p>{mark('FORMCHECKBOX')} Negado</text:p><text:p>\uf0fe Urgente</text:p><text:p>"
        + mark("FORMDROPDOWN", ("Dropdown_ListEntry", "a"), ("Dropdown_ListEntry", "b"), ("Dropdown_Selected", "1"))
        + "</text:p>"
    )
    assert text(body) == "[x] Deferido\n\n[ ] Negado\n\n[x] Urgente\n\nb"


def test_boxes_form_fields_and_charts_are_read() -> None:
    body = (
        '<office:forms><form:form><form:checkbox form:id="c1" form:current-state="checked" form:label="Deferido"/>'
        '<form:text form:id="c2" form:current-value="Fulana"/></form:form></office:forms>'
        '<text:p>Antes <draw:control draw:control="c1"/> por <draw:control draw:control="c2"/>'
        "<draw:frame><draw:text-box><text:p>Na caixa.</text:p></draw:text-box></draw:frame>"
        '<draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="./x"/></draw:frame></text:p>'
    )
    chart = opendocument(
        "<chart:chart><chart:title><text:p>Matrículas</text:p></chart:title><table:table><table:table-row>"
        "<table:table-cell><text:p>2024</text:p></table:table-cell></table:table-row></table:table></chart:chart>",
        kind="chart",
    )
    files = {"Object 1/content.xml": zipfile.ZipFile(io.BytesIO(chart)).read("content.xml")}
    assert read(opendocument(body, files=files))[0] == (
        "Antes [x] Deferido por Fulana\n\nNa caixa.\n\nMatrículas\n\n2024"
    )


@pytest.mark.slow
def test_words_in_a_picture_are_read_and_its_description_is_kept() -> None:
    body = (
        "<text:p><draw:frame><draw:image xlink:href='Pictures/1.png'/><svg:desc>Aviso na porta</svg:desc></draw:frame>"
        "</text:p>"
    )
    files = {"Pictures/1.png": saved(page(), "PNG")}
    found, conversion = read(opendocument(body, files=files), settings=ConversionSettings())
    assert [words for words in ("Aviso na porta", *READ) if words not in found] == []
    assert conversion.warnings == ()


def test_a_picture_that_cannot_be_read_is_counted() -> None:
    body = "<text:p>Texto.<draw:frame><draw:image xlink:href='Pictures/1.emf'/></draw:frame></text:p>"
    found, conversion = read(opendocument(body, files={"Pictures/1.emf": b"EMF"}), settings=ConversionSettings())
    assert (found, conversion.warnings) == ("Texto.", ("Pictures that could not be read: 1.",))


def test_properties_come_from_the_meta_part() -> None:
    meta = (
        "<dc:title>Plano</dc:title><meta:initial-creator>Ana</meta:initial-creator><dc:creator>Rui</dc:creator>"
        "<meta:creation-date>2024-03-05T10:00:00</meta:creation-date><meta:keyword>ensino</meta:keyword>"
        '<meta:user-defined meta:name="Aprovado por">Léa</meta:user-defined>'
    )
    properties = read(opendocument("<text:p>a</text:p>", meta=meta))[1].properties
    assert (properties.title, properties.author, properties.tags, properties.approver) == (
        *("Plano", "Ana"),
        ("ensino",),
        "Léa",
    )
    assert properties.created_date is not None


def cell(shown: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{shown}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def sheet(*rows: str, name: str = "Taxas") -> str:
    return f'<table:table table:name="{name}">{"".join(rows)}</table:table>'


def test_a_sheet_shows_its_values_as_readers_see_them() -> None:
    rows = (
        row(cell("Data"), cell("Valor")),
        row(
            cell("07/03/2025", 'office:value-type="date" office:date-value="2025-03-07"'),
            cell("R$ 1.234,50", 'office:value-type="currency" office:value="1234.5"'),
        ),
    )
    assert read(opendocument(sheet(*rows), "spreadsheet"), "ods")[0] == "Data | Valor\n07/03/2025 | R$ 1.234,50"


def test_blocks_far_apart_are_tables_of_their_own() -> None:
    gap = '<table:table-cell table:number-columns-repeated="9"/>'
    rows = (
        row(cell("a"), gap, cell("longe")),
        row(more='table:number-rows-repeated="1000000"'),
        row(cell("abaixo")),
    )
    assert read(opendocument(sheet(*rows), "spreadsheet"), "ods")[0] == "a\n\nlonge\n\nabaixo"


def test_every_sheet_is_read_and_formulas_without_a_result_are_counted() -> None:
    lacking = '<table:table-cell table:formula="of:=SUM([.A1])"/>'
    body = sheet(row(cell("um"), lacking)) + sheet(row(cell("dois")), name="Oculta")
    found, conversion = read(opendocument(body, "spreadsheet"), "ods")
    assert (found, conversion.page_count) == ("um\n\ndois", 2)
    assert conversion.warnings == ("Formulas without a stored result: 1.",)


def test_a_slide_gives_its_title_tables_and_notes() -> None:
    table = f"<draw:frame>{sheet(row(cell('Meta'), cell('2030')))}<draw:image xlink:href='x'/></draw:frame>"
    body = (
        f"<draw:page>{table}<draw:frame presentation:class='title'><draw:text-box><text:p>Resultados</text:p>"
        "</draw:text-box></draw:frame><draw:custom-shape><text:p>Seta</text:p></draw:custom-shape>"
        "<presentation:notes><draw:frame presentation:class='notes'><draw:text-box><text:p>Lembrar.</text:p>"
        "</draw:text-box></draw:frame></presentation:notes></draw:page>"
    )
    found, conversion = read(opendocument(body, "presentation"), "odp")
    assert (found, conversion.page_count) == ("Resultados\n\nMeta | 2030\n\nSeta\n\nLembrar.", 1)


def test_templates_and_flat_files_are_read_without_a_word_about_their_name() -> None:
    body = "<text:p>Modelo de ofício.</text:p>"
    for data, extension in ((flat(body), "fodt"), (opendocument(body, suffix="-template"), "ott")):
        assert read(data, extension) == ("Modelo de ofício.", read(opendocument(body))[1])


def test_a_file_with_a_password_says_so() -> None:
    data = zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": b"\x01\x02",
            "META-INF/manifest.xml": b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            b"<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>",
        }
    )
    with pytest.raises(PermanentError) as raised:
        read(data)
    assert raised.value.code == ErrorCode.ENCRYPTED


STRIKING = "".join(
    f'<style:style style:name="{name}" style:family="{family}"><style:text-properties '
    f'style:text-line-through-style="{line}"/></style:style>'
    for name, family, line in (
        *(("S", "text", "solid"), ("N", "text", "none"), ("P", "paragraph", "solid"), ("C", "table-cell", "solid")),
    )
)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<text:p text:style-name="P">Artigo <text:span>revogado</text:span></text:p>', "~~Artigo revogado~~"),
        ('<text:h text:style-name="P" text:outline-level="1">Capítulo I</text:h>', "~~Capítulo I~~"),
        (
            '<text:p text:style-name="P">velho <text:span text:style-name="N">novo</text:span></text:p>',
            "~~velho~~ novo",
        ),
        (
            '<text:p>por <text:span text:style-name="S">ci</text:span><text:span text:style-name="S">nco</text:span>'
            "</text:p>",
            "por ~~cinco~~",
        ),
        (
            '<table:table><table:table-row><table:table-cell table:style-name="C"><text:p>a</text:p></table:table-cell>'
            "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>",
            "~~a~~ | b",
        ),
    ],
)
def test_text_is_marked_as_struck_whatever_strikes_it(body: str, shown: str) -> None:
    assert text(body, styles=STRIKING) == shown


def test_addresses_readings_formulas_and_hidden_sections_are_kept() -> None:
    formula = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mi>x</mi><mo>=</mo><mn>1</mn>'
        "<annotation>x over 1</annotation></semantics></math>"
    )
    body = (
        '<text:p>O <text:a xlink:href="https://gov.br/e">edi<text:span>tal</text:span></text:a>.</text:p>'
        "<text:p><text:ruby><text:ruby-base>CAPES</text:ruby-base><text:ruby-text>capês</text:ruby-text></text:ruby>"
        f"<draw:frame><draw:object>{formula}</draw:object></draw:frame></text:p>"
        '<text:section text:display="none"><text:p>Oculta.</text:p></text:section>'
    )
    assert text(body) == "O edital (https://gov.br/e).\n\nCAPES (capês)\n\nx = 1\n\nOculta."


RUNNING = (
    '<style:master-page style:name="A"><style:header><text:p>Processo 7/2025, p. <text:page-number>3</text:page-number>'
    "</text:p><text:p><text:sheet-name>???</text:sheet-name> <text:date>01/01/2025</text:date></text:p></style:header>"
    "</style:master-page>"
)


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        ("text", "<text:p>Texto.</text:p>", "Processo 7/2025, p.\n\nTexto."),
        (
            "spreadsheet",
            "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>"
            "</table:table>",
            "a\n\nProcesso 7/2025, p.",
        ),
    ],
)
def test_a_running_number_is_kept_beside_a_page_number(kind: str, body: str, shown: str) -> None:
    data = opendocument(body, kind, masters=RUNNING)
    assert text_of(extract(data, {"text": "odt", "spreadsheet": "ods"}[kind], SETTINGS)[0]) == shown


def test_a_slide_keeps_notes_of_any_class_and_footers_once() -> None:
    frame = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    notes = frame.format("", "Nota.") + frame.format(' presentation:class="page-number"', "3")
    slide = f"<draw:page>{frame.format('', 'Texto.')}<presentation:notes>{notes}</presentation:notes></draw:page>"
    footer = '<presentation:footer-decl presentation:name="f">Portaria 9</presentation:footer-decl>'
    data = opendocument(footer * 2 + slide, "presentation")
    assert text_of(extract(data, "odp", SETTINGS)[0]) == "Texto.\n\nNota.\n\nPortaria 9"


def test_a_form_field_that_lies_on_a_sheet_or_slide_is_read() -> None:
    forms = (
        '<office:forms><form:form><form:checkbox form:id="c1" form:current-state="checked" form:label="Deferido"/>'
        "</form:form></office:forms>"
    )
    control = '<draw:control draw:control="c1"/>'
    sheet = f"<table:table>{forms}<table:shapes>{control}</table:shapes></table:table>"
    slide = f"<draw:page>{forms}{control}</draw:page>"
    for body, kind, extension in ((sheet, "spreadsheet", "ods"), (slide, "presentation", "odp")):
        assert text_of(extract(opendocument(body, kind), extension, SETTINGS)[0]) == "[x] Deferido"


def test_an_object_of_another_program_is_known_by_its_picture() -> None:
    frame = (
        '<draw:frame><draw:object-ole xlink:href="./Object 1"/><draw:image xlink:href="Pictures/1.emf"/></draw:frame>'
    )
    data = opendocument(f"<text:p>a{frame}</text:p>", files={"Pictures/1.emf": b"EMF", "Object 1": b"x"})
    assert read(data, settings=ConversionSettings())[1].warnings == (
        "1 embedded file was not read.",
        "Pictures that could not be read: 1.",
    )


def test_a_document_of_another_program_is_read_at_the_end() -> None:
    frame = "<draw:frame><draw:object-ole xlink:href='./Object 1'/></draw:frame>"
    body = f"<text:p>Antes{frame}</text:p><text:p>Depois</text:p>"
    inner = opendocument("<text:p>Teor interno</text:p>")
    for wrapped in (compound_file({"EmbeddedOdf": inner}), native("parecer.odt", inner)):
        text, conversion = read(opendocument(body, files={"Object 1": wrapped}))
        assert [text.split()[0], text.split()[1], *text.split()[-2:]] == ["Antes", "Depois", "Teor", "interno"]
        assert (conversion.text_coverage, conversion.missing, conversion.warnings) == (1.0, (), ())


def test_a_document_of_another_program_that_is_not_read_is_counted() -> None:
    frame = "<draw:frame><draw:object-ole xlink:href='./Object 1'/></draw:frame>"
    inner = native("parecer.odt", opendocument("<text:p>Teor interno</text:p>"))
    data = opendocument(f"<text:p>Antes{frame}</text:p>", files={"Object 1": inner})
    assert missing(data, "odt", "Antes") == {"embedded_object": (2, ("embedded object 1, paragraph 1",))}


HIDING = (
    '<style:style style:name="V" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="P" style:family="paragraph"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="T" style:family="table"><style:table-properties table:display="false"/></style:style>'
    '<style:style style:name="D" style:family="drawing-page">'
    '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
)


def test_hidden_text_is_kept_and_counted() -> None:
    body = (
        '<text:p>Antes <text:span text:style-name="V">um</text:span></text:p><text:p text:style-name="P">dois</text:p>'
        '<text:p><text:hidden-text text:string-value="x" text:is-hidden="true">tres</text:hidden-text></text:p>'
        '<text:p><text:hidden-text text:string-value="quatro" text:is-hidden="true"/></text:p>'
        '<text:p><text:hidden-paragraph text:is-hidden="true"/>cinco</text:p>'
        '<text:section text:name="s" text:display="none"><text:p>seis</text:p></text:section>'
    )
    text, conversion = read(opendocument(body, styles=HIDING))
    assert text.split() == ["Antes", "um", "dois", "tres", "quatro", "cinco", "seis"]
    assert (conversion.warnings, conversion.missing) == (("6 passages of hidden text were kept.",), ())


def test_hidden_sheets_rows_and_columns_are_kept_and_counted() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = f'<table:table-row table:visibility="{{}}">{cell}</table:table-row>'
    column = '<table:table-column table:visibility="collapse"/>'
    body = (
        f'<table:table table:name="Um">{column}{row.format("visible", "a")}{row.format("collapse", "b")}'
        f"{row.format('filter', 'c')}</table:table>"
        f'<table:table table:name="Dois" table:style-name="T">{row.format("visible", "d")}</table:table>'
    )
    text, conversion = read(opendocument(body, "spreadsheet", styles=HIDING), "ods")
    assert text.split() == ["a", "b", "c", "d"]
    assert conversion.warnings == (
        "1 hidden sheet was kept as text.",
        "3 hidden rows and columns were kept as text.",
    )


def test_hidden_slides_are_kept_and_counted() -> None:
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    slide = f'<draw:page draw:style-name="{{}}">{box}</draw:page>'
    body = slide.format("x", "a") + slide.format("D", "b")
    text, conversion = read(opendocument(body, "presentation", styles=HIDING), "odp")
    assert (text.split(), conversion.warnings) == (["a", "b"], ("1 hidden slide was kept as text.",))
