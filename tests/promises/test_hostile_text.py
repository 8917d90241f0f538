"""One hostile string in names, properties and text of documents is harmless on every surface that shows it."""

from __future__ import annotations

import http.client
import json
import logging
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import luigi
import pytest
from bs4 import BeautifulSoup
from fpdf import FPDF
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from pipeline import RunAll
from pipeline.cli.app import app
from pipeline.cli.main import MODULES
from pipeline.monitoring.console import SafeConsole
from pipeline.monitoring.logs import configure_logging
from pipeline.orchestrator import notebook
from pipeline.orchestrator.api_types import PipelineStage, ProgressReport
from pipeline.search import search
from tests.conftest import Workspace, forget_run, lasting_workspace
from tests.support.luigid import luigid_at, tasks_of
from tests.support.web import serving

assert MODULES, "importing them registers the commands"
FORGED = "00:00:00 ERROR   FORGED"
BITS = (
    "<img src=x onerror=alert(1)>",
    "\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07",
    "\x9b31m",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "[red]r[link=http:x]l[blink]",
    "\u202egnp.exe\u2066",
    "$\\frac{$ *b* `c`",
    f"\n{FORGED}\r\n",
)
"""HTML, escape and OSC sequences, a C1 control, templates, Rich's markup, writing backwards, mathematics, new lines."""
HOSTILE = "".join(BITS)
NAME = HOSTILE.replace("/", "").replace("\x07", "")
LONG = (HOSTILE * 50)[:5000]
QUESTION = "prazo do recurso"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMANDS = {
    "status": ["status"],
    "status as JSON": ["status", "--json"],
    "plan": ["plan"],
    "plan as JSON": ["plan", "--json"],
    "watch": ["watch", "--once"],
    "watch as JSON": ["watch", "--once", "--json"],
    "watch to its end": ["watch"],
    "search": ["search", QUESTION],
    "search with neighbours": ["search", QUESTION, "--neighbours", "2"],
    "search as JSON": ["search", QUESTION, "--json"],
    "coverage": ["coverage"],
    "coverage of one": ["coverage", f"30-Aprovados/{NAME}.md"],
    "history": ["history"],
    "doctor": ["doctor"],
    "config": ["config", "show"],
    "retry": ["retry"],
    "verify": ["verify"],
}
"""Those that change something are last."""


@dataclass
class Shown:
    """What each surface shows of a run over hostile documents."""

    terminal: dict[str, str]
    log: str
    luigid: dict[str, str]
    pages: dict[str, str]
    metrics: str


def hostile_pdf() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, 8, "O prazo do recurso consta do edital.")
    pdf.set_title(LONG)
    pdf.set_author(LONG)
    return bytes(pdf.output())


def write_documents(workspace: Workspace) -> None:
    front = json.dumps({"title": LONG, "author": LONG})[1:-1].replace('", "author"', '"\n"author"')
    workspace.write(f"{NAME}.md", f"---\n{front}\n---\n# {HOSTILE}\n\nO prazo do recurso é: {LONG}\n")
    approved = workspace.root / "30-Aprovados"
    (approved / "propriedades.pdf").write_bytes(hostile_pdf())
    (approved / f"{NAME}.pdf").write_bytes(b"%PDF-1.7 nothing")
    (approved / f"{NAME}.xyz").write_bytes(b"skipped")


def command(arguments: list[str]) -> str:
    forget_run()
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, arguments).output


def html_pages(workspace: Workspace, folder: Path) -> Iterator[tuple[str, str]]:
    (report,) = workspace.data.glob("runs/*/report.html")
    yield "report", report.read_text(encoding="utf-8")
    questions = folder / "questions.json"
    asked = {"qid": HOSTILE, "question": f"{QUESTION} {HOSTILE}", "path": f"30-Aprovados/{NAME}.md"}
    questions.write_text(json.dumps({"queries": [asked]}), encoding="utf-8")
    command(["evaluate", str(questions), "--out", str(folder / "evaluation")])
    yield "evaluation", (folder / "evaluation" / "evaluation.html").read_text(encoding="utf-8")
    command(["history", "--plot", str(folder / "history.html")])
    yield "history", (folder / "history.html").read_text(encoding="utf-8")
    yield from served_pages(workspace)
    progress = ProgressReport(PipelineStage.FINALIZATION, 1, 2, current_document=NAME, stage_progress={NAME: 0.5})
    yield "notebook's progress", notebook.progress_html(progress)
    run = workspace.run
    document = next(each for each in run.documents(run.listings.latest().commit).values() if each.extension == "md")  # type: ignore[union-attr]
    yield "notebook's chunks", notebook.chunks(run, document).to_html()


