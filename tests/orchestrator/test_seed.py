"""The promises of the Python API: its names as they were specified, runs, progress, errors, checkpoints, safety."""

from __future__ import annotations

import dataclasses
import errno
import inspect
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import orchestrator as face
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, PipelineError, TransientError
from pipeline.orchestrator import PipelineOrchestrator, ProcessingStatus, create_pipeline_orchestrator
from pipeline.orchestrator.api_types import PipelineResult, PipelineStage, ProcessingResult, ProgressReport
from pipeline.publish.verification import verify
from pipeline.schema import Stage
from pipeline.settings.load import load_settings
from pipeline.settings.sections import Settings
from pipeline.store.connection import disconnect
from tests.conftest import Workspace
from tests.support.paths import ROOT
from tests.support.spawned import children

FOLDER = "30-Aprovados"
LIGHT = ROOT / "tests" / "support" / "light.cfg"
PATHS = [f"{FOLDER}/Normas/ferias.md", f"{FOLDER}/travel.txt"]


@pytest.fixture
def documents(workspace: Workspace) -> Workspace:
    workspace.write("Normas/ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias por ano.\n")
    workspace.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")
    return workspace


@pytest.fixture
def orchestrator(documents: Workspace) -> Iterator[PipelineOrchestrator]:
    with create_pipeline_orchestrator(None) as made:
        yield made


# -- the names, as they were specified -------------------------------------------------------------------------------

_SIGNATURES = {
    "run_full_pipeline": {"target_folder": "30-Aprovados", "checkpoint_file": None},
    "process_documents": {"documents": inspect.Parameter.empty},
    "monitor_progress": {},
    "handle_pipeline_errors": {"error": inspect.Parameter.empty, "context": inspect.Parameter.empty},
    "create_checkpoint": {"stage": inspect.Parameter.empty, "data": inspect.Parameter.empty},
    "resume_from_checkpoint": {"checkpoint_file": inspect.Parameter.empty},
}
_RETURNS = {
    "run_full_pipeline": "PipelineResult",
    "process_documents": "list[ProcessingResult]",
    "monitor_progress": "ProgressReport",
    "handle_pipeline_errors": "ErrorResponse",
    "create_checkpoint": "bool",
    "resume_from_checkpoint": "bool",
}
_FIELDS: dict[type, list[str]] = {
    ProcessingResult: [
        *("document_id: str", "file_path: str", "status: ProcessingStatus", "processing_time: float"),
        *("stages_completed: list[PipelineStage]", "chunks_generated: int", "embeddings_created: int"),
        *("vectors_stored: int", "errors: list[str]", "warnings: list[str]", "metadata: dict[str, Any]"),
    ],
    PipelineResult: [
        *("total_documents: int", "processed_successfully: int", "failed_documents: int", "skipped_documents: int"),
        *("total_processing_time: float", "total_chunks: int", "total_embeddings: int", "total_vectors_stored: int"),
        *("stage_timings: dict[str, float]", "document_results: list[ProcessingResult]", "errors: list[str]"),
        "performance_metrics: dict[str, Any]",
    ],
    ProgressReport: [
        *("current_stage: PipelineStage", "documents_processed: int", "total_documents: int"),
        *("current_document: str | None", "elapsed_time: float", "estimated_remaining: float | None"),
        *("processing_rate: float", "errors_count: int", "warnings_count: int", "stage_progress: dict[str, float]"),
    ],
}
_METHODS = [getattr(PipelineOrchestrator, name) for name in _SIGNATURES]


@pytest.mark.parametrize("name", _SIGNATURES)
def test_every_method_has_the_parameters_and_the_result_that_were_specified(name: str) -> None:
    signature = inspect.signature(getattr(PipelineOrchestrator, name))
    positional = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
    assert {p.name: p.default for p in positional} == _SIGNATURES[name]
    assert signature.return_annotation == _RETURNS[name]


def test_the_stages_and_the_statuses_are_those_that_were_specified() -> None:
    stages = "initialization gitlab_ingestion document_processing text_chunking embedding_generation vector_storage"
    assert [stage.value for stage in PipelineStage] == [*stages.split(), "finalization"]
    statuses = "pending in_progress completed failed skipped"
    assert [status.value for status in ProcessingStatus] == statuses.split()


