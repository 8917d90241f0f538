"""Everything at once that GitLab can do: only what is affected is affected, and the rest is published."""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.errors import ErrorCode
from pipeline.publish.published import read_published
from pipeline.publish.verification import verify
from pipeline.run.quarantine import release
from pipeline.sources.gitlab import client
from tests.conftest import Workspace
from tests.sources.gitlab import FOLDER
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import TOKEN, Fault, GitlabServer, Token
from tests.support.pauses import retry_after

GOOD = [f"{FOLDER}/norma {number}.txt" for number in range(6)]
LFS = b"O manual tem mil linhas.\n" * 100
AFFECTED = {
    f"{FOLDER}/perdido.txt": ErrorCode.LFS_MISSING,
    f"{FOLDER}/mentiroso.txt": ErrorCode.LFS_MISSING,
    f"{FOLDER}/proibido.txt": ErrorCode.WITHHELD,
    f"{FOLDER}/sumido.txt": ErrorCode.WITHHELD,
}
FOR_EVER = 10_000


@pytest.fixture
def gitlab(
    workspace: Workspace, repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A folder in which four documents cannot be had, each in its way."""
    monkeypatch.setenv("NIC_SOURCE", "gitlab")
    monkeypatch.setenv("GITLAB_URL", server.url)
    monkeypatch.setenv("GITLAB_PROJECT", server.path)
    retry_after(monkeypatch, client)
    repository.write_many({path: f"O prazo da norma {number} é curto.\n".encode() for number, path in enumerate(GOOD)})
    repository.write(f"{FOLDER}/proibido.txt", "Só para poucos.\n")
    repository.write(f"{FOLDER}/sumido.txt", "O objeto do git sumiu.\n")
    repository.pointer(f"{FOLDER}/perdido.txt", LFS)
    oid = repository.pointer(f"{FOLDER}/mentiroso.txt", LFS[:1000])
    server.lfs[oid] = LFS[:1000]
    lie = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 4\n"
    repository.write(f"{FOLDER}/mentiroso.txt", lie)
    commit = repository.commit()
    for name, status in (("proibido", "403"), ("sumido", "404")):
        sha = repository.resolve(f"{commit}:{FOLDER}/{name}.txt")
        server.faults += [Fault(status, on=on, times=FOR_EVER) for on in (f"{name}.txt/raw", f"blobs/{sha}")]
    return workspace


def storm(server: GitlabServer, requests: int) -> None:
    """Too many requests, said as a number, as a date that is past, as nonsense and not at all."""
    for asked in ("0", "Wed, 21 Oct 2015 07:28:00 GMT", "-7", "soon", ""):
        server.faults += [
            Fault("429", on=on, times=requests, headers={"retry-after": asked})
            for on in ("/tree", "norma%203", "/branches/", "commits")
        ]


def test_lost_objects_storms_refusals_and_a_revoked_token_at_once_affect_only_what_they_affect(
    gitlab: Workspace, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    storm(server, client.RETRIES.attempts + 1)
    server.faults.append(Fault("401", on="/raw", times=FOR_EVER, after=5))
    assert gitlab.run_all().status is LuigiStatusCode.FAILED
    assert read_published(gitlab.run) is None, "nothing is published on the strength of a part"
    assert sum("/raw" in seen.what for seen in server.seen) > 5, "the token was refused in the middle"

    server.faults = [fault for fault in server.faults if fault.kind != "401"]
    server.tokens = {"novo": Token()}
    monkeypatch.setenv("GITLAB_TOKEN", "novo")
    before = len(server.seen)
    storm(server, client.RETRIES.attempts + 1)
    assert gitlab.run_all().status is LuigiStatusCode.SUCCESS
    assert set(answered(server).values()) == {1}, "it goes on where it stood"
    assert {seen.token for seen in server.seen[before:]} == {"novo"} != {TOKEN}
    assert_only_those_are_missing(gitlab)


def answered(server: GitlabServer) -> Counter[str]:
    """How often each content that can be had was given."""
    whole = (unquote(seen.what.partition("?")[0]) for seen in server.seen if seen.fault is None)
    return Counter(what for what in whole if what.endswith("/raw") and what.removesuffix("/raw").endswith(tuple(GOOD)))


def assert_only_those_are_missing(gitlab: Workspace) -> None:
    run = gitlab.run
    published = read_published(run)
    assert published
    documents = run.snapshot(published.commit).documents
    assert {failed.path: failed.failure.code for failed in run.failed(documents)} == AFFECTED
    stored = {document.path for document in documents if document.document_id in published.documents}
    assert stored == {*GOOD, f"{FOLDER}/Normas/férias.md", f"{FOLDER}/viagens.txt"}
    assert verify(run).exact


def test_what_gitlab_gives_again_is_published_once_it_is_released(
    gitlab: Workspace, repository: GitRepository, server: GitlabServer
) -> None:
    assert gitlab.run_all().status is LuigiStatusCode.SUCCESS
    assert_only_those_are_missing(gitlab)
    server.faults.clear()
    released = release(gitlab.run, code=ErrorCode.WITHHELD)
    assert {failed.path for failed in released} == {f"{FOLDER}/proibido.txt", f"{FOLDER}/sumido.txt"}
    assert gitlab.run_all().status is LuigiStatusCode.SUCCESS
    assert verify(gitlab.run).documents == len(GOOD) + 4
