"""Every part of a DOCX is counted, and what the text lacks has the kind of its part."""

from __future__ import annotations

import io

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from pipeline.convert.coverage import lost_passages
from pipeline.convert.text import text_document
from tests.convert.coverage.measured import left_out, measured, missing, part, with_parts

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
RELATIONS = "word/_rels/document.xml.rels"


def document(*elements: str, text: str = "Texto do corpo.") -> bytes:
    """A DOCX with a paragraph, and other elements of the body after it."""
    file = docx.Document()
    file.add_paragraph(text)
    for element in elements:
        file.element.body.insert(-1, parse_xml(element))
    return saved(file)


def saved(file: object) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def paragraph(inside: str) -> str:
    return f"<w:p {nsdecls('w', 'r', 'wp')}>{inside}</w:p>"


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def notes(kind: str, text: str) -> str:
    return (
        f'<w:{kind}s {WORD}><w:{kind} w:type="separator" w:id="-1"><w:p/></w:{kind}>'
        f'<w:{kind} w:id="1"><w:p>{run(text)}</w:p></w:{kind}></w:{kind}s>'
    )


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_notes_are_counted_with_their_number(kind: str) -> None:
    mark = paragraph(f'<w:r><w:{kind}Reference w:id="1"/></w:r>')
    data = with_parts(document(mark), {f"word/{kind}s.xml": notes(kind, "prazo em dobro")})
    assert missing(data, "docx", "Texto do corpo.") == {kind: (3, (f"{kind} 1",))}
    assert missing(data, "docx", "Texto do corpo. prazo em dobro") == {}


def test_the_note_of_a_deleted_mark_is_left_out_on_purpose() -> None:
    mark = paragraph('<w:del><w:r><w:footnoteReference w:id="1"/></w:r></w:del>')
    data = with_parts(document(mark), {"word/footnotes.xml": notes("footnote", "prazo em dobro")})
    assert missing(data, "docx", "Texto do corpo.") == {}
    assert left_out(data, "docx", "Texto do corpo.") == {"footnote": 3}


def headed(*texts: str) -> bytes:
    """A section for each text, with that text and the page's number in its header."""
    file = docx.Document()
    file.add_paragraph("Texto do corpo.")
    field = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>7</w:t></w:r></w:fldSimple>'
    for number, text in enumerate(texts):
        section = file.add_section() if number else file.sections[0]
        section.header.is_linked_to_previous = False
        words = section.header.paragraphs[0]._p
        for child in parse_xml(paragraph(run(text) + field)):
            words.append(child)
    return saved(file)


def test_a_header_counts_once_and_without_its_page_number() -> None:
    data = headed("POP-0417 folha ", "POP-0417  folha")
    assert missing(data, "docx", "Texto do corpo.") == {"header": (3, ("header 1",))}
    assert left_out(data, "docx", "Texto do corpo.") == {"header": 3}


def test_words_that_only_go_with_a_page_number_are_left_out_on_purpose() -> None:
    data = headed("Página ")
    assert missing(data, "docx", "Texto do corpo.") == {}
    assert left_out(data, "docx", "Texto do corpo.") == {"header": 1}


def test_a_header_that_no_section_has_is_not_missing() -> None:
    data = with_parts(document(), {"word/header9.xml": f"<w:hdr {WORD}><w:p>{run('timbre antigo')}</w:p></w:hdr>"})
    assert missing(data, "docx", "Texto do corpo.") == {}
    assert left_out(data, "docx", "Texto do corpo.") == {"header": 2}


def test_a_deleted_row_and_what_floats_in_deleted_text_are_not_missing() -> None:
    cell = f"<w:tc><w:p>{run('linha antiga')}</w:p></w:tc>"
    table = f"<w:tbl {WORD}><w:tr><w:trPr><w:del w:id='1'/></w:trPr>{cell}</w:tr></w:tbl>"
    drawn = "<w:drawing><wp:inline><wp:docPr id='1' name='x' descr='foto retirada'/></wp:inline></w:drawing>"
    data = document(table, paragraph(f"<w:del><w:r>{drawn}</w:r></w:del>"))
    assert missing(data, "docx", "Texto do corpo.") == {}
    assert left_out(data, "docx", "Texto do corpo.") == {"deleted": 2}


def test_content_controls_insertions_fields_and_custom_xml_are_part_of_the_paragraph() -> None:
    inside = (
        f"<w:sdt><w:sdtContent>{run('Fulana ')}</w:sdtContent></w:sdt><w:ins>{run('inseriu ')}</w:ins>"
        f"<w:customXml>{run('etiqueta ')}</w:customXml><w:fldSimple w:instr='DATE'>{run('maio')}</w:fldSimple>"
    )
    data = document(paragraph(inside))
    assert missing(data, "docx", "Texto do corpo.") == {"body": (4, ("paragraph 2",))}


def test_runs_of_one_word_are_one_word() -> None:
    data = document(paragraph(run("preg") + run("ão")))
    assert missing(data, "docx", "Texto do corpo. pregão") == {}
    assert missing(data, "docx", "Texto do corpo. preg ão") == {"body": (1, ("paragraph 2",))}