def served_pages(workspace: Workspace) -> Iterator[tuple[str, str]]:
    forget_run()
    run = workspace.run
    (hits,) = search([QUESTION], 10, run.settings)
    hostile = next(hit for hit in hits if hit.path.endswith(".md"))
    asked = f"?{urllib.parse.urlencode({'q': f'{QUESTION} {HOSTILE}'})}"
    paths = {
        "search page": f"/{asked}",
        "its problem": f"/{asked}&method={urllib.parse.quote(HOSTILE)}",
        "document page": f"/documents/{hostile.document_id}{asked}",
        "documents page": "/documents",
        "quarantine page": "/quarantine",
        "status page": "/status",
        "no page": f"/{urllib.parse.quote(HOSTILE)}",
    }
    with serving(run) as server:
        for name, path in paths.items():
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
            connection.request("GET", path)
            yield name, connection.getresponse().read().decode()
            connection.close()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("hostile")
    with (
        lasting_workspace(folder, models_dir) as workspace,
        luigid_at(folder / "luigid.pickle", {}) as luigid,
    ):
        write_documents(workspace)
        forget_run()
        lines = Lines(workspace.monkeypatch)
        luigi.build([RunAll()], scheduler_url=luigid, log_level="WARNING")  # type: ignore[no-untyped-call]
        messages = {name: task["status_message"] or "" for name, task in tasks_of(luigid).items()}
        pages = dict(html_pages(workspace, folder))
        metrics = command(["metrics"])
        terminal = {name: command(arguments) for name, arguments in COMMANDS.items()}
        terminal["verify of a strange collection"] = terminal.pop("verify")
        errors = workspace.data.glob("runs/*/errors.log")
        terminal |= {f"errors.log {number}": file.read_text(encoding="utf-8") for number, file in enumerate(errors)}
        yield Shown(terminal, lines.text, messages, pages, metrics)


class Lines:
    """What the log writes to standard error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text = ""
        monkeypatch.setattr("sys.stderr", self)
        configure_logging(logging.INFO)

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("surface", COMMANDS)
def test_a_terminal_obeys_nothing_of_it(shown: Shown, surface: str) -> None:
    output = shown.terminal.get(surface) or shown.terminal["verify of a strange collection"]
    assert output
    assert OBEYED.findall(output) == []
    assert not any(line.startswith(FORGED) for line in output.splitlines()), "a line of its own"


def test_what_is_shown_of_it_is_what_it_is(shown: Shown) -> None:
    for surface in ("status", "search", "coverage of one"):
        assert r"\x1b[2J" in shown.terminal[surface], surface
        assert "[red]r[link=http:x]l[blink]" in shown.terminal[surface], surface
        assert r"\u202egnp.exe" in shown.terminal[surface], surface
    assert json.loads(shown.terminal["status as JSON"])["quarantined"][0]["path"] == f"30-Aprovados/{NAME}.pdf"


def test_no_name_adds_a_line_to_the_log(shown: Shown) -> None:
    assert "[red]r[link=http:x]l[blink]" in shown.log, "the corrupt document was told of"
    assert OBEYED.findall(shown.log) == []
    assert all(
        re.match(r"\d\d:\d\d:\d\d (INFO|WARNING|ERROR)", line) for line in shown.log.splitlines() if FORGED in line
    )
    assert not any(line.startswith(FORGED) for line in shown.log.splitlines())


def test_the_private_log_is_read_on_a_terminal_too(shown: Shown) -> None:
    private = [text for name, text in shown.terminal.items() if name.startswith("errors.log")]
    assert all(OBEYED.findall(text) == [] for text in private)


def test_luigids_page_gets_no_markup(shown: Shown) -> None:
    assert any("(corrupt)" in message for message in shown.luigid.values()), "the corrupt document is on its page"
    assert all("<" not in message and not OBEYED.findall(message) for message in shown.luigid.values())
    assert not any(OBEYED.findall(name) or "<" in name for name in shown.luigid)


PAGES_SHOWN = (
    "report",
    "evaluation",
    "history",
    "search page",
    "its problem",
    "document page",
    "documents page",
    "quarantine page",
    "status page",
    "no page",
    "notebook's progress",
    "notebook's chunks",
)


@pytest.mark.parametrize("surface", PAGES_SHOWN)
def test_a_page_gets_text_and_no_markup(shown: Shown, surface: str) -> None:
    page = shown.pages[surface]
    found = BeautifulSoup(page, "lxml")
    assert [each for each in found.find_all("img") if each.get("src") == "x"] == []
    assert [each.name for each in found.find_all() if any(name.startswith("on") for name in each.attrs)] == []
    assert [each for each in found.find_all("script") if each.get("src") != "/static/live.js" or each.text] == []
    assert OBEYED.findall(page) == []
    if surface in ("report", "search page", "document page", "documents page"):
        assert "{{7*7}}${7*7}" in found.get_text(), "no template filled it in"


def test_metrics_hold_nothing_of_it(shown: Shown) -> None:
    families = list(text_string_to_metric_families(shown.metrics))
    assert families
    assert not any(bit in shown.metrics for bit in ("img", "owned", "FORGED", "frac"))


@pytest.mark.parametrize(
    "printing", [lambda console: console.print(HOSTILE), lambda console: console.print({HOSTILE: 1})]
)
def test_a_terminal_in_colours_gets_only_colours(printing: Callable[[SafeConsole], None]) -> None:
    console = SafeConsole(force_terminal=True, color_system="truecolor", width=80, record=False)
    with console.capture() as captured:
        printing(console)
    assert OBEYED.findall(re.sub(r"\x1b\[[0-9;]*m", "", captured.get())) == []
