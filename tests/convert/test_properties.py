"""What documents say about themselves is taken when it makes sense, and left out when not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.dates import parse_date
from pipeline.convert.html.page import parsed
from pipeline.convert.properties import from_front_matter, from_html, from_office, from_pdf
from pipeline.convert.text_export import text_of
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.kinds import WORDS
from tests.promises.hostile.office import OFFICE, rewritten


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("D:20240305101500-03'00'", datetime(2024, 3, 5, 10, 15, tzinfo=timezone(timedelta(hours=-3)))),
        ("D:20240305101500Z", datetime(2024, 3, 5, 10, 15, tzinfo=UTC)),
        ("D:2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-03-05", datetime(2024, 3, 5, tzinfo=UTC)),
        ("05/03/2024", datetime(2024, 3, 5, tzinfo=UTC)),
        ("1º de março de 2024", datetime(2024, 3, 1, tzinfo=UTC)),
        ("March 5, 2024", datetime(2024, 3, 5, tzinfo=UTC)),
    ],
)
def test_dates_as_documents_write_them(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment


@pytest.mark.parametrize("text", ["", "em breve", "31/02/2024", "D:20249999", "5 de foo de 2024"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(text)


@pytest.mark.parametrize(
    "title",
    ["Microsoft Word - edital.doc", "untitled", "Sem título 2", "Slide 1", "PowerPoint Presentation", "relatório.docx"],
)
def test_titles_that_programs_make_up_are_dropped(title: str) -> None:
    assert from_pdf({"Title": title}).properties.title is None


def test_pdf_information_becomes_properties() -> None:
    found = from_pdf(
        {"Title": "Norma 5", "Author": "Ana", "Keywords": "a, b; a", "CreationDate": "D:2024", "Producer": "x"}
    )
    assert found.properties.title == "Norma 5"
    assert found.properties.tags == ("a", "b")
    assert found.properties.created_date == datetime(2024, 1, 1, tzinfo=UTC)
    assert found.warnings == ()


def test_wrong_values_are_warnings_not_errors() -> None:
    found = from_front_matter({"title": {"a": 1}, "lang": "português", "data": "ontem", 5: "x", "autor": "Ana"})
    assert found.properties.author == "Ana"
    assert len(found.warnings) == 3


def test_damaged_property_parts_are_no_reason_to_fail() -> None:
    assert from_office(b"no archive").warnings


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_a_control_character_in_a_title_costs_the_properties_and_not_the_text(kind: str) -> None:
    damaged = rewritten(
        OFFICE[kind](),
        {"docProps/core.xml": lambda part: part.replace(b"</cp:coreP", b"<dc:title>a&#1;</dc:title></cp:coreP")},
    )
    document, conversion = extract(damaged, kind, ConversionSettings(ocr_engine="none"))
    assert WORDS in text_of(document)
    assert "The document's properties are damaged and were not read." in conversion.warnings


def test_an_xhtml_page_says_its_language_and_title() -> None:
    page = parsed("<html xml:lang='pt-br'><head><title> Edital\n5 </title><meta name='DC.Creator' content='x'></head>")
    assert page is not None
    assert from_html(page).properties.title == "Edital 5"
    assert from_html(page).properties.language == "pt-BR"
