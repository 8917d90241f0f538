"""The pages in a real browser, and what is never shown or given away."""

from __future__ import annotations

import http.client
import io
import re
import shutil
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fpdf import FPDF
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.languages import PAGES, choose
from pipeline.web.server import WebServer
from tests.conftest import Workspace, open_workspace
from tests.support.web import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH")
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> {{ 7 * 7 }}"
QUESTION = "prazo do recurso"


def one_page(text: str) -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, 8, text)
    return bytes(pdf.output())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Workspace]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        open_workspace(tmp_path_factory.mktemp("web"), models_dir, monkeypatch) as made,
    ):
        made.write(
            "Regras/hostil.md", f"# {HOSTILE}\n\nO recurso hostil é apresentado por escrito à unidade: `{HOSTILE}`\n"
        )
        made.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")
        made.write("Regras/recursos.pdf", "").write_bytes(one_page("O prazo do recurso é de dez dias úteis."))
        assert made.run_all().scheduling_succeeded
        yield made


@pytest.fixture(scope="module")
def server(published: Workspace) -> Iterator[WebServer]:
    with serving(published.run) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*arguments, "--disable-sync"])
        yield opened
        opened.close()


def visit(browser: Browser, server: WebServer, width: int = 1200, scheme: str = "light", where: str = "") -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="pt-BR",
    )
    page.goto(server.address + where)
    return page


def get(server: WebServer, target: str = "/", host: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", target, headers={"Host": host or f"127.0.0.1:{server.port}"})
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, content


def pictures(content: bytes) -> list[str]:
    return [found.replace("&amp;", "&") for found in re.findall(r'<img src="([^"]+)"', content.decode())]


@needs_browser
def test_a_question_is_asked_with_the_keyboard_and_its_page_is_shown_framed(
    browser: Browser, server: WebServer
) -> None:
    page = visit(browser, server)
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.add(request.url))
    page.locator("input[name=q]:focus").wait_for()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    best = page.locator(".hits > li").first
    best.wait_for()
    assert "recursos.pdf · página 1" in best.inner_text()
    assert best.locator(".snippet mark").all_inner_texts() == ["prazo", "recurso"]
    best.locator("summary", has_text="Ver página 1").click()
    picture = best.get_by_role("img")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    assert said == []
    assert all(url.startswith(server.address) for url in asked)
    page.close()


@needs_browser
def test_filters_narrow_down_and_stay_chosen(browser: Browser, server: WebServer) -> None:
    page = visit(browser, server, where="?q=recurso&path=Regras&language=pt&by_document=true")
    assert page.locator("summary").first.inner_text() == "Filtros (3)"
    assert not page.get_by_text("travel.txt").count()
    assert page.locator(".hits > li").count() == 2
    page.locator("summary").first.click()
    page.get_by_label("Pasta ou documento").fill("nada")
    page.get_by_role("button").click()
    page.get_by_text("Nenhum trecho foi encontrado").wait_for()
    assert page.get_by_label("Idioma").input_value() == "pt"
    assert page.get_by_label("Só o melhor trecho").is_checked()
    page.close()


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_axe_finds_nothing_that_keeps_people_out(browser: Browser, server: WebServer, width: int, scheme: str) -> None:
    page = visit(browser, server, width, scheme, f"?q={QUESTION.replace(' ', '+')}")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert any(check["id"] == "color-contrast" for check in found.response["passes"]), "contrast was looked at"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


@needs_browser
def test_what_documents_and_questions_hold_is_shown_as_text(browser: Browser, server: WebServer) -> None:
    page = visit(browser, server, where=f"?q={'recurso hostil <b>x</b>'}")
    assert HOSTILE in page.locator(".hits").inner_text()
    assert page.get_by_role("searchbox").input_value() == "recurso hostil <b>x</b>"
    assert page.locator("script, iframe, b, img[onerror]").count() == 0
    page.close()


def test_the_picture_frames_the_passage(server: WebServer) -> None:
    (address, *_) = pictures(get(server, f"/?q={QUESTION.replace(' ', '+')}")[1])
    status, content = get(server, address)
    assert status == 200
    colours = {colour for _, colour in Image.open(io.BytesIO(content)).convert("RGB").getcolors(100_000) or ()}
    assert (0xC2, 0x41, 0x0C) in colours
    other = get(server, re.sub(r"passage=\d+", "passage=99", address))[1]
    assert (0xC2, 0x41, 0x0C) not in {c for _, c in Image.open(io.BytesIO(other)).getcolors(100_000) or ()}


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/documents/..%2f..%2fetc%2fpasswd/original",
        "/api/v1/documents/%2e%2e%2f/pages/1.png",
        "/api/v1/runs/..%2f..%2findex",
        "/../../etc/passwd",
        "/style.css/../../pipeline/schema.py",
    ],
)
def test_nothing_but_published_pages_is_given_away(server: WebServer, target: str) -> None:
    assert get(server, target)[0] == 404


def test_a_browser_that_does_not_wait_for_its_answer_leaves_no_trace(
    server: WebServer, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            linger = struct.pack("ii", 1, 0)  # closing resets the connection
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            host = f"127.0.0.1:{server.port}"
            connection.sendall(f"GET /?q=prazo HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert get(server, "/?q=prazo")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_page_or_document_that_is_not_there_is_not_found(server: WebServer) -> None:
    (address, *_) = pictures(get(server, f"/?q={QUESTION.replace(' ', '+')}")[1])
    assert get(server, address.replace("/pages/1.png", "/pages/2.png"))[0] == 404
    assert get(server, address.replace("/documents/", "/documents/0"))[0] == 404


@pytest.mark.parametrize("query", ["method=best", "modified_from=yesterday", "neighbours=99", f"q={'x' * 2000}"])
def test_a_form_that_cannot_be_is_refused_with_words(server: WebServer, query: str) -> None:
    status, content = get(server, f"/?q=x&{query}")
    assert status == 400
    assert PAGES["pt"].bad_form in content.decode()


def test_an_error_is_told_without_its_inside(server: WebServer, published: Workspace) -> None:
    (address, *_) = pictures(get(server, f"/?q={QUESTION.replace(' ', '+')}")[1])
    (source,) = published.data.glob("documents/*/*/source.pdf")
    kept = source.read_bytes()
    source.unlink()
    source.mkdir()
    try:
        status, content = get(server, address)
    finally:
        source.rmdir()
        source.write_bytes(kept)
    assert status == 500
    assert b"internal" in content
    assert str(published.data) not in content.decode()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-US,en;q=0.9,pt;q=0.8", "en"),
        ("de, pt-BR;q=0.7, en;q=0.3", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("fr", "pt-BR"),
        ("", "pt-BR"),
        ("en;q=0", "pt-BR"),
        ("en;q=" + "9" * 50 + ",;;;,\x00", "pt-BR"),
    ],
)
def test_the_page_speaks_the_language_that_the_browser_likes_best(accepted: str, language: str) -> None:
    assert choose(accepted, "pt").language == language
