"""What people do with the pages, in a real browser, in both languages and in all of them with hostile content."""

from __future__ import annotations

import html
import re
import urllib.parse
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pipeline.web.server import WebServer
from tests.conftest import Workspace
from tests.support.browser import needs_browser
from tests.web.pages.conftest import HOSTILE, HOSTILE_NAME, QUESTION, Get, Seen, Visit

pytestmark = needs_browser
ASKED = "recurso hostil <b>x</b> \"'><script>alert(4)</script>"


def search(question: str, **filters: str) -> str:
    return f"?{urllib.parse.urlencode({'q': question, **filters})}"


def document(get: Get, title: str) -> str:
    """The address of a document's page."""
    found = re.search(r'<h2><a href="([^"]+)"><bdi>' + re.escape(html.escape(title)), get("/documents").text)
    assert found
    return found[1]


def page_named(get: Get, name: str) -> str:
    """Of every kind one with hostile content in it, and an ordinary one."""
    named: dict[str, Callable[[], str]] = {
        "hostile document": lambda: f"{document(get, HOSTILE)}?{urllib.parse.urlencode({'q': ASKED})}",
        "document": lambda: f"{document(get, 'recursos')}?q=prazo",
        "search": lambda: search(QUESTION),
        "hostile search": lambda: search(ASKED),
        "nothing relevant": lambda: search("<script>alert(5)</script> receita de bolo"),
        "no such folder": lambda: search("recurso", path="<img src=x onerror=alert(6)>"),
        "not found": lambda: "/<img src=x onerror=alert(7)>",
    }
    return named[name]() if name in named else f"/{name}"


NAMES = (
    *("", "search", "hostile search", "nothing relevant", "no such folder", "document", "hostile document"),
    *("documents", "quarantine", "status", "not found"),
)


