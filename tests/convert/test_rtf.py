"""RTF keeps all that a word processor shows of it, without one being installed."""

from __future__ import annotations

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.text_export import text_of
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import READ, page, saved

SETTINGS = ConversionSettings(ocr_engine="none")
HEAD = (
    r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset238 Arial CE;}{\f2\fcharset2 Symbol;}}"
    r"{\colortbl;\red0\green0\blue0;}{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}"
    r"{\s2 T\'edtulo 2;}{\s15 Title;}{\*\cs10 Default Paragraph Font;}}"
)


def read(body: str, settings: ConversionSettings = SETTINGS, head: str = HEAD) -> tuple[str, Conversion]:
    data = rf"{{\rtf1\ansi\ansicpg1252\deff0{head}{body}}}".encode("latin-1")
    document, conversion = extract(data, "rtf", settings)
    return text_of(document), conversion


def text(body: str) -> str:
    return read(body)[0]


def test_words_whose_format_changes_stay_whole() -> None:
    assert text("preg{\\b\n\\'e3o}, 1.234{\\i ,56}\\par") == "pregão, 1.234,56"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"a\'e7\'e3o", "ação"),
        (r"a\u231\'e7\u227?o", "ação"),
        (r"\uc2 a\u231 ab\u227 ab o", "açã o"),
        (r"\uc0 a\u231 \u227 o", "ação"),
        (r"\f1 \'f2\f0 \'f2", "ňò"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"\ldblquote x\rdblquote\emdash y\~z", "“x”—y z"),
        (r"a\line b\tab c", "a\nb c"),
    ],
)
def test_characters_are_read_in_every_way_they_are_written(written: str, shown: str) -> None:
    assert text(rf"{written}\par") == shown


def test_headings_are_known_by_style_and_by_outline_level() -> None:
    body = (
        r"\pard\s15 Plano\par\pard\s1 Um\par\pard\s2 Dois\par\pard\outlinelevel2 Tr\'eas\par\pard\s0 Texto\par"
        r"{\pard\s1{\listtext 4.\tab}Quatro\par}"
    )
    data = rf"{{\rtf1\ansi{HEAD}{body}}}".encode("latin-1")
    document, _ = extract(data, "rtf", SETTINGS)
    assert [(item.label.value, getattr(item, "level", 0), item.text) for item in document.texts] == [
        *(("title", 0, "Plano"), ("section_header", 1, "Um"), ("section_header", 2, "Dois")),
        *(("section_header", 3, "Três"), ("text", 0, "Texto"), ("section_header", 1, "4. Quatro")),
    ]


def test_list_items_have_their_numbers() -> None:
    body = (
        r"{\listtext 1.\tab}\ls1\ilvl0 um\par{\listtext a)\tab}\ls1\ilvl1 dentro\par"
        r"\pard{\listtext\f2\'b7\tab}ponto\par"
        r"\pard{\pntext 7.\tab}antigo\par"
    )
    document, _ = extract(rf"{{\rtf1\ansi{HEAD}{body}}}".encode("latin-1"), "rtf", SETTINGS)
    assert text_of(document) == "1. um\n\na) dentro\n\nponto\n\n7. antigo"
    assert {item.label.value for item in document.texts} == {"list_item"}


def row(edges: str, *cells: str) -> str:
    return rf"\trowd{edges}\pard\intbl " + "".join(rf"{cell}\cell " for cell in cells) + r"\row "


def test_a_table_keeps_cells_and_spans() -> None:
    body = (
        "Antes.\\par "
        + row(r"\cellx2000\cellx3000", "Nome", "N")
        + row(r"\clmgf\cellx2000\clmrg\cellx3000", "Ana", "")
        + row(r"\clvmgf\cellx1000\cellx3010", r"a\par b", "x")
        + row(r"\clvmrg\cellx1000\cellx3000", "", "y")
        + r"\pard Depois.\par"
    )
    document, _ = extract(rf"{{\rtf1\ansi{HEAD}{body}}}".encode("latin-1"), "rtf", SETTINGS)
    (table,) = document.tables
    found = [
        (cell.text, cell.start_row_offset_idx, cell.start_col_offset_idx, cell.row_span, cell.col_span)
        for cell in table.data.table_cells
    ]
    assert found == [
        *(("Nome", 0, 0, 1, 2), ("N", 0, 2, 1, 1), ("Ana", 1, 0, 1, 3)),
        *(("a\nb", 2, 0, 2, 1), ("x", 2, 1, 1, 2), ("y", 3, 1, 1, 2)),
    ]
    assert text_of(document).startswith("Antes.")
    assert text_of(document).endswith("Depois.")


def test_a_table_in_a_cell_is_lines_of_the_cell() -> None:
    body = (
        r"\trowd\cellx2000\cellx4000\pard\intbl fora\par\pard\intbl\itap2 a\nestcell b\nestcell"
        r"{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}{\nonesttables\par}\pard\intbl\itap1\cell c\cell\row\pard"
    )
    assert text(body) == "fora\na | b | c"


def test_notes_and_running_texts_are_kept_once() -> None:
    body = (
        r"{\header\pard POP-0417\par}{\headerf\pard POP-0417\par}{\footer P\'e1gina {\field{\*\fldinst PAGE}"
        r"{\fldrslt 3}}\par}Texto{\super\chftn}{\footnote\pard\plain{\super\chftn} Da lei.} segue.\par Fim.\par"
    )
    assert text(body) == "POP-0417\n\nTexto segue.\n\n1 Da lei.\n\nFim."


