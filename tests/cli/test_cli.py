"""The commands that people and scripts rely on: what they print, write and exit with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.cli.app import writing
from pipeline.errors import ConfigurationError
from pipeline.flow.store_document import open_collection
from pipeline.run.events import read_events
from pipeline.store.connection import disconnect
from tests.conftest import Workspace, forget_run, lasting_workspace, open_workspace
from tests.support.in_process import run_here


def command(*arguments: str) -> Result:
    forget_run()
    return CliRunner().invoke(app, list(arguments))


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell runs it; the environment names the workspace."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """The folder of a workspace after a run, to be copied for each test."""
    folder = tmp_path_factory.mktemp("published")
    with lasting_workspace(folder / "now", models_dir) as made:
        made.write("Normas/ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias por ano.\n")
        made.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")
        (made.root / "30-Aprovados" / "quebrado.pdf").write_bytes(b"%PDF-1.7 broken")
        (made.root / "30-Aprovados" / "pacote.zip").write_bytes(b"PK")
        made.run_all()
    return (folder / "now").rename(folder / "kept")


@pytest.fixture
def published(published_once: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Where it was then, for listings depend on where their folder is."""
    folder = published_once.with_name("now")
    with open_workspace(folder, models_dir, monkeypatch, copied_from=published_once) as made:
        yield made
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name",
    sorted(command.name or str(command.callback.__name__) for command in app.registered_commands if command.callback),
)
def test_every_command_explains_itself(name: str) -> None:
    result = command(name, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_plan_says_what_a_run_would_do_and_changes_nothing(published: Workspace) -> None:
    published.write("novo.md", "# Novo\n")
    published.write("travel.txt", "Nothing is paid back.\n")
    (published.root / "30-Aprovados" / "Normas" / "ferias.md").unlink()
    before = sorted(published.data.rglob("*"))
    plan = json.loads(command("plan", "--json").output)
    actions = {Path(document["path"]).name: document["action"] for document in plan["documents"]}
    assert actions == {"novo.md": "add", "travel.txt": "update", "ferias.md": "remove", "quebrado.pdf": "quarantined"}
    assert sorted(published.data.rglob("*")) == before
    assert "add" in command("plan").output


def test_plan_names_only_the_stages_that_would_run(published: Workspace) -> None:
    published.set("chunking", "target_chunk_size", "300")
    plan = json.loads(command("plan", "--json").output)
    stages = {document["path"]: document["stages"] for document in plan["documents"] if document["stages"]}
    again = ["chunk", "embed", "store"]
    assert stages == {"30-Aprovados/Normas/ferias.md": again, "30-Aprovados/travel.txt": again}


def test_status_lists_the_quarantine_with_reasons(published: Workspace) -> None:
    result = command("status")
    assert result.exit_code == 0
    assert "quarantined 30-Aprovados/quebrado.pdf" in result.output
    assert "skipped 30-Aprovados/pacote.zip: unsupported format .zip" in result.output
    found = json.loads(command("status", "--json").output)
    assert found["stages"] == {"fetch": 3, "convert": 2, "chunk": 2, "embed": 2, "store": 2}
    assert found["published"] is True


def test_status_check_exits_3_while_something_is_quarantined(published: Workspace) -> None:
    assert command("status", "--check").exit_code == 3
    (published.root / "30-Aprovados" / "quebrado.pdf").unlink()
    published.run_all()
    assert command("status", "--check").exit_code == 0


def test_status_before_the_first_run_says_how_to_start(workspace: Workspace) -> None:
    assert "`nic run`" in command("status").output


def test_search_prints_the_best_hit_first(published: Workspace) -> None:
    hits = json.loads(command("search", "Quantos dias de férias posso vender?", "--json").output)
    assert hits[0]["path"] == "30-Aprovados/Normas/ferias.md"
    assert hits[0]["score"] >= hits[-1]["score"]
    assert "dez dias" in command("search", "Quantos dias de férias posso vender?", "--top-k", "1").output


def test_search_answers_a_file_of_questions(published: Workspace, tmp_path: Path) -> None:
    questions, out = tmp_path / "q.jsonl", tmp_path / "r.jsonl"
    questions.write_text('{"qid": "1", "question": "When are expenses paid?"}\n', encoding="utf-8")
    assert command("search", "--queries", str(questions), "--out", str(out)).exit_code == 0
    (answer,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert answer["qid"] == "1"
    assert set(answer["hits"][0]) == {"path", "text", "score"}
    assert answer["hits"][0]["path"] == "30-Aprovados/travel.txt"


def test_a_malformed_line_of_questions_is_named(workspace: Workspace, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"qid": "1", "question": "When?"}\n{"qid": "2"}\n', encoding="utf-8")
    result = command("search", "--queries", str(questions), "--out", str(tmp_path / "r.jsonl"))
    assert result.exit_code == 2
    assert "line 2" in result.output
    assert not (tmp_path / "r.jsonl").exists()


def test_search_without_a_question_is_a_usage_error(workspace: Workspace) -> None:
    assert command("search").exit_code == 2


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_searching_for_nothing_is_a_usage_error_that_says_so(workspace: Workspace, tmp_path: Path, text: str) -> None:
    result = command("search", text)
    assert result.exit_code == 2
    assert "the text to search for is empty" in " ".join(result.output.split())
    questions = tmp_path / "q.jsonl"
    questions.write_text(json.dumps({"qid": "1", "question": text}), encoding="utf-8")
    many = command("search", "--queries", str(questions), "--out", str(tmp_path / "r.jsonl"))
    assert many.exit_code == 2
    assert "line 1" in many.output


def test_evaluate_refuses_questions_about_documents_that_are_not_in_the_collection(
    published: Workspace, tmp_path: Path
) -> None:
    def asked(*paths: str) -> str:
        file = tmp_path / "questions.json"
        queries = [{"qid": path, "question": "Quantos dias?", "path": f"30-Aprovados/{path}"} for path in paths]
        file.write_text(json.dumps({"queries": queries}), encoding="utf-8")
        return str(file)

    assert command("evaluate", asked("Normas/ferias.md"), "--json").exit_code == 0
    wrong = command("evaluate", asked("Normas/ferias.md", "Normas/Ferias.md", "quebrado.pdf"))
    assert isinstance(wrong.exception, ConfigurationError)
    assert "2 of the documents" in str(wrong.exception)
    assert "30-Aprovados/Normas/Ferias.md, 30-Aprovados/quebrado.pdf" in str(wrong.exception)


def test_export_text_writes_every_converted_document(published: Workspace, tmp_path: Path) -> None:
    command("export-text", str(tmp_path / "text.json"))
    texts = json.loads((tmp_path / "text.json").read_text(encoding="utf-8"))
    assert set(texts) == {"30-Aprovados/Normas/ferias.md", "30-Aprovados/travel.txt"}
    assert "vender dez dias" in texts["30-Aprovados/Normas/ferias.md"]


def test_verify_is_exact_after_a_run_and_names_what_was_lost_since(published: Workspace) -> None:
    assert command("verify").exit_code == 0
    lost = next(doc for doc in published.run.snapshot(_commit(published)).documents if doc.path.endswith("travel.txt"))
    open_collection(published.run).delete_documents([lost.document_id])
    result = command("verify")
    assert result.exit_code == 1
    assert "missing: 30-Aprovados/travel.txt" in result.output


def test_an_expected_error_is_one_line_and_exit_code_1(workspace: Workspace) -> None:
    result = process("-m", "pipeline", "verify")
    assert result.returncode == 1
    assert result.stderr.startswith("error: nothing is published yet")
    assert "Traceback" not in result.stderr


def test_a_model_that_does_not_exist_is_one_line_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("NIC_EMBEDDING_MODEL", "/no/such/model")
        forget_run()
        result = run_here(capsys, "pipeline", "status")
    assert result.returncode == 1
    assert result.stderr == "error: NIC_EMBEDDING_MODEL names a folder that does not exist: model\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--out"),
        ("history", "--plot"),
        ("export-text",),
        ("metrics", "--textfile"),
        ("scheduler", "--state"),
        ("search", "--queries", "questions.jsonl", "--out"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_file_that_an_option_names_and_nobody_can_write_is_named(
    published: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
) -> None:
    """Not the data directory, and not "unexpected": who mistyped a path sees which, and why."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").touch()
    (tmp_path / "questions.jsonl").touch()
    wrong = tmp_path / "a file" / "out.svg"
    forget_run()
    result = run_here(capsys, "pipeline", *arguments, str(wrong))
    assert result.returncode == 1
    reason = "out.svg cannot be written: a part of its path is no folder"
    assert result.stderr.splitlines()[-1] == f"error: {reason} ({wrong})"


def test_a_folder_of_somebody_in_the_place_of_an_evaluation_is_kept(tmp_path: Path) -> None:
    """In the data directory a folder gives way to the file that belongs there; elsewhere it is anybody's."""
    (tmp_path / "evaluation.html" / "of somebody").mkdir(parents=True)
    refused = pytest.raises(ConfigurationError, match=r"evaluation\.html cannot be written: it is a folder")
    with refused, writing(tmp_path / "evaluation.json"), writing(tmp_path / "evaluation.html"):
        pytest.fail("nothing is to be written")
    assert (tmp_path / "evaluation.html" / "of somebody").is_dir()


def test_no_text_is_exported_before_there_is_any(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that holds nothing would pass for the text of all documents."""
    out = workspace.root / "texts.json"
    forget_run()
    result = run_here(capsys, "pipeline", "export-text", str(out))
    assert (result.returncode, result.stderr) == (1, "error: nothing has been run yet: run `nic run` first\n")
    assert not out.exists()


def test_an_unexpected_error_says_in_which_file_its_traceback_is(
    published: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command is no run that somebody could look for."""

    def fail(*_: object) -> None:
        raise KeyError("private")

    monkeypatch.setattr("pipeline.run.quarantine.release", fail)
    forget_run()
    line = run_here(capsys, "pipeline", "retry").stderr
    assert line.startswith("error: unexpected KeyError; the run's errors.log has the traceback (")
    assert "KeyError: 'private'" in Path(line.rpartition(" (")[2].rstrip(")\n")).read_text(encoding="utf-8")


def test_questions_that_are_no_text_are_refused_by_the_name_of_their_file(published: Workspace, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(b"\xff\xfe")
    result = command("search", "--queries", str(tmp_path / "questions.jsonl"), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "questions.jsonl is not UTF-8" in result.output


def test_the_main_job_says_what_to_check_when_the_folder_is_missing(workspace: Workspace) -> None:
    (workspace.root / "30-Aprovados").rmdir()
    result = process("-m", "luigi", "--module", "pipeline", "RunAll", "--local-scheduler")
    assert result.returncode != 0
    assert "NIC_TARGET_FOLDER" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.soak  # tests/promises/test_main_job.py sees the same on the samples, test_nic.py of one document
def test_the_main_job_on_the_command_line_runs_in_processes_and_then_has_nothing_to_do(published: Workspace) -> None:
    published.write("novo.md", "# Novo\n\nUm documento novo.\n")
    disconnect(published.run.settings)
    job = ["-m", "luigi", "--module", "pipeline", "RunAll", "--local-scheduler"]
    job += ["--pipeline-max-concurrent-documents", "1"]
    first = process(*job)
    assert first.returncode == 0, first.stderr
    assert "quebrado.pdf" in first.stdout
    assert "NIC ETL: finished" in first.stdout
    assert "nothing to do" in process(*job).stdout


@pytest.mark.slow
def test_more_luigi_workers_give_the_same_collection(workspace: Workspace) -> None:
    for number in range(3):
        workspace.write(f"{number}.md", f"# Norma {number}\n\nO prazo é de {number} dias.\n")
    result = process("-m", "luigi", "--module", "pipeline", "RunAll", "--local-scheduler", "--workers", "2")
    assert result.returncode == 0, result.stderr
    assert "--workers 1 is faster" in result.stderr
    assert command("verify").exit_code == 0
    (file,) = workspace.data.glob("runs/*/summary.json")
    assert json.loads(file.read_text())["stages"]["embed"]["documents"] == 3
    kinds = [event.event for event in read_events(file.parent)]
    assert kinds.count("begun") == kinds.count("ended") == 1, "forked processes tell only of their documents"
    assert kinds.count("document") == 3 * 5


def _commit(workspace: Workspace) -> str:
    snapshot = workspace.run.listings.latest()
    assert snapshot is not None
    return snapshot.commit
