"""What a run writes about itself: the summary's facts and the report beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.datadir import files
from pipeline.report import page
from pipeline.report.facts import settings_in_force
from pipeline.report.facts import slowest as slowest_of
from pipeline.report.timeline import read_timeline
from pipeline.run.facts import read_facts
from pipeline.run.summary import Renamed, Summary, summary_schema
from pipeline.schema import Stage
from tests.cli.test_cli import command
from tests.conftest import Workspace, lasting_workspace
from tests.support.past_runs import START, document_events, samples, write_log, write_run
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[tuple[Workspace, Summary, Summary]]:
    """A first run, then one over documents of which every kind of change happened; and their summaries."""
    with lasting_workspace(tmp_path_factory.mktemp("reported"), models_dir) as workspace:
        for name in ("ficou", "mudou", "saiu", "antigo"):
            workspace.write(f"{name}.md", f"# {name}\n\nO prazo de {name} é de dez dias.\n")
        (workspace.root / "30-Aprovados" / "quebrado.pdf").write_bytes(b"%PDF-1.7 broken")
        first = summary_after_a_run(workspace)
        folder = workspace.root / "30-Aprovados"
        (folder / "saiu.md").unlink()
        (folder / "antigo.md").rename(folder / "renomeado.md")
        workspace.write("mudou.md", "# mudou\n\nO prazo agora é de vinte dias.\n")
        workspace.write("novo.md", "# novo\n\nO prazo de novo é de um dia.\n")
        yield workspace, first, summary_after_a_run(workspace)


def summary_after_a_run(workspace: Workspace) -> Summary:
    workspace.run_all()
    return files.read_model(workspace.run.data.summary(workspace.run.id), Summary)


def test_the_summary_lists_what_changed(runs: tuple[Workspace, Summary, Summary]) -> None:
    _, first, second = runs
    assert len(first.changes.new) == first.new == 4
    changes = second.changes
    assert changes.new == ("30-Aprovados/novo.md",)
    assert changes.changed == ("30-Aprovados/mudou.md",)
    assert changes.removed == ("30-Aprovados/saiu.md",)
    assert changes.renamed == (Renamed(old="30-Aprovados/antigo.md", new="30-Aprovados/renomeado.md"),)
    assert (second.new, second.changed, second.removed, second.renamed) == (2, 1, 2, 1)


def test_the_summary_says_how_it_was_made_and_what_it_took(runs: tuple[Workspace, Summary, Summary]) -> None:
    _, first, second = runs
    assert first.settings["chunking"]["target_chunk_size"] == 500
    assert {"nic-etl", "luigi", "docling", "qdrant-client"} <= set(first.versions)
    assert first.machine
    assert first.machine.cores >= 1
    assert {slow.path for slow in first.slowest} >= {"30-Aprovados/ficou.md", "30-Aprovados/quebrado.pdf"}
    assert first.slowest[0].seconds >= first.slowest[-1].seconds
    assert first.chunk_tokens
    assert sum(first.chunk_tokens.counts) == first.points
    assert second.chunk_tokens
    assert sum(second.chunk_tokens.counts) == 2, "a rename makes no new chunks, and what stayed is not looked at"
    convert = first.stages[Stage.CONVERT]
    assert convert.documents_per_s == pytest.approx(convert.documents / convert.elapsed_s, rel=0.01)


def test_the_published_schema_is_that_of_the_summary() -> None:
    published = (ROOT / "docs" / "summary.schema.json").read_text(encoding="utf-8")
    assert published == summary_schema(), (
        "python -c \"from pipeline.run.summary import *; print(summary_schema(), end='')\""
    )


def test_summaries_keep_to_the_published_schema(runs: tuple[Workspace, Summary, Summary], tmp_path: Path) -> None:
    schema = json.loads((ROOT / "docs" / "summary.schema.json").read_text(encoding="utf-8"))
    workspace, first, _ = runs
    written = json.loads(files.read_bytes(workspace.run.data.summary(first.run_id)))
    made_up = json.loads((write_run(tmp_path, ["a.md", "b.md"]) / "summary.json").read_text(encoding="utf-8"))
    for summary in (written, made_up):
        jsonschema.validate(summary, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written | {"outcome": "splendid"}, schema)


def test_no_secret_and_no_path_of_the_machine_is_among_the_settings(runs: tuple[Workspace, Summary, Summary]) -> None:
    workspace, first, _ = runs
    assert str(workspace.root) not in first.model_dump_json()
    assert first.settings["pipeline"]["data_dir"] == "…/data"
    settings = workspace.run.settings
    told = settings.qdrant.model_copy(update={"url": "https://user:pa55word@qdrant.example:6333"})
    kept = settings_in_force(settings.model_copy(update={"qdrant": told}))
    assert kept["qdrant"]["url"] == "https://***@qdrant.example:6333"


def test_every_run_that_worked_leaves_a_report_and_one_without_changes_none(
    runs: tuple[Workspace, Summary, Summary],
) -> None:
    workspace, first, second = runs
    for summary in (first, second):
        report = (workspace.data / "runs" / summary.run_id / "report.html").read_text(encoding="utf-8")
        assert "<h1>Concluída</h1>" in report
        assert "30-Aprovados/<wbr>quebrado.pdf" in report
    before = sorted(workspace.data.rglob("report.html"))
    workspace.run_all()
    assert sorted(workspace.data.rglob("report.html")) == before


def test_a_report_is_written_again_in_the_language_asked_for(
    runs: tuple[Workspace, Summary, Summary], tmp_path: Path
) -> None:
    workspace, first, second = runs
    out = tmp_path / "report.html"
    result = command("report", first.run_id, "--language", "en", "--out", str(out))
    assert (result.exit_code, result.output.strip()) == (0, str(out))
    assert first.run_id in out.read_text(encoding="utf-8")
    assert "<h1>Finished</h1>" in out.read_text(encoding="utf-8")
    beside = workspace.data / "runs" / second.run_id / "report.html"
    beside.unlink()
    assert command("report").output.strip() == str(beside)
    assert "<h1>Concluída</h1>" in beside.read_text(encoding="utf-8")


def test_a_report_of_no_run_is_an_error_that_says_where_to_look(runs: tuple[Workspace, Summary, Summary]) -> None:
    result = command("report", "20200101T000000Z-000000")
    assert result.exit_code == 1
    assert "`nic history`" in str(result.exception)


def test_a_report_that_cannot_be_written_takes_nothing_from_the_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write("a.md", "# A\n\nTexto.\n")

    def fail(*_: object) -> str:
        raise ValueError("of the report")

    monkeypatch.setattr(page, "render", fail)
    result = workspace.run_all()
    assert result.status is LuigiStatusCode.SUCCESS
    assert files.read_model(workspace.run.data.summary(workspace.run.id), Summary).outcome == "finished"
    assert "of the report" in (workspace.run.data.run(workspace.run.id) / "errors.log").read_text(encoding="utf-8")


def test_the_slowest_documents_are_those_that_took_most_work_of_all_stages(tmp_path: Path) -> None:
    events = [*document_events(f"{number}.md" for number in range(30))]
    slow = events[7].model_copy(update={"seconds": 100.0})
    write_log(tmp_path, [*events, slow])
    slowest = slowest_of(read_facts(tmp_path))
    assert len(slowest) == 10
    assert slowest[0].path == slow.path
    assert slowest[0].seconds == pytest.approx(103.0)
    assert slowest[0].stages[slow.stage] == pytest.approx(100.2)


def test_what_a_long_run_shows_does_not_grow_with_its_length_and_keeps_the_memory_peak(tmp_path: Path) -> None:
    long = [event.model_copy(update={"cpu_percent": 50.0}) for event in samples(20_000)]
    long[1234] = long[1234].model_copy(update={"memory_mb": 90_000.0})
    write_log(tmp_path, [*document_events(f"{number}.md" for number in range(3000)), *long])
    timeline = read_timeline(tmp_path, START, 20_000)
    assert len(timeline.samples) == 400
    assert timeline.samples[:, 1].max() == 90_000
    assert timeline.samples[:, 2] == pytest.approx(50.0)
    assert all(len(spans) <= 400 for spans in timeline.spans.values())
    assert sum(timeline.rate(Stage.STORE) * np.diff(timeline.slots)) == pytest.approx(3000)


def test_plots_are_loaded_only_when_a_report_is_written() -> None:
    code = "import sys, pipeline, pipeline.cli; print({'matplotlib', 'jinja2'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
