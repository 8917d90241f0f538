"""The main job on a GitLab project: the collection is that of the folder, whatever fails on the way."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.publish.verification import verify
from pipeline.run.quarantine import release
from pipeline.schema import Stage
from pipeline.sources.gitlab import client
from pipeline.store.connection import connect, disconnect
from tests.conftest import Workspace
from tests.sources.gitlab import FOLDER
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import TOKEN, Fault, GitlabServer
from tests.support.luigid import pages
from tests.support.pauses import retry_after

ORIGIN = {"document_id", "chunk_id", "gitlab_project", "gitlab_url", "content_version", "processing_timestamp"}


@pytest.fixture
def gitlab(workspace: Workspace, server: GitlabServer, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose documents come from the server."""
    monkeypatch.setenv("NIC_SOURCE", "gitlab")
    monkeypatch.setenv("GITLAB_URL", server.url)
    monkeypatch.setenv("GITLAB_PROJECT", server.path)
    retry_after(monkeypatch, client)
    return workspace


def stored(workspace: Workspace) -> list[tuple[dict[str, Any], Any]]:
    """Payloads and vectors of the collection, without what depends on where the documents came from."""
    run = workspace.run
    points, _ = connect(run.settings).scroll(run.fingerprints.collection, limit=1000, with_vectors=True)
    payloads = [({k: v for k, v in (p.payload or {}).items() if k not in ORIGIN}, p.vector) for p in points]
    return sorted(payloads, key=lambda point: (point[0]["file_path"], point[0]["chunk_index"]))


def read(workspace: Workspace) -> dict[str, str]:
    """Name of a document -> its text, as readers of the alias find it."""
    settings = workspace.run.settings
    points, _ = connect(settings).scroll(settings.qdrant.collection_name, limit=1000)
    payloads = [point.payload or {} for point in points]
    return {payload["file_path"].rpartition("/")[2]: payload["content"] for payload in payloads}


def finished(workspace: Workspace) -> bool:
    return workspace.run_all().status is LuigiStatusCode.SUCCESS


