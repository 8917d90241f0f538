"""The main job as a newcomer runs it: the delivered samples, real processes, the real command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.datadir import files
from pipeline.run.summary import Summary
from pipeline.schema import ChunkedDocument
from pipeline.settings.load import load_settings
from pipeline.store.connection import disconnect
from tests.conftest import forget_run
from tests.support.paths import ROOT
from tests.support.samples_run import JOB, SamplesRun, newcomer

pytestmark = pytest.mark.slow


def command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=newcomer(data), capture_output=True, text=True, timeout=900, check=False
    )


def written(data: Path) -> dict[Path, int]:
    """Every file and when it was written; mere readers touch SQLite's shared memory and leave an empty log of writes,
    and that the source was looked at and all is well is noted each time."""
    unsteady = ("-shm", "last-success.json", "snapshots/latest")
    files = (file for file in data.rglob("*") if file.is_file() and not str(file).endswith(unsteady))
    return {file: file.stat().st_mtime_ns for file in files if not file.name.endswith("-wal") or file.stat().st_size}


@pytest.fixture(scope="module")
def data(samples_run: SamplesRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples_run.copy_to(tmp_path_factory.mktemp("samples") / "data")


def test_it_ends_well_and_names_the_corrupt_sample(samples_run: SamplesRun, data: Path) -> None:
    assert samples_run.returncode == 0, samples_run.stderr
    (file,) = data.glob("runs/*/summary.json")
    summary = files.read_model(file, Summary)
    assert [failed.path for failed in summary.quarantined] == ["30-Aprovados/Relatórios/relatorio-corrompido.pdf"]
    assert summary.outcome == "finished"
    assert summary.new == summary.total - 1
    assert "relatorio-corrompido.pdf" in samples_run.stdout


def test_models_are_loaded_once_per_process(samples_run: SamplesRun) -> None:
    for event in ("embedding model loaded", "document converter built"):
        loads = re.findall(rf"{event} in process (\d+)", samples_run.stderr)
        assert 1 <= len(loads) <= 2, f"{event}: two processes work on {len(loads)} loads"
        assert len(loads) == len(set(loads))


def test_the_collection_is_exact(data: Path) -> None:
    assert command(data, "pipeline", "verify").returncode == 0


def test_status_check_exits_3_because_of_the_quarantine(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - newcomer(data).keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("NIC_DATA_DIR", str(data))
    forget_run()
    assert CliRunner().invoke(app, ["status", "--check"]).exit_code == 3
    disconnect(load_settings())
    forget_run()


def test_a_second_run_has_nothing_to_do(data: Path) -> None:
    before = written(data)
    second = command(data, *JOB)
    assert second.returncode == 0
    assert "nothing to do" in second.stdout
    assert "1 document in quarantine; `nic status` says why" in second.stdout
    assert written(data) == before


def test_questions_about_the_samples_find_their_documents(data: Path) -> None:
    questions = ROOT / "data" / "samples" / "questions.jsonl"
    assert (
        command(data, "pipeline", "search", "--queries", str(questions), "--out", str(data / "r.jsonl")).returncode == 0
    )
    asked = {row["qid"]: row for row in map(json.loads, questions.read_text(encoding="utf-8").splitlines())}
    answers = list(map(json.loads, (data / "r.jsonl").read_text(encoding="utf-8").splitlines()))
    assert len(answers) == len(asked)
    for answer in answers:
        best = [hit["path"] for hit in answer["hits"][:5]]
        assert asked[answer["qid"]]["path"] in best, answer["qid"]


def test_every_chunk_of_a_page_knows_its_place_on_it(data: Path) -> None:
    paged = [file for kind in ("pdf", "png", "jpg", "jpeg") for file in data.glob(f"documents/*/*/source.{kind}")]
    converted = [next(file.parent.glob("document-*.json"), None) for file in paged]
    places = 0
    for document in filter(None, converted):
        sizes = {page["page_no"]: page["size"] for page in json.loads(document.read_text())["pages"].values()}
        (chunks,) = document.parent.glob("chunks-*.json")
        for chunk in files.read_model(chunks, ChunkedDocument).chunks:
            assert {box.page for box in chunk.bounding_boxes} == set(chunk.page_numbers) != set()
            for box in chunk.bounding_boxes:
                size = sizes[box.page]
                assert -1 <= box.left < box.right <= size["width"] + 1
                assert -1 <= box.top < box.bottom <= size["height"] + 1
                places += 1
    assert places > len(paged)


def test_no_absolute_path_of_the_machine_reaches_what_people_share(data: Path) -> None:
    for file in (*data.glob("runs/*/*.json*"), *data.glob("documents/*/*/failure-*.json")):
        assert str(ROOT) not in file.read_text(encoding="utf-8"), file.name
        assert str(data) not in file.read_text(encoding="utf-8"), file.name
