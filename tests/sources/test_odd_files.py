"""A file that is too large, unreadable, gone or no file any more concerns its own document, and what git lost none."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.errors import ErrorCode, PermanentError, TransientError
from pipeline.inspection.status import status
from pipeline.schema import Document, Snapshot
from pipeline.settings.sections import SourceSettings
from pipeline.sources import folder
from pipeline.sources.folder import WITHOUT_HISTORY, FolderSource
from pipeline.sources.git_objects import blob_sha
from tests.conftest import Workspace
from tests.sources.test_folder import FOLDER, commit, git

EIGHT_TB = 1 << 43  # never to be read within a test, or a run
NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / FOLDER).mkdir(parents=True)
    (tmp_path / "root" / FOLDER / "a.md").write_text("# A\n")
    return tmp_path / "root"


def listed(root: Path, limit_mb: float = 100) -> tuple[FolderSource, Snapshot]:
    source = FolderSource(SourceSettings(folder_path=root, max_file_size_mb=limit_mb))
    return source, source.snapshot(source.head())


def named(snapshot: Snapshot, name: str) -> Document:
    return next(document for document in snapshot.documents if document.path.endswith(name))


def sparse(file: Path) -> None:
    file.touch()
    os.truncate(file, EIGHT_TB)


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A folder that other accounts may enter."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        (Path(made) / FOLDER).mkdir()
        (Path(made) / FOLDER / "a.md").write_text("# A\n")
        yield Path(made)


def test_a_file_over_the_limit_is_refused_by_its_true_size_without_being_read(root: Path, tmp_path: Path) -> None:
    sparse(root / FOLDER / "enorme.md")
    source, snapshot = listed(root)
    assert len(snapshot.documents) == 2
    with pytest.raises(PermanentError, match="8796093 MB") as raised:
        source.fetch(named(snapshot, "enorme.md"), tmp_path / "copy")
    assert raised.value.code is ErrorCode.TOO_LARGE


def test_raising_the_limit_makes_it_a_document_like_any_other(root: Path, tmp_path: Path) -> None:
    file = root / FOLDER / "grande.md"
    file.write_bytes(b"x" * 2000)
    refused = named(listed(root, limit_mb=0.001)[1], "grande.md")
    source, snapshot = listed(root, limit_mb=0.002)
    assert refused.blob_sha != named(snapshot, "grande.md").blob_sha == blob_sha(file)
    source.fetch(named(snapshot, "grande.md"), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == file.read_bytes()


def test_a_run_stores_the_others(workspace: Workspace) -> None:
    workspace.write("bom.txt", "Um texto curto.")
    sparse(workspace.write("enorme.txt", "x"))
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    found = status(workspace.run)
    assert [entry.failure.code for entry in found.quarantined] == [ErrorCode.TOO_LARGE]


@pytest.mark.parametrize("name", ["fechado.md", "pasta/dentro.md"], ids=["a file", "in a folder that may be listed"])
def test_a_file_that_may_not_be_read_concerns_its_document(open_root: Path, name: str, tmp_path: Path) -> None:
    file = open_root / FOLDER / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("texto")
    (file if "/" not in name else file.parent).chmod(0o000 if "/" not in name else 0o744)
    with unprivileged():
        source, snapshot = listed(open_root)
        first = named(snapshot, name)
        with pytest.raises(TransientError) as raised:
            source.fetch(first, tmp_path / "copy")
    assert raised.value.code is ErrorCode.UNREADABLE
    assert len(snapshot.documents) == 2

    file.parent.chmod(0o755)
    file.chmod(0o644)
    assert named(listed(open_root)[1], name).blob_sha == blob_sha(file) != first.blob_sha


def test_a_file_that_vanishes_while_the_folder_is_listed_stops_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = folder._walk
    monkeypatch.setattr(folder, "_walk", lambda *place: [*walk(*place), (f"{FOLDER}/sumiu.md", False)])
    source, snapshot = listed(root)
    with pytest.raises(TransientError) as raised:
        source.fetch(named(snapshot, "sumiu.md"), tmp_path / "copy")
    assert raised.value.code is ErrorCode.UNREADABLE
    source.fetch(named(snapshot, "a.md"), tmp_path / "copy")


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(root: Path, tmp_path: Path) -> None:
    source, snapshot = listed(root)
    (root / FOLDER / "a.md").unlink()
    os.mkfifo(root / FOLDER / "a.md")
    with pytest.raises(TransientError) as raised:
        source.fetch(named(snapshot, "a.md"), tmp_path / "copy")
    assert raised.value.code is ErrorCode.UNREADABLE


def test_a_file_that_grew_is_not_copied(root: Path, tmp_path: Path) -> None:
    source, snapshot = listed(root)
    sparse(root / FOLDER / "a.md")
    with pytest.raises(TransientError) as raised:
        source.fetch(named(snapshot, "a.md"), tmp_path / "copy")
    assert raised.value.code is ErrorCode.CHANGED
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("kind", ["commit", "tree", "blob"])
def test_a_checkout_that_has_lost_an_object_is_read_without_what_is_lost(root: Path, kind: str, tmp_path: Path) -> None:
    git(root, "init", "-q")
    commit(root, "Ana", "2020-01-01T00:00:00Z")
    (root / FOLDER / "b.md").write_text("# B\n")
    commit(root, "Bia", "2021-01-01T00:00:00Z")
    lost = {"commit": "HEAD~1", "tree": "HEAD~1:", "blob": f"HEAD~1:{FOLDER}/a.md"}[kind]
    sha = git(root, "rev-parse", lost)
    (root / ".git" / "objects" / sha[:2] / sha[2:]).unlink()

    source, snapshot = listed(root)
    assert len(snapshot.documents) == 2
    for document in snapshot.documents:
        source.fetch(document, tmp_path / "copy")
        assert (WITHOUT_HISTORY in document.warnings) == (document.author is None) == (kind != "blob")


def test_a_checkout_without_any_object_is_a_plain_folder(root: Path) -> None:
    git(root, "init", "-q")
    commit(root, "Ana", "2020-01-01T00:00:00Z")
    shutil.rmtree(root / ".git" / "objects")
    (root / ".git" / "objects").mkdir()
    assert len(listed(root)[1].documents) == 1
