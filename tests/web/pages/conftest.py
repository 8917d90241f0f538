"""A small folder with hostile and ordinary documents, published and served, and a browser that looks at it."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from fpdf import FPDF
from playwright.sync_api import Browser, Dialog, Page

from pipeline.web.server import WebServer
from tests.conftest import Workspace, lasting_workspace
from tests.support.browser import open_browser
from tests.support.web import serving

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> {{ 7 * 7 }}"
HOSTILE_NAME = 'a\'b "c" <img src=x onerror=alert(3)> {{ 7 * 7 }} %3Cb%3E&amp;'
QUESTION = "prazo do recurso"
TABLE = "| Motivo | Duração |\n|---|---|\n| Casamento | três dias |\n| Doação de sangue | um dia |\n"
LIST = "Comprovantes das ausências:\n\n- certidão de casamento\n- atestado do hemocentro\n"


def pages_of(*texts: str) -> bytes:
    """A PDF with a page of each text."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    for text in texts:
        pdf.add_page()
        pdf.multi_cell(0, 8, text)
    return bytes(pdf.output())


@dataclass
class Seen:
    """A page of the browser, and what happened while it was open."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


Visit = Callable[..., Seen]


@pytest.fixture(scope="package")
def published(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Workspace]:
    with lasting_workspace(tmp_path_factory.mktemp("pages"), models_dir) as made:
        front = f"---\ntitle: '{HOSTILE}'\nauthor: '{HOSTILE}'\nversion: '<b>2</b>'\n---\n"
        made.write(
            "Regras/hostil.md", f"{front}# {HOSTILE}\n\nO recurso hostil é apresentado por escrito: `{HOSTILE}`\n"
        )
        made.write(f"Regras/{HOSTILE_NAME}.txt", "O recurso hostil de nome estranho tem o prazo de uma semana.\n")
        made.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")
        made.write("Políticas/Gestão de Pessoas/ausências.md", f"# Ausências justificadas\n\n{TABLE}\n{LIST}")
        first = "O prazo do recurso é de dez dias úteis, contados da ciência do ato. " * 6
        second = "A decisão do recurso é publicada no diário oficial, com os seus motivos. " * 6
        made.write("Regras/recursos.pdf", "").write_bytes(pages_of(first, second))
        for name in ("danificado.pdf", "também danificado com  dois espaços.pdf", f"{HOSTILE_NAME}.pdf"):
            made.write(name, "").write_bytes(b"%PDF-1.7 " + (b"x" if name.startswith("a") else b"y") * 2000)
        made.run_all()
        yield made


@pytest.fixture(scope="package")
def server(published: Workspace) -> Iterator[WebServer]:
    with serving(published.run) as made:
        yield made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, server: WebServer) -> Iterator[Visit]:
    """Opens a page of the service in a new browser context."""
    opened = []

    def go(
        where: str = "",
        width: int = 1200,
        scheme: Literal["light", "dark"] = "light",
        locale: str = "pt-BR",
        scripts: bool = True,
    ) -> Seen:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale, java_script_enabled=scripts
        )
        opened.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.said.append(message.text))
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        seen.page.on("dialog", seen.dismiss)
        seen.page.goto(server.address + where.removeprefix("/"))
        return seen

    yield go
    for context in opened:
        context.close()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


Get = Callable[..., Answer]


@pytest.fixture
def get(server: WebServer) -> Get:
    def ask(target: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", target, headers={"Host": f"127.0.0.1:{server.port}", **headers})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        made = Answer(answer.status, found, answer.read())
        connection.close()
        return made

    return ask