def test_a_running_number_is_kept_beside_a_page_number() -> None:
    page = r"{\field{\*\fldinst {NUMPAGES }}{\fldrslt 12}}"
    header = rf"{{\header Processo 7/2025, p. {page}\par P\'e1gina {page} de {page}\par}}"
    assert text(rf"{header}Tem {page} folhas.\par") == "Processo 7/2025, p.\n\nTem 12 folhas."


@pytest.mark.parametrize(
    ("instruction", "result", "shown"),
    [
        ('HYPERLINK "https://gov.br/e"', "o edital", "o edital (https://gov.br/e)"),
        ('{HYPERLINK  "https://gov.br/e" }', r"{\ul gov.br/e}", "gov.br/e"),
        ('HYPERLINK \\\\l "_Toc1"', "Um", "Um"),
        ('SYMBOL 254 \\\\f "Wingdings" \\\\s 10', r"\fs20", "[x]"),
        (r"FORMDROPDOWN {\*\formfield{\fftype2\ffres1{\*\ffl um}{\*\ffl dois}}}", "", "dois"),
        (r"FORMDROPDOWN {\*\formfield{\fftype2\ffres25\ffdefres0{\*\ffl um}{\*\ffl dois}}}", "", "um"),
    ],
)
def test_a_field_shows_what_its_instruction_says(instruction: str, result: str, shown: str) -> None:
    assert text(rf"{{\field{{\*\fldinst {instruction}}}{{\fldrslt {result}}}}}\par") == shown


def test_text_that_is_there_twice_for_old_readers_is_kept_once() -> None:
    assert text(r"a {\upr{velho}{\*\ud{\u231?\u227?o}}} b\par") == "a ção b"


def test_what_is_deleted_or_a_comment_is_left_out_and_struck_text_is_marked() -> None:
    body = r"Fica{\deleted apagado}{\*\annotation nota}{\xe{\v verbete}} {\strike cinco dias}{\strike0 .}\par"
    assert text(body) == "Fica ~~cinco dias~~."


def test_boxes_fields_and_form_fields_are_read() -> None:
    body = (
        r"{\field{\*\fldinst HYPERLINK http://x.br}{\fldrslt Portal}} "
        r"{\field{\*\fldinst FORMCHECKBOX {\*\formfield\fftype1\ffres1 {\*\ffname c}}}{\fldrslt}}Deferido"
        r"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv Selo}}{\shptxt\pard Na caixa.\par}}{\shprslt velho}}\par"
    )
    assert text(body) == "Portal [x] Deferido\n\nSelo\n\nNa caixa."


@pytest.mark.slow
@pytest.mark.parametrize("way", ["hex", "binary"])
def test_words_in_a_picture_are_read(way: str) -> None:
    data = saved(page(), "PNG")
    content = data.hex() if way == "hex" else rf"\bin{len(data)} " + data.decode("latin-1")
    body = rf"Antes.\par {{\*\shppict{{\pict\pngblip {content}}}}}{{\nonshppict{{\pict 00ff}}}}\par Depois.\par"
    found, conversion = read(body, ConversionSettings())
    assert [words for words in ("Antes.", *READ, "Depois.") if words not in found] == []
    assert (conversion.warnings, conversion.ocr_applied) == ((), True)


def test_embedded_objects_are_counted() -> None:
    found, conversion = read(r"{\object{\*\objdata 0105}{\result visto}}\par")
    assert (found, conversion.warnings) == ("visto", ("Embedded objects that were not read: 1.",))


def test_properties_come_from_the_head() -> None:
    info = (
        r"{\info{\title Plano de A\'e7\'e3o}{\author Ana}{\keywords a, b}{\creatim\yr2024\mo3\dy5\hr10\min30}"
        r"{\revtim\yr2024\mo99}}"
    )
    conversion = read(r"x\par", head=HEAD + info)[1]
    properties = conversion.properties
    assert (properties.title, properties.author, properties.tags) == ("Plano de Ação", "Ana", ("a", "b"))
    assert properties.created_date is not None
    assert properties.created_date.isoformat() == "2024-03-05T10:30:00+00:00"


def test_a_cut_file_keeps_what_it_has() -> None:
    document, _ = extract(rb"{\rtf1\ansi Um.\par {\b Dois", "doc", SETTINGS)
    assert text_of(document) == "Um.\n\nDois"


def test_a_drop_cap_begins_its_word() -> None:
    assert text(r"\pard\pvpara\dropcapli3\dropcapt1 {\fs90 E}\par\pard sta lei\par") == "Esta lei"


def test_hidden_text_is_kept_and_counted_and_deleted_text_is_not() -> None:
    data = rb"{\rtf1 Antes {\v oculto \b um} depois {\deleted fora}\par \v oculto dois\v0  fim\plain\par}"
    document, conversion = extract(data, "rtf", SETTINGS)
    assert text_of(document) == "Antes oculto um depois\n\noculto dois fim"
    assert (conversion.warnings, conversion.missing) == (("2 passages of hidden text were kept.",), ())
