"""The notebook runs from top to bottom on the embedded defaults, and goes on where its kernel was killed."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from pipeline.datadir import files
from pipeline.orchestrator import notebook
from pipeline.orchestrator.api_types import PipelineStage, ProgressReport
from pipeline.orchestrator.notebook import progress_html
from pipeline.run.events import DocumentEnded, read_events
from pipeline.run.summary import Summary
from pipeline.schema import Stage
from pipeline.store.connection import disconnect
from tests.conftest import Workspace
from tests.support.paths import ROOT
from tests.support.samples_run import SamplesRun

QUICK = {".md", ".txt", ".html", ".docx", ".pptx", ".xlsx"}
NOTEBOOK = ROOT / "notebooks" / "nic_etl.ipynb"


def read() -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


class Notebook(NotebookClient):
    """The delivered notebook in a kernel of its own, as a person starts it: in the notebook's folder."""

    def __init__(self) -> None:
        where = {"metadata": {"path": str(NOTEBOOK.parent)}}
        super().__init__(read(), timeout=600, resources=where)

    def kill_when(self, data: Path, conversions: int) -> None:
        """Kill the kernel, without a word, as soon as so many documents are converted."""
        while len(converted(data)) < conversions:
            time.sleep(0.01)
        assert self.km
        assert isinstance(self.km.provisioner, LocalProvisioner)
        assert self.km.provisioner.pid
        os.kill(self.km.provisioner.pid, signal.SIGKILL)

    def shown(self, source: str) -> str:
        """What the one cell that contains this source shows, as text and HTML."""
        (cell,) = [cell for cell in self.nb.cells if cell.cell_type == "code" and source in cell.source]
        outputs = [output.get("data", {}) for output in cell.outputs]
        return "".join(str(each.get("text/html", "")) + str(each.get("text/plain", "")) for each in outputs)


def run_through() -> Callable[[str], str]:
    """Run all cells; what one of them shows."""
    made = Notebook()
    made.execute()
    return made.shown


def converted(data: Path) -> list[str]:
    """Paths of the documents that all runs so far have converted, once for each time."""
    events = [event for folder in data.glob("runs/*/") for event in read_events(folder)]
    ended = [event for event in events if isinstance(event, DocumentEnded) and event.stage is Stage.CONVERT]
    return [event.path for event in ended if event.code is None]


@pytest.fixture
def data(samples_run: SamplesRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The samples fetched, and all of them converted but those that are quickly done."""
    made = samples_run.copy_to(tmp_path / "data")
    for name in ("index", "qdrant", "runs"):
        shutil.rmtree(made / name)
    quick = [source.parent for source in made.rglob("source.*") if source.suffix in QUICK]
    for file in (file for folder in quick for file in folder.iterdir() if not file.name.startswith("source")):
        file.unlink()
    monkeypatch.setenv("NIC_DATA_DIR", str(made))
    monkeypatch.setenv("NIC_ENGINE", "inline")
    return made


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = [cell for cell in read().cells if cell.cell_type == "code"]
    assert cells
    assert [(cell.outputs, cell.execution_count) for cell in cells] == [([], None)] * len(cells)


@pytest.mark.slow
def test_it_runs_from_top_to_bottom_and_does_nothing_twice_after_its_kernel_was_killed(data: Path) -> None:
    first = Notebook()
    killer = threading.Thread(target=first.kill_when, args=(data, 2), daemon=True)
    killer.start()
    with pytest.raises(DeadKernelError):
        first.execute()
    finished = converted(data)
    assert len(finished) >= 2
    assert not list(data.glob("runs/*/summary.json")), "it was killed in the middle of the run"

    again = Notebook()
    again.execute()
    assert sorted(converted(data)) == sorted(set(converted(data)))
    assert {Path(path).suffix for path in converted(data)} <= QUICK, "all others were done before"
    quick = [source.parent for source in data.rglob("source.*") if source.suffix in QUICK]
    assert all(any(folder.glob("document-*.json")) for folder in quick)
    summaries = [files.read_model(file, Summary) for file in data.glob("runs/*/summary.json")]
    assert [(summary.outcome, summary.new, len(summary.quarantined)) for summary in summaries] == [("finished", 14, 1)]

    assert "relatorio-corrompido.pdf" in again.shown("documents = ")
    assert "Política de férias e ausências.docx" in again.shown("answers = ")
    assert "Relatório anual de atividades 2024 › 1. Resumo" in again.shown("notebook.chunks(")
    assert "PIL.Image" in again.shown("notebook.first_page(")
    assert "Empty DataFrame" in again.shown("resume_from_checkpoint(")


@pytest.mark.soak  # the first test runs all cells, and the next but one those that have nothing to show
def test_it_runs_on_documents_of_ones_own_where_everything_is_done_already(workspace: Workspace) -> None:
    workspace.write("ata.md", "# Ata\n\nA reunião começou às nove.\n")
    workspace.write("portaria.txt", "Portaria 1. Férias de dez dias.")
    assert workspace.run_all().scheduling_succeeded
    disconnect(workspace.run.settings)
    workspace.monkeypatch.setenv("NIC_ENGINE", "inline")
    shown = run_through()
    assert "2 chunks of 2 documents are stored" in shown("result = ")
    assert "nothing to draw" in shown("result.stage_timings")
    assert "has no places on pages" in shown("notebook.first_page(")
    assert "portaria.txt" in shown("notebook.neighbours(")


@pytest.mark.slow
def test_it_runs_on_an_empty_folder(workspace: Workspace) -> None:
    workspace.monkeypatch.setenv("NIC_ENGINE", "inline")
    shown = run_through()
    assert "0 chunks of 0 documents are stored" in shown("result = ")


def test_the_example_of_the_notebook_is_one_with_chunks_or_none(workspace: Workspace) -> None:
    workspace.write("vazio.txt", " ")
    workspace.write("curto.txt", "Portaria 1.")
    workspace.write("longo.md", "\n\n".join(f"# Norma {number}\n\n{'Um texto longo. ' * 90}" for number in range(4)))
    workspace.run_all()
    commit = workspace.run.listings.latest().commit  # type: ignore[union-attr]
    chosen = notebook.example(workspace.run, commit)
    assert chosen
    assert chosen.path.endswith("longo.md")
    assert notebook.first_page(workspace.run, chosen) == "a md file has no places on pages"
    assert notebook.bars({}, title="x") == "nothing to draw: this run had nothing to do"
    assert notebook.bars({"fetch": 1.0}, title="x") is None, "a cell shows the drawing, and no name of its class"


def test_nothing_is_left_when_all_is_done() -> None:
    report = ProgressReport(PipelineStage.FINALIZATION, 4, 4, estimated_remaining=0.0, stage_progress={})
    assert "left" not in progress_html(report)


def test_live_progress_shows_each_stage_and_escapes_what_comes_from_documents() -> None:
    report = ProgressReport(
        PipelineStage.TEXT_CHUNKING,
        documents_processed=3,
        total_documents=4,
        current_document="<script>alert(1)</script>.pdf",
        estimated_remaining=12.4,
        stage_progress={"text_chunking": 0.5},
    )
    html = progress_html(report)
    assert "3 of 4 documents" in html
    assert "about 12 s left" in html
    assert "value=0.500" in html
    assert "<script>" not in html
