"""A downloaded document is the committed one, byte for byte, or it is not there."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from pipeline.schema import Document
from tests.sources.gitlab import FOLDER, listing, make_source
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import Fault, GitlabServer

CONTENT = bytes(range(256)) * 400
LARGE_FILE = f"{FOLDER}/manual.pdf"


@pytest.fixture
def document(repository: GitRepository, server: GitlabServer) -> Document:
    repository.write(LARGE_FILE, CONTENT)
    repository.commit()
    return found(server)


def found(server: GitlabServer, path: str = LARGE_FILE) -> Document:
    return next(document for document in listing(make_source(server)).documents if document.path == path)


def test_a_document_costs_one_request(document: Document, server: GitlabServer, tmp_path: Path) -> None:
    source = make_source(server)
    _ = source.project
    server.seen.clear()
    source.fetch(document, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert server.counts() == {"raw": 1}


@pytest.mark.parametrize("kind", ["429", "429-date", "500", "502", "reset", "truncated", "damaged", "maintenance"])
def test_a_passing_fault_is_outlived(
    document: Document, server: GitlabServer, tmp_path: Path, kind: str, waits_s: list[float]
) -> None:
    server.faults.append(Fault(kind, on="/raw", times=3))
    make_source(server).fetch(document, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["500", "502", "reset", "truncated", "damaged", "html"])
def test_a_document_that_never_arrives_whole_fails_alone_and_leaves_nothing(
    document: Document, server: GitlabServer, tmp_path: Path, kind: str, waits_s: list[float]
) -> None:
    server.faults.append(Fault(kind, on="/raw", times=1000))
    with pytest.raises(TransientError) as caught:
        make_source(server).fetch(document, tmp_path / "out" / "copy")
    assert caught.value.code is ErrorCode.UNREADABLE
    assert list((tmp_path / "out").iterdir()) == []


def test_when_nothing_answers_it_is_gitlab_that_is_unreachable_and_not_the_document(
    document: Document, server: GitlabServer, tmp_path: Path, waits_s: list[float]
) -> None:
    source = make_source(server)
    _ = source.project
    server.faults.append(Fault("502", times=1000))
    for _ in range(2):
        with pytest.raises(TransientError) as caught:
            source.fetch(document, tmp_path / "copy")
        assert caught.value.code is ErrorCode.SOURCE_UNREACHABLE


@pytest.mark.slow
def test_documents_in_line_do_not_ask_a_lost_gitlab_again_and_later_ones_do(
    document: Document, server: GitlabServer, tmp_path: Path, waits_s: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(server)
    monkeypatch.setattr("pipeline.sources.gitlab.source._LOST_S", 2.0)
    server.faults.append(Fault("502", on="/raw", times=5))
    server.faults.append(Fault("502", on="/projects/4711", times=5))
    _ = source.project
    server.seen.clear()
    for _ in range(20):
        with pytest.raises(TransientError):
            source.fetch(document, tmp_path / "copy")
    assert len(server.seen) == 10
    threading.Event().wait(2.1)
    source.fetch(document, tmp_path / "copy")


def test_a_body_that_trickles_in_is_given_up(
    document: Document, server: GitlabServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.gitlab.client._ANSWER_S", 0.1)
    monkeypatch.setattr("pipeline.sources.gitlab.client._SLOWEST_BYTES_PER_S", 1e9)
    server.faults.append(Fault("slow", on="/raw", times=2))
    make_source(server).fetch(document, tmp_path / "copy")
    assert [seen.fault for seen in server.seen if "/raw" in seen.what] == ["slow", "slow", None]


def test_a_body_that_does_not_end_is_not_written_beyond_its_size(
    document: Document, server: GitlabServer, tmp_path: Path
) -> None:
    api = f"/projects/4711/repository/blobs/{document.blob_sha}/raw"
    make_source(server).client.download(api, tmp_path / "copy", 1000)
    assert (tmp_path / "copy").stat().st_size == 1001


def test_the_committed_content_is_read_although_the_branch_moved_on(
    document: Document, repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    repository.remove(LARGE_FILE)
    repository.commit()
    make_source(server).fetch(document, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


def test_a_document_over_the_limit_is_not_downloaded(document: Document, server: GitlabServer, tmp_path: Path) -> None:
    server.seen.clear()
    with pytest.raises(PermanentError, match="max_file_size_mb") as caught:
        make_source(server, max_file_size_mb=0.1).fetch(document, tmp_path / "copy")
    assert caught.value.code is ErrorCode.TOO_LARGE
    assert server.seen == []


def test_a_content_that_is_gone_quarantines_that_document(
    document: Document, server: GitlabServer, tmp_path: Path
) -> None:
    gone = document.model_copy(update={"blob_sha": "1" * 40, "commit": "2" * 40})
    with pytest.raises(PermanentError) as caught:
        make_source(server).fetch(gone, tmp_path / "copy")
    assert caught.value.code is ErrorCode.WITHHELD


def test_a_permission_lost_meanwhile_stops_everything(document: Document, server: GitlabServer, tmp_path: Path) -> None:
    source = make_source(server)
    _ = source.project
    server.path, server.former_paths = "nic/secreto", set()
    server.faults.append(Fault("404", on="/projects/4711", times=1000))
    with pytest.raises(ConfigurationError):
        source.fetch(document, tmp_path / "copy")


@pytest.mark.slow
def test_eight_threads_share_one_source(repository: GitRepository, server: GitlabServer, tmp_path: Path) -> None:
    contents = {f"{FOLDER}/{n}.md": b"# %d\n" % n * 100 for n in range(60)}
    repository.write_many(contents)
    repository.commit()
    source = make_source(server)
    documents = [document for document in listing(source).documents if document.path in contents]
    server.seen.clear()
    server.every = 4
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda document: source.fetch(document, tmp_path / document.document_id), documents))
    assert {(tmp_path / d.document_id).read_bytes() for d in documents} == set(contents.values())
    whole = Counter(seen.what for seen in server.seen if seen.fault is None)
    assert set(whole.values()) == {1}


# -- Git LFS --------------------------------------------------------------------------------------------------------


@pytest.fixture
def oid(repository: GitRepository, server: GitlabServer) -> str:
    made = repository.pointer(LARGE_FILE, CONTENT)
    repository.commit()
    server.lfs[made] = CONTENT
    return made


def test_an_lfs_document_is_its_content_and_never_its_pointer(
    oid: str, repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    document = found(server)
    assert document.size_bytes == len(CONTENT)
    assert document.blob_sha == repository.resolve(f"main:{LARGE_FILE}")
    make_source(server).fetch(document, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


def test_an_lfs_document_over_the_limit_is_not_downloaded(oid: str, server: GitlabServer, tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        make_source(server, max_file_size_mb=0.1).fetch(found(server), tmp_path / "copy")
    assert caught.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize("way", ["never uploaded", "switched off"])
def test_an_lfs_document_without_content_is_a_permanent_failure_that_says_what_to_do(
    oid: str, server: GitlabServer, tmp_path: Path, way: str
) -> None:
    document = found(server)
    if way == "never uploaded":
        server.lfs.clear()
    else:
        server.lfs_enabled = False
    with pytest.raises(PermanentError, match="git lfs push" if way == "never uploaded" else "switch LFS on") as caught:
        make_source(server).fetch(document, tmp_path / "copy")
    assert caught.value.code is ErrorCode.LFS_MISSING
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("way", ["never uploaded", "switched off"])
def test_a_pointer_to_less_than_itself_is_known_as_one(
    repository: GitRepository, server: GitlabServer, tmp_path: Path, way: str
) -> None:
    repository.pointer(LARGE_FILE, b"four")
    repository.commit()
    server.lfs_enabled = way == "never uploaded"
    with pytest.raises(PermanentError) as caught:
        make_source(server).fetch(found(server), tmp_path / "copy")
    assert caught.value.code is ErrorCode.LFS_MISSING


def test_lfs_content_that_never_is_what_the_pointer_names_is_missing(
    oid: str, server: GitlabServer, tmp_path: Path, waits_s: list[float]
) -> None:
    document = found(server)
    server.lfs[oid] = CONTENT[::-1]
    with pytest.raises(PermanentError) as caught:
        make_source(server).fetch(document, tmp_path / "copy")
    assert caught.value.code is ErrorCode.LFS_MISSING
    assert waits_s, "it may have been damaged on its way"
    assert not (tmp_path / "copy").exists()


def test_a_small_text_of_a_pointers_size_is_a_document_like_any_other(
    repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    repository.write(LARGE_FILE, b"x" * 130)
    repository.commit()
    make_source(server).fetch(found(server), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"x" * 130
