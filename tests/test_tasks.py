"""The main job end to end on real files, model and store: what runs, what is kept, and what is searchable after."""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import luigi
import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline import RunAll
from pipeline.datadir import files
from pipeline.embedding_models import prepare
from pipeline.errors import PipelineError, TransientError
from pipeline.flow.store_document import open_collection
from pipeline.inspection.status import status
from pipeline.publish.verification import verify
from pipeline.run.summary import Summary
from pipeline.schema import Stage
from pipeline.search import search as ask
from pipeline.store.connection import disconnect
from pipeline.tasks import encode
from tests.conftest import Workspace, lasting_workspace
from tests.support.qdrant_server import Fault, QdrantServer


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """What the workspace of a first run leaves, for all tests to begin with."""
    folder = tmp_path_factory.mktemp("whole")
    with lasting_workspace(folder, models_dir) as workspace:
        write_three(workspace)
        assert workspace.run_all().status is LuigiStatusCode.SUCCESS
        assert verify(workspace.run).exact
    return folder


@pytest.fixture
def published(whole: Path, workspace: Workspace) -> Workspace:
    """Three documents, run and published."""
    workspace.begin_with(whole)
    return workspace


def write_three(workspace: Workspace) -> None:
    workspace.write("Normas/ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias por ano.\n")
    workspace.write("Normas/backup.md", "# Cópias\n\nAs cópias de segurança são feitas às duas da manhã.\n")
    workspace.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")


def every_stage(paths: list[str]) -> dict[Stage, list[str]]:
    return dict.fromkeys(Stage, paths)


def summary_of(workspace: Workspace) -> Summary:
    return files.read_model(workspace.run.data.run(workspace.run.id) / "summary.json", Summary)


def test_a_first_run_takes_every_document_through_every_stage(workspace: Workspace) -> None:
    write_three(workspace)
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    paths = ["Normas/backup.md", "Normas/ferias.md", "travel.txt"]
    assert workspace.worked() == every_stage(paths)
    summary = summary_of(workspace)
    assert (summary.outcome, summary.total, summary.new) == ("finished", 3, 3)
    assert summary.points == status(workspace.run).points > 0