@pytest.mark.parametrize("kind", _FIELDS)
def test_every_field_has_the_name_and_the_type_that_were_specified(kind: type) -> None:
    assert [f"{field.name}: {field.type}" for field in dataclasses.fields(kind)] == _FIELDS[kind]


@pytest.mark.parametrize("name", face.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert len(inspect.getdoc(getattr(face, name)) or "") > 40


@pytest.mark.parametrize("method", _METHODS, ids=lambda method: method.__name__)
def test_every_method_says_how_it_fails(method: Callable[..., object]) -> None:
    assert any(word in (method.__doc__ or "") for word in ("Raises", "False,"))


@pytest.mark.parametrize("named", [PipelineOrchestrator.run_full_pipeline, *_FIELDS], ids=lambda named: named.__name__)
def test_whatever_tells_a_time_names_its_unit(named: object) -> None:
    assert "seconds" in (inspect.getdoc(named) or "")


# -- running ---------------------------------------------------------------------------------------------------------


def test_a_full_run_tells_what_became_of_every_file(documents: Workspace, orchestrator: PipelineOrchestrator) -> None:
    (documents.root / FOLDER / "quebrado.pdf").write_bytes(b"%PDF-1.7 broken")
    (documents.root / FOLDER / "pacote.zip").write_bytes(b"PK")
    result = orchestrator.run_full_pipeline()
    counts = result.total_documents, result.processed_successfully, result.failed_documents, result.skipped_documents
    assert counts == (3, 2, 1, 1)
    statuses = {Path(each.file_path).name: each.status.value for each in result.document_results}
    assert statuses == {
        **{"ferias.md": "completed", "travel.txt": "completed"},
        **{"quebrado.pdf": "failed", "pacote.zip": "skipped"},
    }
    assert result.total_chunks == result.total_embeddings == result.total_vectors_stored == 2
    assert result.errors == [
        f"{FOLDER}/quebrado.pdf: The PDF cannot be opened: export it again from its origin. (corrupt)"
    ]
    whole = next(each for each in result.document_results if each.file_path == PATHS[0])
    assert [stage.value for stage in whole.stages_completed] == [stage.value for stage in PipelineStage][1:-1]
    assert whole.warnings == ["approved, but the document names no approver"]
    assert verify(documents.run).exact


def test_the_metrics_are_of_the_work_of_this_run(orchestrator: PipelineOrchestrator) -> None:
    first = orchestrator.run_full_pipeline()
    metrics = first.performance_metrics
    assert metrics["documents_per_second"] == pytest.approx(2 / first.total_processing_time)
    assert metrics["embeddings_per_second"] == pytest.approx(2 / first.total_processing_time)
    assert (metrics["chunks_per_document"], metrics["success_rate"]) == (1.0, 1.0)
    assert metrics["average_processing_time"] == pytest.approx(
        sum(each.processing_time for each in first.document_results) / 2
    )
    assert metrics["stage_timings"] == first.stage_timings
    assert list(first.stage_timings) == [stage.value for stage in PipelineStage]
    assert all(0 <= seconds <= first.total_processing_time for seconds in first.stage_timings.values())

    again = orchestrator.run_full_pipeline()
    assert (again.processed_successfully, again.total_vectors_stored) == (2, 2)
    assert again.performance_metrics["documents_per_second"] == 0.0
    assert {each.processing_time for each in again.document_results} == {0.0}


def test_another_folder_than_the_default_is_the_one_that_is_read(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    file = documents.root / "40-Outros" / "nota.txt"
    file.parent.mkdir()
    file.write_text("Uma nota que não é norma.")
    result = orchestrator.run_full_pipeline("40-Outros")
    assert [each.file_path for each in result.document_results] == ["40-Outros/nota.txt"]


def test_only_the_named_documents_are_processed_and_the_collection_keeps_the_others(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    orchestrator.run_full_pipeline()
    documents.write("travel.txt", "Travel expenses are paid back within twenty days of the trip.\n")
    documents.write("nova.md", "# Nova\n\nUma norma que espera.\n")
    results = orchestrator.process_documents([PATHS[1], PATHS[0], PATHS[1]])
    assert [(each.file_path, each.status.value) for each in results] == [
        (PATHS[1], "completed"),
        (PATHS[0], "completed"),
    ]
    assert documents.worked() == {stage: ["travel.txt"] for stage in Stage}
    progress = orchestrator.monitor_progress()
    assert (progress.current_stage, set(progress.stage_progress.values())) == (PipelineStage.FINALIZATION, {1.0})
    whole = orchestrator.run_full_pipeline()
    assert documents.worked() == {stage: ["nova.md"] for stage in Stage}
    assert whole.processed_successfully == 3
    assert verify(documents.run).exact


def test_documents_of_a_snapshot_are_taken_as_well_as_paths(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    orchestrator.run_full_pipeline()
    snapshot = documents.run.listings.latest()
    assert snapshot
    (result,) = orchestrator.process_documents([snapshot.documents[1]])
    assert (result.file_path, result.vectors_stored) == (PATHS[1], 1)
    documents.write("travel.txt", "Another text.\n")
    with pytest.raises(ConfigurationError, match=r"travel\.txt"):
        orchestrator.process_documents([snapshot.documents[1]])


def test_a_path_that_is_no_document_is_refused_by_name(orchestrator: PipelineOrchestrator) -> None:
    with pytest.raises(ConfigurationError, match=r"30-Aprovados/nenhum\.md"):
        orchestrator.process_documents([PATHS[0], "30-Aprovados/nenhum.md"])


def test_a_folder_that_goes_back_after_some_documents_were_processed_is_published_again(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    file = documents.root / PATHS[1]
    text, times = file.read_text(), (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    orchestrator.run_full_pipeline()
    documents.write("travel.txt", "Travel expenses are paid back within twenty days of the trip.\n")
    orchestrator.process_documents([PATHS[1]])
    file.write_text(text)
    os.utime(file, ns=times)
    orchestrator.run_full_pipeline()
    assert verify(documents.run).exact


def test_a_run_in_a_thread_is_like_any_other_and_a_second_one_meanwhile_is_refused(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    results: list[PipelineResult] = []
    refused: list[str] = []

    def try_another(_: ProgressReport) -> None:
        try:
            orchestrator.run_full_pipeline()
        except PipelineError as error:
            refused.append(str(error))

    run = threading.Thread(target=lambda: results.append(orchestrator.run_full_pipeline(on_progress=try_another)))
    run.start()
    run.join()
    assert results[0].processed_successfully == 2
    assert "a run is going on" in refused[0]


# -- progress --------------------------------------------------------------------------------------------------------


def test_progress_is_zero_before_the_first_run_and_complete_after_it(orchestrator: PipelineOrchestrator) -> None:
    before = orchestrator.monitor_progress()
    assert (before.current_stage, before.documents_processed) == (PipelineStage.INITIALIZATION, 0)
    assert before.estimated_remaining is None
    orchestrator.run_full_pipeline()
    after = orchestrator.monitor_progress()
    assert (after.documents_processed, after.total_documents) == (2, 2)
    assert (before.documents_processed, before.total_documents) == (0, 0)  # a report does not change under its reader


def test_the_caller_is_told_of_progress_while_the_run_goes_on_and_at_its_end(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    reports: list[ProgressReport] = []
    threads: set[str] = set()

    def note(report: ProgressReport) -> None:
        reports.append(report)
        threads.add(threading.current_thread().name)

    orchestrator.run_full_pipeline(on_progress=note)
    assert reports[-1].documents_processed == reports[-1].total_documents == 2
    assert threading.main_thread().name not in threads


def test_a_callers_function_that_fails_ends_no_run(
    documents: Workspace, orchestrator: PipelineOrchestrator, capsys: pytest.CaptureFixture[str]
) -> None:
    result = orchestrator.run_full_pipeline(on_progress=lambda report: 1 / 0)  # type: ignore[arg-type]
    assert result.processed_successfully == 2
    assert "on_progress failed and is not called again: ZeroDivisionError" in capsys.readouterr().err


# -- errors ----------------------------------------------------------------------------------------------------------


_RETRYABLE, _QUARANTINED, _STOPS_RUN = "retryable", "quarantined", "stops_run"


@pytest.mark.parametrize(
    ("error", "code", "meaning"),
    [
        (PermanentError("broken", ErrorCode.CORRUPT), ErrorCode.CORRUPT, {_QUARANTINED}),
        (TransientError("changed", ErrorCode.CHANGED), ErrorCode.CHANGED, {_RETRYABLE}),
        (TransientError("down", ErrorCode.STORE_UNREACHABLE), ErrorCode.STORE_UNREACHABLE, {_RETRYABLE, _STOPS_RUN}),
        (OSError(errno.ENOSPC, "full"), ErrorCode.DATA_UNWRITABLE, {_RETRYABLE, _STOPS_RUN}),
        (ConfigurationError("no such model"), ErrorCode.CONFIGURATION, {_STOPS_RUN}),
        (ZeroDivisionError("1/0"), ErrorCode.INTERNAL, {_QUARANTINED}),
    ],
)
def test_an_errors_meaning_is_what_a_run_makes_of_it(
    orchestrator: PipelineOrchestrator, error: Exception, code: ErrorCode, meaning: set[str]
) -> None:
    response = orchestrator.handle_pipeline_errors(error, {"stage": "text_chunking", "document": PATHS[0]})
    assert {name for name in (_RETRYABLE, _QUARANTINED, _STOPS_RUN) if getattr(response, name)} == meaning
    assert (response.code, response.remedy) == (code, code.remedy)
    assert (response.stage, response.document) == (PipelineStage.TEXT_CHUNKING, PATHS[0])


def test_an_error_that_is_shown_holds_no_secret_no_path_and_no_text(
    orchestrator: PipelineOrchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-hidden")
    known = PipelineError("cannot read /home/ana/segredo.pdf with glpat-hidden")
    shown = orchestrator.handle_pipeline_errors(known, {"document": "/home/ana/segredo.pdf"})
    assert (shown.message, shown.document) == ("cannot read …/segredo.pdf with ***", "…/segredo.pdf")
    unforeseen = orchestrator.handle_pipeline_errors(ValueError("salário de Ana: 1000"), {})
    assert unforeseen.message == "unexpected ValueError; the run's errors.log has the traceback"
    assert not unforeseen.quarantined


def test_what_stops_a_run_stands_in_its_result(documents: Workspace, orchestrator: PipelineOrchestrator) -> None:
    documents.write("b.md", "# B\n")
    (documents.root / FOLDER).rename(documents.root / "elsewhere")
    result = orchestrator.run_full_pipeline()
    assert result.total_documents == 0
    assert "NIC_TARGET_FOLDER" in result.errors[0]
    assert str(documents.root) not in result.errors[0]


# -- checkpoints -----------------------------------------------------------------------------------------------------


def checkpoint_of(orchestrator: PipelineOrchestrator) -> dict[str, object]:
    file = orchestrator.checkpoint_file
    assert file
    read = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def test_a_run_writes_a_checkpoint_that_only_this_user_reads(
    orchestrator: PipelineOrchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-hidden")
    orchestrator.run_full_pipeline()
    file = orchestrator.checkpoint_file
    assert file
    assert file.stat().st_mode & 0o777 == 0o600
    assert "glpat-hidden" not in file.read_text(encoding="utf-8")
    found = checkpoint_of(orchestrator)
    assert (found["schema_version"], found["stage"]) == (1, "finalization")
    assert found["progress"] == {"documents": 2, "documents_done": 2}
    assert found["config_hash"] == orchestrator.settings.config_hash


def test_what_the_caller_wants_to_remember_is_there_after_a_resumption(orchestrator: PipelineOrchestrator) -> None:
    assert orchestrator.create_checkpoint("document_processing", {"reviewer": "Ana", "pages": [1, None]})
    assert orchestrator.checkpoint_file
    with create_pipeline_orchestrator(load_settings()) as other:
        assert other.resume_from_checkpoint(str(orchestrator.checkpoint_file))
        other.run_full_pipeline()
        assert other.checkpoint_data == {"reviewer": "Ana", "pages": [1, None]}


@pytest.mark.parametrize(("stage", "data"), [("cooking", {}), ("finalization", {"open": object()})])
def test_a_checkpoint_that_cannot_be_written_says_why(
    orchestrator: PipelineOrchestrator, capsys: pytest.CaptureFixture[str], stage: str, data: dict[str, object]
) -> None:
    assert not orchestrator.create_checkpoint(stage, data)
    assert "the checkpoint was not written" in capsys.readouterr().err


def test_a_resumed_run_works_at_the_checkpoints_commit_and_the_next_at_the_head(
    documents: Workspace, orchestrator: PipelineOrchestrator
) -> None:
    orchestrator.run_full_pipeline()
    file = orchestrator.checkpoint_file
    assert file
    documents.write("nova.md", "# Nova\n\nUma norma nova.\n")
    assert orchestrator.resume_from_checkpoint(str(file))
    assert orchestrator.run_full_pipeline().total_documents == 2
    assert orchestrator.run_full_pipeline(checkpoint_file=str(file)).total_documents == 2
    assert orchestrator.run_full_pipeline().total_documents == 3


def test_a_checkpoint_of_other_settings_is_refused_and_names_what_differs(
    documents: Workspace, orchestrator: PipelineOrchestrator, capsys: pytest.CaptureFixture[str]
) -> None:
    orchestrator.create_checkpoint("initialization", {})
    file = str(orchestrator.checkpoint_file)
    documents.set("chunking", "overlap", "50")
    documents.set("qdrant", "collection_name", "outra")
    documents.set("qdrant", "batch_points", "8")  # decides no result
    with create_pipeline_orchestrator(None) as other:
        assert not other.resume_from_checkpoint(file)
        told = capsys.readouterr().err
        for part in ("[chunking] overlap was 100, is 50", "[qdrant] collection_name was nic, is outra"):
            assert part in told
        assert "batch_points" not in told
        with pytest.raises(ConfigurationError, match="overlap was 100, is 50"):
            other.run_full_pipeline(checkpoint_file=file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is damaged or no JSON object"),
        ("[1]", "it is damaged or no JSON object"),
        ('{"schema_version": 2}', "newer version of the pipeline (schema 2; this one reads 1)"),
        ('{"name": "package"}', "not a checkpoint of this pipeline: wrong or missing"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_checkpoint_is_refused_with_the_reason(
    orchestrator: PipelineOrchestrator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    reason: str,
) -> None:
    file = tmp_path / "checkpoint.json"
    if content is not None:
        file.write_text(content)
    assert not orchestrator.resume_from_checkpoint(str(file))
    told = capsys.readouterr().err
    assert reason in told
    assert str(tmp_path) not in told
    with pytest.raises(ConfigurationError):
        orchestrator.run_full_pipeline(checkpoint_file=str(file))


# -- interruptions, in a process of its own --------------------------------------------------------------------------

_RUN = """
import sys
from pipeline.orchestrator import create_pipeline_orchestrator
with create_pipeline_orchestrator(None) as orchestrator:
    try:
        orchestrator.run_full_pipeline()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    result = orchestrator.run_full_pipeline()
    print("done", result.processed_successfully, result.errors, flush=True)
"""


def begin(workspace: Workspace, kind: str) -> subprocess.Popen[str]:
    """A program that runs the pipeline, and again when it was interrupted; a shard holds two documents or so."""
    arguments = [sys.executable, "-c", _RUN]
    environment = {**os.environ, "NIC_ENGINE": kind, "LUIGI_CONFIG_PATH": str(workspace.root / "luigi.cfg")}
    (workspace.root / "luigi.cfg").write_text(
        f"{LIGHT.read_text()}[pipeline]\nshard_size = 2\nmax_concurrent_documents = 2\n"
    )
    return subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def keep_conversions(workspace: Workspace) -> None:
    """Convert everything, which takes a process longest to load for, and forget all that comes after."""
    workspace.run_all()
    disconnect(workspace.run.settings)
    for name in ("index", "qdrant", "runs"):
        shutil.rmtree(workspace.data / name)
    for stage in ("chunks", "terms", "embeddings"):
        for file in workspace.data.rglob(f"{stage}-*"):
            file.unlink()


RECEIPTS = "index/*/*/*/*.json"
EMBEDDINGS = "documents/*/*/embeddings-*.npy"


def wait_for(files: str, workspace: Workspace, program: subprocess.Popen[str], count: int) -> None:
    end = time.monotonic() + 120
    while len(list(workspace.data.glob(files))) < count:
        assert program.poll() is None, program.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
def test_after_a_kill_a_resumed_run_does_not_do_finished_work_again(workspace: Workspace) -> None:
    for number in range(10):
        workspace.write(f"{number}.md", f"# Norma {number}\n\n" + f"O prazo {number} é de dez dias. " * 150)
    program = begin(workspace, "inline")
    wait_for(RECEIPTS, workspace, program, 4)
    os.kill(program.pid, signal.SIGKILL)
    program.communicate()
    finished = {json.loads(file.read_text())["path"] for file in workspace.data.glob("index/*/*/*/*.json")}
    assert len(finished) < 10
    (checkpoint,) = workspace.data.glob("runs/*/checkpoint.json")

    workspace.set("pipeline", "shard_size", "2")
    with create_pipeline_orchestrator(None) as orchestrator:
        assert orchestrator.resume_from_checkpoint(str(checkpoint))
        result = orchestrator.run_full_pipeline()
    assert result.processed_successfully == 10
    worked_on = {f"{FOLDER}/{path}" for path in workspace.worked()[Stage.STORE]}
    assert worked_on.isdisjoint(finished)
    assert verify(workspace.run).exact


@pytest.mark.slow
def test_an_interrupted_run_ends_in_order_and_the_same_program_goes_on(workspace: Workspace) -> None:
    for number in range(12):  # so many that most are left when the first is there
        workspace.write(f"{number}.md", f"# Norma {number}\n\n" + f"O prazo {number} é de dez dias. " * 150)
    keep_conversions(workspace)
    program = begin(workspace, "processes")
    wait_for(EMBEDDINGS, workspace, program, 1)  # they come one by one, receipts perhaps all at the end
    os.killpg(program.pid, signal.SIGINT)  # as a terminal and a kernel send it: to every process
    out, err = program.communicate(timeout=120)
    assert out.splitlines()[:1] == ["interrupted"], err
    assert "done 12 []" in out
    assert "Traceback" not in err


def test_settings_are_those_that_were_given(documents: Workspace) -> None:
    settings = load_settings()
    chosen = settings.model_copy(update={"chunking": settings.chunking.model_copy(update={"overlap": 10})})
    with create_pipeline_orchestrator(chosen) as orchestrator:
        orchestrator.run_full_pipeline()
        assert documents.run.settings == chosen != settings
    assert isinstance(orchestrator.settings, Settings)


def test_processes_stay_warm_from_one_run_to_the_next(documents: Workspace) -> None:
    with create_pipeline_orchestrator(None) as orchestrator:
        orchestrator.run_full_pipeline()
        first = documents.run.engine
        documents.write("nova.md", "# Nova\n\nUma norma nova.\n")
        orchestrator.run_full_pipeline()
        assert documents.run.engine is first


@pytest.mark.slow
def test_one_document_starts_one_process_and_the_next_run_none(workspace: Workspace) -> None:
    workspace.set("engine", "kind", "processes")
    workspace.set("pipeline", "max_concurrent_documents", "2")
    workspace.write("ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias por ano.\n")
    others = set(children())
    with create_pipeline_orchestrator(None) as orchestrator:
        orchestrator.run_full_pipeline()
        first = set(children()) - others
        workspace.write("ferias.md", "# Férias\n\nO servidor não pode vender férias.\n")
        again = orchestrator.run_full_pipeline()
        second = set(children()) - others
    assert (len(first), second) == (1, first)
    assert again.total_vectors_stored == 1
    assert not any(process.is_running() for process in first)


def test_another_process_may_open_the_local_collection_after_a_run(documents: Workspace) -> None:
    with create_pipeline_orchestrator(None) as orchestrator:
        orchestrator.run_full_pipeline()
        done = subprocess.run([sys.executable, "-m", "pipeline", "verify"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert logging.getLogger("pipeline").handlers
