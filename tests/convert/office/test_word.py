"""All text of a Word document is kept, as Word shows it."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.shared import Inches

from pipeline.datadir import files
from tests.support.office import (
    add_notes,
    add_part,
    element,
    paragraph,
    row,
    run,
    saved,
    table,
    text_and_warnings,
    text_of,
    word,
)

WRAPPERS = {
    "content control": "<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>",
    "inserted": '<w:ins w:id="1" w:author="a">{}</w:ins>',
    "simple field": '<w:fldSimple w:instr=" DATE ">{}</w:fldSimple>',
    "smart tag": '<w:smartTag w:uri="u" w:element="place">{}</w:smartTag>',
    "custom XML": '<w:customXml w:uri="u" w:element="e">{}</w:customXml>',
    "moved here": '<w:moveTo w:id="2" w:author="a">{}</w:moveTo>',
    "direction": '<w:bdo w:val="rtl">{}</w:bdo>',
}


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
def test_wrapped_text_is_kept_in_paragraphs_and_cells(tmp_path: Path, wrapper: str) -> None:
    wrapped = wrapper.format(run("trinta dias"))
    file = word(
        paragraph(run("Prazo: "), wrapped, run("!")), table(row(run("Prazo"), wrapped), row(run("a"), run("b")))
    )
    assert text_of(tmp_path, file) == "Prazo: trinta dias!\n\nPrazo | trinta dias\na | b"


@pytest.mark.parametrize("name", ["sdt", "customXml"])
def test_wrapped_blocks_rows_and_cells_are_kept(tmp_path: Path, name: str) -> None:
    opened, closed = (
        ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>")
        if name == "sdt"
        else (
            '<w:customXml w:uri="u" w:element="e">',
            "</w:customXml>",
        )
    )
    cell = f"{opened}<w:tc>{paragraph(run('célula'))}</w:tc>{closed}"
    line = f"{opened}{row(run('linha'), run('inteira'))}{closed}"
    file = word(
        f"{opened}{paragraph(run('bloco'))}{closed}",
        table(line, f"<w:tr><w:tc>{paragraph(run('uma'))}</w:tc>{cell}</w:tr>"),
    )
    assert text_of(tmp_path, file) == "bloco\n\nlinha | inteira\numa | célula"


def test_runs_of_a_paragraph_are_joined_as_word_shows_them(tmp_path: Path) -> None:
    bold = run("ão", "<w:b/>")
    file = word(
        paragraph(
            run("Abertura do preg"),
            bold,
            run(" com "),
            run("vi", "<w:i/>"),
            run("gência, R$ 1.234"),
            run(",56", "<w:u w:val='single'/>"),
        ),
        table(row(run("preg") + bold, run("b")), row(run("c"), run("d"))),
        paragraph(run("H"), run("2", '<w:vertAlign w:val="subscript"/>'), run("O")),
    )
    assert text_of(tmp_path, file) == "Abertura do pregão com vigência, R$ 1.234,56\n\npregão | b\nc | d\n\nH2O"


def test_deleted_and_moved_text_is_left_out(tmp_path: Path) -> None:
    deleted = '<w:del w:id="3" w:author="a"><w:r><w:delText>apagado</w:delText></w:r></w:del>'
    moved = f'<w:moveFrom w:id="4" w:author="a">{run("levado")}</w:moveFrom>'
    end = '<w:pPr><w:rPr><w:del w:id="5" w:author="a"/></w:rPr></w:pPr>'
    gone = f'<w:tr><w:trPr><w:del w:id="6" w:author="a"/></w:trPr><w:tc>{paragraph(run("some"))}</w:tc></w:tr>'
    file = word(
        paragraph(run("fica"), deleted, moved),
        paragraph(end, run("um ")),
        paragraph(run("só")),
        table(row(run("a"), run("b")), gone, row(run("c"), run("d"))),
    )
    assert text_of(tmp_path, file) == "fica\n\num só\n\na | b\nc | d"


def _control(state: str) -> str:
    properties = f'<w:sdtPr><w14:checkbox><w14:checked w14:val="{state}"/></w14:checkbox></w:sdtPr>'
    return f"<w:sdt>{properties}<w:sdtContent>{run('☐')}</w:sdtContent></w:sdt>"


def _form_box(state: str) -> str:
    data = f"<w:ffData><w:checkBox>{state}</w:checkBox></w:ffData>"
    return (
        f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText>'
        '</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


BOXES = {
    "control ticked": (_control("1"), "[x]"),
    "control open": (_control("0"), "[ ]"),
    "form ticked": (_form_box('<w:default w:val="1"/>'), "[x]"),
    "form unticked": (_form_box('<w:default w:val="1"/><w:checked w:val="0"/>'), "[ ]"),
    "form open": (_form_box("<w:sizeAuto/>"), "[ ]"),
    "symbol ticked": ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "[x]"),
    "symbol open": ('<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>', "[ ]"),
}


@pytest.mark.parametrize(("box", "state"), BOXES.values(), ids=BOXES)
def test_boxes_say_whether_they_are_ticked(tmp_path: Path, box: str, state: str) -> None:
    file = word(paragraph(box, run(" Deferido")), table(row(box + run(" Sim"), run("b")), row(run("c"), run("d"))))
    assert text_of(tmp_path, file) == f"{state} Deferido\n\n{state} Sim | b\nc | d"


def test_the_chosen_entry_of_a_form_list_is_kept(tmp_path: Path) -> None:
    entries = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="um"/><w:listEntry w:val="dois"/></w:ddList>'
    field = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{entries}</w:ffData></w:fldChar></w:r>'
    assert text_of(tmp_path, word(paragraph(field, '<w:r><w:fldChar w:fldCharType="end"/></w:r>'))) == "dois"


def test_symbols_breaks_and_hyphens_are_text(tmp_path: Path) -> None:
    file = word(
        paragraph(
            '<w:r><w:sym w:font="Symbol" w:char="F0A3"/></w:r>', run(" dez"), '<w:r><w:br w:type="page"/></w:r>',
            run("pós"), "<w:r><w:noBreakHyphen/></w:r>", run("doutorado coo"), "<w:r><w:softHyphen/></w:r>",
            run("peração"),
        )
    )  # fmt: skip
    assert text_of(tmp_path, file) == "≤ dez\npós-doutorado cooperação"


def test_ruby_and_inline_equations_stay_in_their_place(tmp_path: Path) -> None:
    ruby = f"<w:r><w:ruby><w:rt>{run('leitura')}</w:rt><w:rubyBase>{run('base')}</w:rubyBase></w:ruby></w:r>"
    equation = "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"
    file = word(paragraph(run("a "), ruby, run(".")), paragraph(run("A área "), equation, run(", em metros")))
    assert text_of(tmp_path, file) == "a base (leitura).\n\nA área $x$, em metros"


def test_notes_follow_their_paragraph_under_their_marker(tmp_path: Path) -> None:
    foot, end = '<w:r><w:footnoteReference w:id="2"/></w:r>', '<w:r><w:endnoteReference w:id="5"/></w:r>'
    file = word(
        paragraph(run("A tabela anexa", "<w:b/>"), foot, run(" e o prazo"), end, run(".")),
        table(row(run("a") + '<w:r><w:footnoteReference w:id="3"/></w:r>', run("b")), row(run("c"), run("d"))),
        paragraph(run("Depois.")),
    )
    add_notes(
        file, "footnote", _2=paragraph(run("Em "), run("capitais", "<w:i/>"), run(".")), _3=paragraph(run("Da célula."))
    )
    add_notes(file, "endnote", _5=paragraph(run("Cinco dias.")) + paragraph(run("Úteis.")))
    assert text_of(tmp_path, file).split("\n\n") == [
        "A tabela anexa[1] e o prazo[i].",
        "[1] Em capitais.",
        "[i] Cinco dias.",
        "Úteis.",
        "a[2] | b\nc | d",
        "[2] Da célula.",
        "Depois.",
    ]


def test_running_headers_and_footers_are_kept_once(tmp_path: Path) -> None:
    file = word(paragraph(run("Corpo.")))
    section = file.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "Processo 48500.009876/2025-11"
    section.header.paragraphs[0].text = "POP-0417 revisão 3"
    section.even_page_header.paragraphs[0].text = "POP-0417 revisão 3"
    cells = section.header.add_table(1, 2, Inches(5)).rows[0].cells
    cells[0].text, cells[1].text = "Código", "FR-12"
    section.footer.paragraphs[0].text = "Página "
    section.footer.paragraphs[0]._p.append(
        element('<w:fldSimple w:instr=" PAGE "><w:r><w:t>7</w:t></w:r></w:fldSimple>')
    )
    section.footer.add_paragraph("Rua do Sol, 1")
    text = text_of(tmp_path, file)
    assert text.split("\n\n") == [
        "Processo 48500.009876/2025-11",
        "POP-0417 revisão 3",
        "Código | FR-12",
        "Corpo.",
        "Rua do Sol, 1",
    ]


def test_struck_text_is_marked_whatever_strikes_it(tmp_path: Path) -> None:
    file = word(
        paragraph(run("prazo de "), run("cinco ", "<w:strike/>"), run("dias ", "<w:b/><w:strike/>"), run("dez dias")),
        paragraph(run("duas vezes", "<w:dstrike/>")),
        paragraph(run("não", '<w:strike w:val="0"/>')),
        paragraph(run("pelo estilo", '<w:rStyle w:val="Riscado"/>')),
    )
    file.styles.element.append(
        element(
            '<w:style w:type="character" w:styleId="Riscado"><w:name w:val="Riscado"/>'
            "<w:rPr><w:strike/></w:rPr></w:style>"
        )
    )
    assert text_of(tmp_path, file).split("\n\n") == [
        "prazo de ~~cinco dias~~ dez dias",
        "~~duas vezes~~",
        "não",
        "~~pelo estilo~~",
    ]


def test_addresses_of_links_stand_behind_their_text(tmp_path: Path) -> None:
    file = docx.Document()
    link = file.part.relate_to("https://gov.br/edital", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    mail = file.part.relate_to("mailto:a@b.br", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://x.br/</w:instrText></w:r>'
        '<w:r><w:instrText>campo" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    blocks = (
        paragraph(
            run("veja "), f'<w:hyperlink r:id="{link}">{run("o edi", "<w:b/>")}{run("tal")}</w:hyperlink>', run(".")
        ),
        paragraph(f'<w:hyperlink r:id="{link}">{run("gov.br/edital")}</w:hyperlink>'),
        paragraph(f'<w:hyperlink r:id="{mail}">{run("escreva")}</w:hyperlink>'),
        paragraph(f'<w:hyperlink w:anchor="_Toc1">{run("Capítulo 1")}</w:hyperlink>'),
        paragraph(field, run("campo"), '<w:r><w:fldChar w:fldCharType="end"/></w:r>'),
        paragraph(
            field.replace('"https://x.br/', r'\l "_Toc'), run("2"), '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        ),
    )
    for block in blocks:
        file.element.body.insert(len(file.element.body) - 1, element(block))
    assert text_of(tmp_path, file).split("\n\n") == [
        "veja o edital (https://gov.br/edital).",
        "gov.br/edital",
        "escreva (a@b.br)",
        "Capítulo 1",
        "campo (https://x.br/campo)",
        "2",
    ]


def test_text_boxes_and_descriptions_follow_their_paragraph_once(tmp_path: Path) -> None:
    cells = table(row(run("t1"), run("t2")), row(run("t3"), run("t4")))
    box = f"<w:txbxContent>{paragraph(run('na caixa'))}{cells}</w:txbxContent>"
    drawing = (
        '<w:drawing><wp:inline><wp:docPr id="1" name="x" descr="mapa da sede"/><a:graphic><a:graphicData uri="x">'
        f"<wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    older = f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    choices = f'<mc:Choice Requires="wps">{drawing}</mc:Choice><mc:Fallback>{older}</mc:Fallback>'
    alternate = f"<mc:AlternateContent>{choices}</mc:AlternateContent>"
    file = word(paragraph(run("Antes."), f"<w:r>{alternate}</w:r>"), paragraph(f"<w:r>{older}</w:r>"))
    boxed = ["na caixa", "t1 | t2\nt3 | t4"]
    assert text_of(tmp_path, file).split("\n\n") == ["Antes.", *boxed, "mapa da sede", *boxed]


def test_files_to_be_read_in_are_read_in(tmp_path: Path) -> None:
    inner = docx.Document()
    inner.add_heading("Capítulo", 2)
    inner.add_paragraph("de outro arquivo")
    page = (
        "<h2>Página</h2><p>preg<b>ão</b></p><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    )
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    file = docx.Document()
    parts = (
        add_part(file, "a.docx", main, saved(inner), "aFChunk"),
        add_part(file, "b.html", "text/html", page.encode(), "aFChunk"),
        add_part(file, "c.txt", "text/plain", "só texto".encode(), "aFChunk"),
        add_part(file, "d.mht", "message/rfc822", b"From: x", "aFChunk"),
        add_part(file, "e.mht", "message/rfc822", b"Content-Type: text/html\n\n<p>salva</p>", "aFChunk"),
        add_part(file, "f.rtf", "application/rtf", rb"{\rtf1 rico {\b te}xto\par}", "aFChunk"),
    )
    for name in parts:
        file.element.body.insert(len(file.element.body) - 1, element(f'<w:altChunk r:id="{name}"/>'))
    text, warnings = text_and_warnings(tmp_path, file)
    assert text.split("\n\n") == [
        *("Capítulo", "de outro arquivo", "Página", "pregão", "a | b\nc | d", "só texto", "salva", "rico texto")
    ]
    assert warnings == ("1 embedded file was not read.",)


def test_an_embedded_workbook_is_a_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Taxa", "Valor"])
    book.active.append(["anual", 0.5])
    book.active["B2"].number_format = "0.0%"
    buffer = io.BytesIO()
    book.save(buffer)
    file = docx.Document()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = add_part(file, "embeddings/x.xlsx", kind, buffer.getvalue(), "package")
    embedded = f'<w:object><o:OLEObject Type="Embed" ProgID="Excel.Sheet.12" r:id="{name}"/></w:object>'
    file.element.body.insert(0, element(paragraph(f"<w:r>{embedded}</w:r>")))
    assert text_and_warnings(tmp_path, file) == ("Taxa | Valor\nanual | 50,0%", ())


def test_cells_beyond_the_declared_columns_are_kept(tmp_path: Path) -> None:
    cells = row(run("a"), run("b"), run("c"))
    narrow = table(cells)
    without = f"<w:tbl>{cells}</w:tbl>"
    assert text_of(tmp_path, word(narrow, paragraph(run("e")), without)) == "a | b | c\n\ne\n\na | b | c"


def test_a_table_of_deleted_rows_is_gone(tmp_path: Path) -> None:
    gone = f'<w:tr><w:trPr><w:del w:id="6" w:author="a"/></w:trPr><w:tc>{paragraph(run("some"))}</w:tc></w:tr>'
    assert text_of(tmp_path, word(paragraph(run("a")), table(gone), paragraph(run("b")))) == "a\n\nb"


def test_hidden_text_is_kept_and_counted(tmp_path: Path) -> None:
    file = word(paragraph(run("visível "), run("oculto", "<w:vanish/>")), paragraph(run("todo oculto", "<w:vanish/>")))
    assert text_and_warnings(tmp_path, file) == (
        "visível oculto\n\ntodo oculto",
        ("2 passages of hidden text were kept.",),
    )


def test_xml_comments_are_no_obstacle(tmp_path: Path) -> None:
    file = word(paragraph(run("um"), "<!-- x -->"), "<w:p><!-- y --><w:r><w:t>dois</w:t></w:r></w:p>")
    assert text_of(tmp_path, file) == "um\n\ndois"


def test_an_irregular_file_is_read_as_far_as_docling_can(tmp_path: Path) -> None:
    text, warnings = text_and_warnings(tmp_path, word(paragraph(run("a"), '<w:r><w:sym w:char="zz"/></w:r>')))
    assert text == "a"
    assert warnings == ("The file's XML is irregular: notes, headers, drawings and shown values may be missing.",)


def test_the_same_bytes_give_the_same_document(tmp_path: Path) -> None:
    file = word(paragraph(run("um"), run("dois", "<w:b/>")))
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        text_of(folder, saved(file))
    name = "file.docx.document.json"
    assert files.read_sealed(first / name) == files.read_sealed(second / name)


@pytest.mark.parametrize("kind", ["drop", "margin"])
def test_a_drop_cap_begins_its_word(tmp_path: Path, kind: str) -> None:
    cap = f'<w:p><w:pPr><w:framePr w:dropCap="{kind}" w:lines="3"/></w:pPr>{run("E")}</w:p>'
    box = f"<w:p><w:pPr><w:framePr/></w:pPr>{run('Ao lado')}</w:p>"
    text = text_of(tmp_path, word(cap, f"<w:p><w:pPr/>{run('sta')}{run(' lei')}</w:p>", box, paragraph(run("Fim"))))
    assert text.split("\n\n") == ["Esta lei", "Ao lado", "Fim"]


def test_comments_of_reviewers_are_left_out(tmp_path: Path) -> None:
    file = docx.Document()
    file.add_comment(file.add_paragraph().add_run("corpo"), text="revisar", author="Ana")
    assert text_of(tmp_path, file) == "corpo"