def test_an_unchanged_run_does_nothing(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    write_three(workspace)
    for _ in range(2):
        assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    assert workspace.worked() == {}
    said = capsys.readouterr().out
    assert "nothing to do" in said
    assert "in quarantine" not in said


def test_a_run_without_work_says_so_where_nothing_can_be_written(
    published: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A read-only data directory is a warning, and no error of Luigi's that hides the outcome."""

    def refuse(*_: object) -> None:
        raise TransientError("the data directory cannot be used: it is read-only")

    published.run_all()
    caplog.clear()
    monkeypatch.setattr("pipeline.tasks.main_job.note_success", refuse)
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert "nothing to do" in capsys.readouterr().out
    (line,) = (record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert line == "the success of this run could not be noted: the data directory cannot be used: it is read-only"


def test_an_edited_document_is_the_only_one_worked_on(published: Workspace) -> None:
    published.write("travel.txt", "Travel expenses are paid back within twenty days of the trip.\n")
    published.run_all()
    assert published.worked() == every_stage(["travel.txt"])
    assert verify(published.run).exact
    assert (summary_of(published).changed, summary_of(published).unchanged) == (1, 2)
    assert "twenty days" in search(published, "When are travel expenses paid?")[0]


def test_a_renamed_document_is_not_converted_or_embedded_again(published: Workspace) -> None:
    folder = published.root / "30-Aprovados"
    (folder / "travel.txt").rename(folder / "travel expenses.txt")
    published.run_all()
    assert published.worked() == {Stage.STORE: ["travel expenses.txt"]}
    assert verify(published.run).exact
    summary = summary_of(published)
    assert (summary.new, summary.removed, summary.unchanged) == (1, 1, 2)


def test_a_deleted_document_leaves_the_collection(published: Workspace) -> None:
    (published.root / "30-Aprovados" / "travel.txt").unlink()
    published.run_all()
    assert published.worked() == {}
    assert verify(published.run).exact
    assert verify(published.run).documents == 2
    assert all("Travel" not in text for text in search(published, "When are travel expenses paid?"))


def test_an_added_document_is_the_only_one_worked_on(published: Workspace) -> None:
    published.write("Normas/novo.md", "# Crachá\n\nO crachá é obrigatório.\n")
    published.run_all()
    assert published.worked() == every_stage(["Normas/novo.md"])
    assert verify(published.run).exact


def test_equal_content_under_two_paths_is_converted_once_and_stored_twice(published: Workspace) -> None:
    text = (published.root / "30-Aprovados" / "travel.txt").read_text()
    published.write("copy.txt", text)
    published.run_all()
    assert published.worked() == {Stage.STORE: ["copy.txt"]}
    assert verify(published.run).documents == 4


def test_another_chunk_size_chunks_embeds_and_stores_again_but_converts_nothing(published: Workspace) -> None:
    published.set("chunking", "target_chunk_size", "300")
    published.run_all()
    assert set(published.worked()) == {Stage.CHUNK, Stage.EMBED, Stage.STORE}
    assert all(len(paths) == 3 for paths in published.worked().values())
    assert verify(published.run).exact


def test_going_back_to_an_old_setting_finds_the_old_files_and_the_kept_collection_again(published: Workspace) -> None:
    first = verify(published.run).collection
    published.set("chunking", "target_chunk_size", "300")
    published.run_all()
    assert verify(published.run).collection != first
    published.set("chunking", "target_chunk_size", "500")
    published.run_all()
    assert published.worked() == {}
    assert verify(published.run).collection == first
    assert verify(published.run).exact


def test_content_that_comes_back_is_stored_again(published: Workspace) -> None:
    file = published.root / "30-Aprovados" / "travel.txt"
    old, when = file.read_text(), file.stat().st_mtime
    published.write("travel.txt", "Nothing is paid back.\n")
    published.run_all()
    file.write_text(old)
    os.utime(file, (when, when))
    published.run_all()
    assert published.worked() == {Stage.STORE: ["travel.txt"]}
    assert verify(published.run).exact
    assert "fifteen days" in search(published, "When are travel expenses paid?")[0]


def test_a_broken_document_is_quarantined_and_the_others_go_on(published: Workspace) -> None:
    (published.root / "30-Aprovados" / "quebrado.pdf").write_bytes(b"%PDF-1.7 broken")
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    (quarantined,) = status(published.run).quarantined
    assert quarantined.path == "30-Aprovados/quebrado.pdf"
    assert quarantined.failure.code == "corrupt"
    assert "docling" in quarantined.failure.versions
    assert verify(published.run).documents == 3
    published.run_all()
    assert published.worked() == {}, "a quarantined document is not tried again"


def test_a_document_that_fails_for_this_run_stops_no_other_and_is_taken_up_by_the_next(published: Workspace) -> None:
    published.write("novo.md", "# Novo\n\nTexto.\n")
    published.write("travel.txt", "Travel expenses are paid back within twenty days of the trip.\n")
    result = published.run_all(meanwhile=lambda: published.write("travel.txt", "Nothing is paid back.\n"))
    assert result.status is LuigiStatusCode.FAILED
    summary = summary_of(published)
    assert (summary.outcome, [failed.path for failed in summary.failed]) == ("incomplete", ["30-Aprovados/travel.txt"])
    assert published.worked() == {**every_stage(["novo.md"]), Stage.FETCH: ["novo.md", "travel.txt"]}
    assert not status(published.run).published
    assert "fifteen days" in search(published, "When are travel expenses paid?")[0], "kept until the new text is there"

    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert published.worked() == every_stage(["travel.txt"])
    assert verify(published.run).exact
    assert all("fifteen" not in text for text in search(published, "When are travel expenses paid?"))


def test_a_failure_of_one_run_does_not_count_in_the_next_even_at_the_same_commit(published: Workspace) -> None:
    file = published.write("novo.md", "# Novo\n\nTexto.\n")
    when = file.stat().st_mtime
    first = published.run_all(meanwhile=lambda: file.write_text("something else"))
    file.write_text("# Novo\n\nTexto.\n")
    os.utime(file, (when, when))
    assert first.status is LuigiStatusCode.FAILED
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert published.worked() == every_stage(["novo.md"])
    assert len(list(published.data.glob("snapshots/*.json"))) == 2, "both runs are of one commit"
    assert verify(published.run).exact


def test_a_failure_that_is_overcome_leaves_no_file_behind(published: Workspace) -> None:
    published.write("travel.txt", "Travel expenses are paid back within twenty days of the trip.\n")
    published.run_all(meanwhile=lambda: published.write("travel.txt", "Nothing is paid back.\n"))
    changed = published.write("travel.txt", "Travel expenses are paid back within twenty days of the trip.\n")
    assert len(list(published.data.glob("documents/*/*/failure-*.json"))) == 1, changed
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert list(published.data.glob("documents/*/*/failure-*.json")) == []


def test_the_latest_snapshot_is_that_of_the_last_run_whatever_the_clock_says(published: Workspace) -> None:
    first = published.run.listings.latest()
    file = published.write("novo.md", "# Novo\n\nTexto.\n")
    for path in published.data.rglob("*.json"):
        os.utime(path, (2**33, 2**33))
    published.run_all()
    latest = published.run.listings.latest()
    assert latest is not None
    assert len(latest.documents) == 4
    file.unlink()
    published.run_all()
    assert published.run.listings.latest() == first, "a commit that comes back"


def test_targets_from_the_future_and_the_past_are_as_good_as_any(published: Workspace) -> None:
    for number, path in enumerate(sorted((published.data / "documents").rglob("*.*"))):
        os.utime(path, (2**33 * (number % 2),) * 2)
    shutil.rmtree(published.data / "index")
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert set(published.worked()) == {Stage.STORE}
    assert verify(published.run).exact


def test_a_data_directory_is_made_for_its_owner_only_and_one_that_exists_keeps_its_mode(workspace: Workspace) -> None:
    workspace.write("vazio.txt", " ")  # needs no model, which a new data directory would have to make first
    workspace.set("embedding", "backend", "torch")
    workspace.set("embedding", "precision", "fp32")
    for mode, exists in ((0o700, False), (0o750, True)):
        data = workspace.data.parent / "here" / f"{mode:o}"
        if exists:
            data.mkdir(mode)
        workspace.monkeypatch.setenv("NIC_DATA_DIR", str(data))
        workspace.run_all()
        assert data.stat().st_mode & 0o777 == mode
        disconnect(workspace.run.settings)


def test_a_document_that_becomes_broken_leaves_no_old_text_behind(published: Workspace) -> None:
    file = published.write("plano.md", "# Plano\n\nO plano vale até abril.\n")
    published.run_all()
    broken = file.rename(file.with_suffix(".pdf"))
    published.run_all()
    broken.write_bytes(b"%PDF-1.7 broken")
    published.run_all()
    assert status(published.run).quarantined
    assert all("abril" not in text for text in search(published, "Até quando vale o plano?"))
    assert verify(published.run).exact


def test_a_lost_collection_is_built_again_from_the_files(published: Workspace) -> None:
    disconnect(published.run.settings)
    shutil.rmtree(published.data / "qdrant")
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert verify(published.run).exact
    assert Stage.EMBED not in published.worked()


def test_an_emptied_folder_removes_nothing_and_names_the_switch(
    published: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    for file in (published.root / "30-Aprovados").rglob("*.*"):
        file.unlink()
    assert published.run_all().status is LuigiStatusCode.FAILED
    assert "NIC_ALLOW_MASS_DELETE" in caplog.text
    assert verify(published.run).exact
    published.monkeypatch.setenv("NIC_ALLOW_MASS_DELETE", "true")
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert verify(published.run).documents == 0


def test_another_model_builds_another_collection_and_the_alias_moves_when_it_is_complete(published: Workspace) -> None:
    before = published.run.fingerprints.collection
    copy = published.data / "another-model"  # the same vectors, but by content and place another model
    shutil.copytree(prepare(published.run.settings.embedding, published.run.data.models), copy)
    (copy / "README.json").write_text("{}")
    published.monkeypatch.setenv("NIC_EMBEDDING_MODEL", str(copy))
    published.set("embedding", "backend", "torch")  # which needs no export
    published.set("embedding", "precision", "fp32")
    alias_while_storing: list[str | None] = []
    handler = luigi.Task.event_handler(luigi.Event.SUCCESS)(
        lambda task: (
            alias_while_storing.append(open_collection(published.run).published_collection())
            if task.task_family == "StoreDocument"
            else None
        )
    )
    published.run_all()
    luigi.Task.remove_event_handler(luigi.Event.SUCCESS, handler)
    after = published.run.fingerprints.collection
    assert before != after
    assert set(alias_while_storing) == {before}
    assert open_collection(published.run).published_collection() == after
    assert Stage.CONVERT not in published.worked()
    assert verify(published.run).exact


def test_a_model_that_cannot_be_had_leaves_the_alias_where_it_is(published: Workspace) -> None:
    before = published.run.fingerprints.collection
    published.monkeypatch.setenv("NIC_EMBEDDING_MODEL", "nobody/no-such-model")
    assert published.run_all().status is LuigiStatusCode.FAILED
    published.monkeypatch.delenv("NIC_EMBEDDING_MODEL")
    assert verify(published.run).collection == before


@pytest.mark.parametrize("path", ["a, b.md", "100%.md", "<b>.md", "duas\nlinhas.md", "ação 🎉.md"])
def test_any_name_survives_as_a_luigi_parameter(path: str) -> None:
    encoded = encode(path)
    assert unquote(encoded) == path
    assert not re.search(r"[,<\n]", encoded)


def test_a_name_with_a_comma_goes_the_whole_way(published: Workspace) -> None:
    published.write("férias, 2ª parte.md", "# Férias\n\nTexto.\n")
    published.run_all()
    assert "férias, 2ª parte.md" in published.worked()[Stage.STORE]
    assert verify(published.run).exact


def test_what_nobody_foresaw_reaches_the_scheduler_without_its_text_and_a_private_file_with_it(
    workspace: Workspace,
) -> None:
    job = RunAll()  # type: ignore[no-untyped-call]
    assert "segredo" not in job.on_failure(ValueError("segredo do documento"))
    log = workspace.run.data.run(workspace.run.id) / "errors.log"
    assert "segredo do documento" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_missing_folder_stops_the_run_with_a_message(workspace: Workspace) -> None:
    (workspace.root / "30-Aprovados").rmdir()
    with pytest.raises(PipelineError, match="NIC_TARGET_FOLDER"):
        workspace.run_all()


def test_many_shards_hold_the_same_as_one(published: Workspace) -> None:
    published.set("pipeline", "shard_size", "1")
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert published.worked() == {}, "nothing is to be done: the same documents are published"
    published.write("novo.md", "# Novo\n\nTexto.\n")
    published.run_all()
    assert published.worked() == every_stage(["novo.md"])
    assert len(list(published.data.glob("index/*/shards/*-of-00004.json"))) == 4
    assert verify(published.run).exact


def test_the_chain_of_each_document_is_visible_to_the_scheduler(workspace: Workspace) -> None:
    workspace.write("a.md", "# A\n\nTexto.\n")
    seen: list[str] = []
    handler = luigi.Task.event_handler(luigi.Event.START)(lambda task: seen.append(task.task_family))
    workspace.run_all()
    luigi.Task.remove_event_handler(luigi.Event.START, handler)
    chain = ["FetchDocument", "ConvertDocument", "ChunkDocument", "EmbedDocument", "StoreDocument"]
    assert [family for family in seen if family in chain] == chain


def test_a_server_is_kept_in_step_through_failures_and_its_key_is_written_nowhere(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "s3cret-key-of-the-server"
    monkeypatch.setenv("QDRANT_API_KEY", key)
    with QdrantServer(api_key=key) as server:
        monkeypatch.setenv("QDRANT_URL", server.url)
        workspace.write("ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias por ano.\n")
        server.faults += [Fault("/points/batch", status=503), Fault("/points/batch", carried_out=True)]
        assert workspace.run_all().status is LuigiStatusCode.SUCCESS
        assert server.faults == []
        assert verify(workspace.run).exact
        workspace.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")
        (workspace.root / "30-Aprovados" / "ferias.md").unlink()
        assert workspace.run_all().status is LuigiStatusCode.SUCCESS
        assert workspace.worked() == every_stage(["travel.txt"])
        assert verify(workspace.run).exact
        assert all("vender" not in text for text in search(workspace, "Posso vender férias?"))
        workspace.run_all()
        assert workspace.worked() == {}
        disconnect(workspace.run.settings)
    written = (file for file in workspace.data.rglob("*") if file.is_file() and "models" not in file.parts)
    assert [file.name for file in written if key.encode() in file.read_bytes()] == []


def test_a_changed_setting_of_the_server_reaches_a_finished_collection_and_nothing_is_done_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with QdrantServer() as server:
        monkeypatch.setenv("QDRANT_URL", server.url)
        workspace.write("travel.txt", "Travel expenses are paid back within fifteen days of the trip.\n")
        assert workspace.run_all().status is LuigiStatusCode.SUCCESS
        collection = workspace.run.fingerprints.collection
        assert server.info(collection).config.quantization_config is not None
        workspace.set("qdrant", "quantization", "none")
        for requests in (True, False):
            server.seen.clear()
            assert workspace.run_all().status is LuigiStatusCode.SUCCESS
            assert workspace.worked() == {}
            assert any(seen.what.startswith("PATCH") for seen in server.seen) is requests
        assert workspace.run.fingerprints.collection == collection
        assert server.info(collection).config.quantization_config is None
        disconnect(workspace.run.settings)


def search(workspace: Workspace, question: str) -> list[str]:
    return [hit.text for hit in ask([question], 3, workspace.run.settings)[0]]