IN_ENGLISH = [name if name in {"search", "status"} else pytest.param(name, marks=pytest.mark.soak) for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_for_everybody_and_runs_nothing_of_a_document(
    visit: Visit, get: Get, server: WebServer, name: str
) -> None:
    seen = visit(page_named(get, name), width=320, scheme="dark")
    assert seen.page.locator("html").get_attribute("lang") == "pt-BR"
    check_accessible(seen.page, 320)
    seen.page.emulate_media(color_scheme="light")
    seen.page.set_viewport_size({"width": 1200, "height": 900})
    check_accessible(seen.page, 1200, ["color-contrast"])
    check_nothing_ran(seen, server)


@pytest.mark.parametrize("name", IN_ENGLISH)
def test_so_is_every_page_in_english(visit: Visit, get: Get, server: WebServer, name: str) -> None:
    seen = visit(page_named(get, name), width=1200, scheme="light", locale="en-US")
    assert seen.page.locator("html").get_attribute("lang") == "en"
    check_accessible(seen.page, 1200)
    check_nothing_ran(seen, server)


def check_accessible(page: Page, width: int, rules: list[str] | None = None) -> None:
    """By all rules, or by those that another look at the same page can break."""
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    found = Axe().run(page, options={"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {}))
    assert found.violations_count == 0, found.generate_report()
    assert any(check["id"] == "color-contrast" for check in found.response["passes"]), "contrast was looked at"
    assert page.evaluate("document.documentElement.scrollWidth") == width


def check_nothing_ran(seen: Seen, server: WebServer) -> None:
    assert seen.page.locator("iframe, main b, main i, img[onerror], main script, main style").count() == 0
    assert all(url.startswith(server.address) for url in seen.asked)
    assert seen.dialogs == []
    assert [said for said in seen.said if "404" not in said] == []


def test_hostile_titles_paths_questions_and_documents_are_shown_as_text(visit: Visit) -> None:
    page = visit(search(ASKED)).page
    text = page.locator(".found").inner_text()
    assert HOSTILE in text
    assert f"30-Aprovados/Regras/{HOSTILE_NAME}.txt" in text
    assert page.get_by_role("searchbox").input_value() == ASKED
    page.goto(page.url.partition("?")[0] + "quarantine")
    assert f"30-Aprovados/{HOSTILE_NAME}.pdf" in page.locator(".found").inner_text()


def test_with_the_keyboard_alone_a_page_is_found_opened_and_cited(visit: Visit) -> None:
    page = visit().page
    page.locator("input[name=q]:focus").wait_for()
    page.keyboard.type("quando é publicada a decisão do recurso")
    page.keyboard.press("Enter")
    best = page.locator(".found > li").first
    best.wait_for()
    assert best.locator("h2").inner_text() == "recursos"
    assert {"decisão", "recurso", "publicada"} <= set(best.locator("mark").all_inner_texts())
    reach(page, r"páginas? (1, )?2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*#passage-*")
    assert "A decisão do recurso" in page.locator("li:target").inner_text()
    assert page.locator("li:target mark").count() >= 3
    page.go_back()
    reach(page, "Citar")
    page.keyboard.press("Enter")
    citation = page.locator(".citation:visible").inner_text()
    assert re.fullmatch(r"recursos, p\. \d(–\d)?, 30-Aprovados/Regras/recursos\.pdf", citation)


def reach(page: Page, name: str) -> None:
    """Press Tab until the focus is on something of a name like this."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if re.fullmatch(name, page.evaluate("document.activeElement.textContent.trim()")):
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def test_a_passage_is_framed_on_the_picture_of_its_page(visit: Visit) -> None:
    page = visit(search(QUESTION)).page
    best = page.locator(".found > li").first
    best.locator("summary", has_text="Ver página 1").first.click()
    picture = best.get_by_role("img").first
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500


def test_tables_are_tables_and_lists_are_lists(visit: Visit, get: Get) -> None:
    page = visit(search("duração da ausência por casamento")).page
    best = page.locator(".found > li").first
    assert best.locator("th").all_inner_texts()[:2] == ["Motivo", "Duração"]
    assert best.locator("td", has_text="Casamento").first.locator("mark").count() == 1
    page = visit(document(get, "Ausências justificadas")).page
    assert page.locator("main .text li").all_inner_texts() == ["certidão de casamento", "atestado do hemocentro"]
    assert page.locator("h3", has_text="Ausências justificadas").count() == 1


def test_a_narrow_table_breaks_no_word(visit: Visit, get: Get) -> None:
    page = visit(document(get, "Ausências justificadas"), width=320).page
    cells = page.locator("main .text td, main .text th").element_handles()
    lines = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }"
    assert {cell.inner_text(): cell.evaluate(lines) for cell in cells if " " not in cell.inner_text()} == dict.fromkeys(
        ("Motivo", "Duração", "Casamento"), 1
    )


def test_a_command_is_copied_with_the_spaces_of_the_name(visit: Visit) -> None:
    commands = visit("/quarantine").page.locator("code").all_inner_texts()
    assert any("com  dois espaços.pdf" in command for command in commands)


def test_a_run_that_has_ended_has_nothing_in_work(visit: Visit) -> None:
    assert visit("/status").page.locator("#live th[scope=col]").all_inner_texts() == ["Etapa", "Prontos", "Falhas"]


def test_every_facet_keeps_the_question_and_finds_as_many_as_it_says(visit: Visit) -> None:
    page = visit(search("recurso decisão prazo")).page
    facets = page.locator(".facet a").evaluate_all(
        "all => all.map(one => [one.href, one.querySelector('.number').innerText])"
    )
    assert len(facets) >= 5
    for address, count in facets:
        page.goto(address)
        assert page.get_by_role("searchbox").input_value() == "recurso decisão prazo"
        assert page.locator(".found > li").count() == int(count)
        page.locator(".chosen a").first.click()
        assert page.locator(".chosen a").count() == 0


def test_a_folder_is_found_without_its_accents_and_case_and_a_misspelt_one_is_suggested(visit: Visit) -> None:
    page = visit(search("ausências", path="politicas/GESTAO DE PESSOAS")).page
    assert page.locator(".found > li").count() == 1
    offered = page.locator("datalist option").evaluate_all("all => all.map(one => one.value)")
    assert [folder for folder in offered if folder != "30-Aprovados/avisos"] == [  # which another test publishes
        *("30-Aprovados", "30-Aprovados/Políticas", "30-Aprovados/Políticas/Gestão de Pessoas", "30-Aprovados/Regras"),
    ]
    page.goto(page.url.replace("GESTAO+DE+PESSOAS", "Pessoas"))
    page.get_by_role("link", name="Gestão de Pessoas").click()
    assert page.locator(".found > li").count() == 1


def test_a_question_without_an_answer_finds_nothing_until_one_insists(visit: Visit) -> None:
    page = visit(search("receita de bolo de cenoura")).page
    page.get_by_role("heading", name="Nada relevante foi encontrado").wait_for()
    assert page.locator(".found").count() == 0
    page.get_by_role("link", name="Mostrar mesmo assim").click()
    page.get_by_text("Estes são apenas os mais próximos").wait_for()
    assert page.locator(".found > li").count() > 1


def test_a_language_chosen_by_hand_stays(visit: Visit) -> None:
    page = visit(search(QUESTION)).page
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("searchbox").input_value() == QUESTION
    page.get_by_role("link", name="Documents", exact=True).click()
    assert page.locator("h1").inner_text() == "Documents"


def test_without_javascript_every_page_works(visit: Visit) -> None:
    page = visit(scripts=False).page
    page.locator("input[name=q]").fill(QUESTION)
    page.get_by_role("button", name="Pesquisar").click()
    page.locator(".found h2 a").first.click()
    assert page.locator("h1").inner_text() == "recursos"
    for name in ("Documentos", "Quarentena", "Situação"):
        page.get_by_role("navigation", name="Páginas").get_by_role("link", name=name).click()
        assert page.locator("h1").inner_text() == name
    assert page.locator("meta[http-equiv=refresh]").count() == 1
    assert "Concluída" in page.locator("#live").inner_text()


def test_the_status_page_follows_a_run_without_being_loaded_again(visit: Visit, published: Workspace) -> None:
    page = visit("/status").page
    before = page.locator("#live code").inner_text()
    published.write("avisos/novo.txt", f"Um aviso que {before} não conhecia.\n")
    loaded = page.evaluate("performance.timeOrigin")
    published.run_all()
    expect(page.locator("#live code")).not_to_have_text(before, timeout=30_000)
    assert page.evaluate("performance.timeOrigin") == loaded
