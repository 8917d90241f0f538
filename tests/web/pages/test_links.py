"""Links of the pages: where they lead, what they keep, and what they never lead to."""

from __future__ import annotations

from datetime import date

import pytest
from starlette.requests import Request

from pipeline.languages import PAGES
from pipeline.web.library.facets import Facets
from pipeline.web.pages.addresses import document_address, web_address, with_query
from pipeline.web.pages.facet_links import FacetLinks, similar
from pipeline.web.pages.forms import DocumentsForm, SearchForm
from pipeline.web.pages.paging import Paging

FOLDERS = ["30-Aprovados", "30-Aprovados/Políticas", "30-Aprovados/Políticas/Gestão", "30-Aprovados/Regras"]


def request(query: str, path: str = "/") -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []})


def test_a_passage_far_down_is_on_its_part_of_the_document_s_page() -> None:
    assert document_address("d", 7) == "/documents/d#passage-7"
    assert document_address("d", 250, "prazo & <b>") == "/documents/d?q=prazo+%26+%3Cb%3E&part=3#passage-250"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "", None, " https://x"])
def test_an_address_from_a_document_is_a_link_only_if_it_opens_a_page(url: str | None) -> None:
    assert web_address(url) is None
    assert web_address("https://gitlab.example.org/a") == "https://gitlab.example.org/a"


def test_other_parameters_are_kept_and_escaped() -> None:
    asked = request("q=%3Cb%3E+x&page=3&type=policy")
    assert with_query(asked, {"page": "", "type": "form"}) == "/?q=%3Cb%3E+x&type=form"


@pytest.mark.parametrize(
    ("page", "last", "before", "after"),
    [
        (1, 1, None, None),
        (1, 3, None, "/?page=2"),
        (2, 3, "/", "/?page=3"),
        (9, 3, "/?page=3", None),
        (9, 0, None, None),
    ],
)
def test_pages_lead_to_those_that_there_are(page: int, last: int, before: str | None, after: str | None) -> None:
    paging = Paging(request(f"page={page}"), page, last)
    assert (paging.before, paging.after) == (before, after)


def test_a_year_is_both_its_days_and_nothing_else() -> None:
    form = SearchForm(modified_from=date(2024, 1, 1), modified_to=date(2024, 12, 31))
    assert form.year == 2024
    assert form.choices == 2
    assert SearchForm(modified_from=date(2024, 1, 1), modified_to=date(2024, 12, 30)).year is None
    assert SearchForm(modified_from=date(2023, 1, 1), modified_to=date(2024, 12, 31)).year is None


def test_folders_are_offered_level_by_level_and_the_chosen_one_can_be_left() -> None:
    facets = Facets(folder=dict.fromkeys(FOLDERS, 2))
    asked = request("q=x&path=politicas&page=2")
    links = FacetLinks(asked, SearchForm.read(asked), PAGES["pt"], "30-Aprovados")
    (group,) = links.groups(facets)
    assert [(value.text, value.is_chosen) for value in group.values] == [("Políticas", True), ("Gestão", False)]
    assert group.values[0].address == "/?q=x&nearest=true"
    assert [chosen.text for chosen in links.chosen()] == ["politicas"]
    asked = request("", "/documents")
    (group,) = FacetLinks(asked, DocumentsForm.read(asked), PAGES["pt"], "30-Aprovados").groups(facets)
    assert [value.text for value in group.values] == ["Políticas", "Regras"]


def test_a_misspelt_folder_has_suggestions_and_nonsense_has_none() -> None:
    assert similar("Gestao de Pessoas", FOLDERS) == ["30-Aprovados/Políticas/Gestão"]
    assert similar("politica", FOLDERS) == ["30-Aprovados/Políticas"]
    assert similar("zzz", FOLDERS) == similar("/", FOLDERS) == []