def test_deleted_and_moved_text_is_left_out_on_purpose() -> None:
    deleted = "<w:del><w:r><w:delText>revogado assim</w:delText></w:r></w:del>"
    data = document(paragraph(f"{run('vigente')}{deleted}<w:moveFrom>{run(' daqui')}</w:moveFrom>"))
    assert missing(data, "docx", "Texto do corpo. vigente") == {}
    assert left_out(data, "docx", "Texto do corpo. vigente") == {"deleted": 3}


def test_reviewers_comments_are_left_out_on_purpose() -> None:
    comments = f'<w:comments {WORD}><w:comment w:id="0"><w:p>{run("rever prazo")}</w:p></w:comment></w:comments>'
    data = with_parts(document(), {"word/comments.xml": comments})
    assert left_out(data, "docx", "Texto do corpo.") == {"comment": 2}


def test_a_text_box_counts_once_although_it_is_written_twice() -> None:
    box = f"<w:txbxContent>{paragraph(run('caixa lateral'))}</w:txbxContent>"
    data = document(
        '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        f'xmlns:v="urn:schemas-microsoft-com:vml" {WORD}><w:r><mc:AlternateContent>'
        f"<mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert missing(data, "docx", "Texto do corpo.") == {"text_box": (2, ("text box 1",))}


def test_smart_art_and_charts_are_counted() -> None:
    smart_art = f"<dgm {DRAWING}><a:p><a:r><a:t>Diretoria geral</a:t></a:r></a:p></dgm>"
    chart = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:strCache>'
        "<c:pt><c:v>Janeiro</c:v></c:pt></c:strCache><c:numCache><c:pt><c:v>4.4000000000000004</c:v></c:pt></c:numCache>"
        "</c:chartSpace>"
    )
    data = with_parts(document(), {"word/diagrams/data1.xml": smart_art, "word/charts/chart1.xml": chart})
    found = missing(data, "docx", "Texto do corpo.")
    assert found == {"smart_art": (2, ("diagram 1",)), "chart": (2, ("chart 1",))}
    assert missing(data, "docx", "Texto do corpo. Diretoria geral. Janeiro 4,4") == {}


def test_files_in_the_file_are_counted_with_their_places() -> None:
    book = openpyxl.Workbook()
    book.active.title, book.active["B2"] = "Taxas", "alíquota interna"
    relation = (
        '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk" '
        'Target="afchunk1.html"/></Relationships>'
    )
    data = document()
    relations = part(data, RELATIONS).replace("</Relationships>", relation)
    parts: dict[str, str | bytes] = {
        "word/embeddings/sheet1.xlsx": saved(book),
        "word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0",
        "word/afchunk1.html": "<p>anexo importado</p>",
        RELATIONS: relations,
    }
    found = missing(with_parts(data, parts), "docx", "Texto do corpo.")
    assert found["embedded_object"][0] == 2
    assert set(found["embedded_object"][1]) == {"embedded object 1", "embedded object 2, sheet Taxas, B2"}
    assert found["inserted_file"] == (2, ("inserted file 1, block 1",))


def test_alternative_text_counts_unless_a_program_wrote_it() -> None:
    described = "<w:r><w:drawing><wp:inline><wp:docPr id='1' name='a' descr='{}'/></wp:inline></w:drawing></w:r>"
    data = document(paragraph(described.format("selo da ata")), paragraph(described.format("Imagem 3")))
    assert missing(data, "docx", "Texto do corpo.") == {"alt_text": (3, ("alt text 1",))}


def test_table_cells_are_counted_as_such() -> None:
    file = docx.Document()
    file.add_table(rows=1, cols=2).rows[0].cells[1].text = "sessenta horas"
    assert missing(saved(file), "docx") == {"table_cell": (2, ("table cell 2",))}


def test_the_strict_form_is_read_like_the_usual_one() -> None:
    usual = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    strict = (
        part(document(), "word/document.xml")
        .encode()
        .replace(usual, b"http://purl.oclc.org/ooxml/wordprocessingml/main")
    )
    data = with_parts(document(), {"word/document.xml": strict})
    assert missing(data, "docx") == {"body": (3, ("paragraph 1",))}


def test_the_share_of_words_is_the_coverage_and_lost_passages_show_them() -> None:
    data = document(paragraph(run("um dois três")))
    assert measured(data, "docx", "Texto do corpo. um").text_coverage == pytest.approx(4 / 6)
    lost = lost_passages(data, "docx", text_document("Texto do corpo. um"))
    assert [(passage.place, passage.text) for passage in lost] == [("paragraph 2", "dois três")]


def test_places_are_at_most_twenty_a_kind() -> None:
    data = document(*(paragraph(run(f"perdido{number}x")) for number in range(30)))
    words, places = missing(data, "docx", "Texto do corpo.")["body"]
    assert len(places) == 20
    assert words > 30


def test_entities_are_not_expanded() -> None:
    bomb = f'<!DOCTYPE a [<!ENTITY b "{"palavra " * 100}">]>' + notes("footnote", "&b;")
    assert missing(with_parts(document(), {"word/footnotes.xml": bomb}), "docx", "Texto do corpo.") == {}