def test_the_same_documents_give_the_same_collection_from_a_folder_and_from_gitlab(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write(f"{FOLDER}/Políticas/Diárias 2024.html", "<h1>Diárias</h1><p>São pagas em dez dias.</p>")
    repository.write(f"{FOLDER}/vazio.zip", b"PK")
    repository.commit(author="Bia Souza")
    assert finished(gitlab)
    from_gitlab = stored(gitlab)
    disconnect(gitlab.run.settings)
    subprocess.run(["git", "clone", "-q", str(repository.root), str(tmp_path / "checkout")], check=True)
    monkeypatch.setenv("NIC_SOURCE", "folder")
    monkeypatch.setenv("NIC_FOLDER_PATH", str(tmp_path / "checkout"))
    data = tmp_path / "data-of-the-folder"
    data.mkdir()
    (data / "models").symlink_to(gitlab.data / "models")  # else it is exported again
    monkeypatch.setenv("NIC_DATA_DIR", str(data))
    assert finished(gitlab)
    assert from_gitlab == stored(gitlab)
    assert len(from_gitlab) == 3
    disconnect(gitlab.run.settings)


def test_a_run_on_an_unchanged_branch_costs_two_requests_and_no_work(gitlab: Workspace, server: GitlabServer) -> None:
    assert finished(gitlab)
    server.seen.clear()
    assert finished(gitlab)
    assert server.counts() == {"project": 1, "branch": 1}
    assert gitlab.worked() == {}


def test_a_run_at_a_new_commit_asks_and_works_for_what_changed(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer
) -> None:
    repository.write_many({f"{FOLDER}/{n}.txt": b"Prazo de %d dias.\n" % n for n in range(6)})
    repository.commit()
    assert finished(gitlab)
    server.seen.clear()
    repository.write(f"{FOLDER}/0.txt", "Prazo de cem dias.\n")
    repository.write(f"{FOLDER}/novo.txt", "Prazo de duzentos dias.\n")
    repository.files[f"{FOLDER}/outro nome.txt".encode()] = repository.files.pop(f"{FOLDER}/1.txt".encode())
    repository.commit()
    assert finished(gitlab)
    assert server.counts() == {"project": 1, "branch": 1, "tree": 2, "file": 3, "commits": 3, "raw": 2}
    assert gitlab.worked()[Stage.EMBED] == ["0.txt", "novo.txt"]
    assert gitlab.worked()[Stage.STORE] == ["0.txt", "novo.txt", "outro nome.txt"]


def test_a_suspiciously_small_listing_stops_the_run_before_any_work(
    gitlab: Workspace, repository: GitRepository, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write_many({f"{FOLDER}/{n}.txt": b"Prazo de %d dias.\n" % n for n in range(5)})
    repository.commit()
    assert finished(gitlab)
    before = stored(gitlab)
    for number in range(5):
        repository.remove(f"{FOLDER}/{number}.txt")
    repository.write(f"{FOLDER}/novo.txt", "Prazo de duzentos dias.\n")
    commit = repository.commit()
    assert not finished(gitlab)
    assert "NIC_ALLOW_MASS_DELETE" in caplog.text
    assert gitlab.worked() == {}
    assert not gitlab.run.listings.path(commit).exists()
    assert stored(gitlab) == before
    monkeypatch.setenv("NIC_ALLOW_MASS_DELETE", "true")
    assert finished(gitlab)
    assert len(stored(gitlab)) == 3


def test_a_listing_that_fails_changes_nothing(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer
) -> None:
    assert finished(gitlab)
    before = stored(gitlab)
    repository.write(f"{FOLDER}/novo.txt", "Prazo de duzentos dias.\n")
    repository.commit()
    server.edit_pages = lambda rows, query: rows[:1] if query.get("path") else rows
    assert not finished(gitlab)
    assert stored(gitlab) == before


def test_an_lfs_document_without_content_is_quarantined_and_stops_no_other(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer
) -> None:
    content = b"O manual tem vinte linhas.\n" * 20
    oid = repository.pointer(f"{FOLDER}/manual.txt", content)
    repository.commit()
    assert finished(gitlab)
    (failed,) = gitlab.run.failed(gitlab.run.snapshot(repository.resolve("main") or "").documents)
    assert failed.path == f"{FOLDER}/manual.txt"
    assert "git lfs push" in failed.failure.message
    assert len(stored(gitlab)) == 2
    server.lfs[oid] = content
    assert [released.path for released in release(gitlab.run)] == [f"{FOLDER}/manual.txt"]
    assert finished(gitlab), "the commit is the same, the content is there now"
    assert verify(gitlab.run).documents == 3


def test_a_document_that_never_comes_keeps_its_version_while_readers_find_the_others_at_once(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer
) -> None:
    assert finished(gitlab)
    repository.write(f"{FOLDER}/viagens.txt", "Viagens são pagas em cem dias.\n")
    repository.write(f"{FOLDER}/novo.txt", "Prazo de duzentos dias.\n")
    repository.commit()
    server.faults.append(Fault("500", on="viagens.txt/raw", times=1000))
    assert not finished(gitlab)
    found = read(gitlab)
    assert "quinze dias" in found["viagens.txt"]
    assert "duzentos dias" in found["novo.txt"]
    server.faults.clear()
    assert finished(gitlab), "the next run asks again by itself"
    assert "cem dias" in read(gitlab)["viagens.txt"]


@pytest.mark.parametrize("documents", [40, pytest.param(200, marks=pytest.mark.soak)])
def test_a_run_ends_exact_while_every_fifth_request_fails(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer, documents: int
) -> None:
    numbers = range(documents)
    contents = {f"{FOLDER}/{n % 7}/{n}.txt": b"O prazo da norma %d vence em %d dias.\n" % (n, n) for n in numbers}
    repository.write_many(contents)
    repository.commit()
    server.every = 5
    assert finished(gitlab)
    assert verify(gitlab.run).exact
    assert len(stored(gitlab)) == documents + 2
    faults = Counter(seen.fault for seen in server.seen)
    assert min(faults[kind] for kind in ("429", "500", "502", "reset", "truncated")) > documents / 10
    whole = Counter(seen.what for seen in server.seen if "/raw" in seen.what and seen.fault is None)
    assert len(whole) == documents + 2
    assert set(whole.values()) == {1}


# -- the token ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_token_is_in_no_file_log_line_task_parameter_or_page(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer, luigid: str, tmp_path: Path
) -> None:
    """Of a run with a quarantined document, one with a document that fails, and one whose token was revoked."""
    repository.pointer(f"{FOLDER}/manual.pdf", b"%PDF" * 1000)
    repository.commit()
    shown = ""
    faults = (None, Fault("500", on="viagens.txt/raw", times=1000), Fault("401", on="/raw", times=1000))
    with talkative_jobs(luigid, tmp_path / "said.txt") as run:
        for fault in faults:
            repository.write(f"{FOLDER}/viagens.txt", f"Viagens, {fault}.")
            repository.commit()
            server.faults = [fault] if fault else []
            *said, code = run()
            assert code == f"exit code {30 if fault else 0}\n", said
            shown += "".join(said)
    shown += (tmp_path / "said.txt").read_text(encoding="utf-8") + pages(luigid)
    assert "/api/v4/projects" in shown, "else nothing was logged at DEBUG"
    assert {seen.token for seen in server.seen} == {TOKEN}
    assert TOKEN not in shown
    files = [file for file in (*gitlab.data.rglob("*"), tmp_path / "luigid.pickle") if file.is_file()]
    assert len(files) > 15
    assert not [file for file in files if TOKEN.encode() in file.read_bytes()]


TALKATIVE = """
import logging, sys
logging.basicConfig(level=1)
import pipeline, pytest
from luigi.cmdline import luigi_run
from pipeline.sources.gitlab import client
from tests.conftest import forget_run
from tests.support.pauses import retry_after

logging.getLogger().setLevel(1)
retry_after(pytest.MonkeyPatch(), client)
for _ in sys.stdin:
    forget_run()
    code = 0
    try:
        luigi_run(sys.argv[1:])
    except SystemExit as ended:
        code = ended.code or 0
    print(f"exit code {code}", flush=True)
"""


@contextlib.contextmanager
def talkative_jobs(luigid: str, errors: Path) -> Iterator[Callable[[], list[str]]]:
    """Runs the main job when it is called, with every logger at its most talkative; returns the lines printed.

    All in one process, which loads the models once. What goes to standard error is in the file.
    """
    scheduler = ["--scheduler-host", "127.0.0.1", "--scheduler-port", luigid.rpartition(":")[2]]
    job = ["--module", "pipeline", "RunAll", *scheduler, "--log-level", "DEBUG", "--engine-kind", "inline"]
    command = [sys.executable, "-c", TALKATIVE, *job]
    with (
        errors.open("w") as file,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True) as process,
    ):
        stdin, stdout = process.stdin, process.stdout
        assert stdin
        assert stdout
        too_long = threading.Timer(1200, process.kill)
        too_long.start()

        def run() -> list[str]:
            stdin.write("run\n")
            stdin.flush()
            lines: list[str] = []
            for line in stdout:
                lines.append(line)
                if line.startswith("exit code "):
                    return lines
            raise AssertionError(errors.read_text(encoding="utf-8"))

        try:
            yield run
        finally:
            too_long.cancel()
            stdin.close()
