"""Requests to GitLab: bounded retries, few of them, and an error that says what to do whatever goes wrong."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.settings.sections import GitlabSettings, SourceSettings
from pipeline.sources.gitlab import GitlabSource, client
from tests.sources.gitlab import FOLDER, listing, make_source
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import TOKEN, Fault, GitlabServer, Token
from tests.support.paths import ROOT
from tests.support.pauses import retry_after

# -- how many -------------------------------------------------------------------------------------------------------


def test_the_head_of_an_unchanged_branch_costs_two_requests(repository: GitRepository, server: GitlabServer) -> None:
    source = make_source(server)
    assert source.head() == source.head() == repository.resolve("main")
    assert server.counts() == {"project": 1, "branch": 1}


def test_facts_of_unchanged_documents_are_not_asked_again(repository: GitRepository, server: GitlabServer) -> None:
    repository.write_many({f"{FOLDER}/{n}.md": b"# x %d\n" % n for n in range(20)})
    repository.commit()
    before = listing(make_source(server))
    change_three(repository)
    server.seen.clear()
    after = listing(make_source(server, previous=lambda: before))
    assert server.counts() == {"project": 1, "branch": 1, "tree": 2, "file": 3, "commits": 3}
    assert after == listing(make_source(server))
    assert sum(document in before.documents for document in after.documents) == 20


def change_three(repository: GitRepository) -> None:
    """An edit, a new document and a new name."""
    repository.write(f"{FOLDER}/0.md", "# edited\n")
    repository.write(f"{FOLDER}/novo.md", "# new\n")
    repository.files[f"{FOLDER}/renamed.md".encode()] = repository.files.pop(f"{FOLDER}/1.md".encode())
    repository.commit(author="Bia Souza")


@pytest.mark.slow
def test_the_request_counts_in_the_documentation_are_the_measured_ones(
    repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    repository.write_many({f"{FOLDER}/{n}.md": b"# x %d\n" % n for n in range(148)})
    repository.commit()
    text = (ROOT / "docs" / "gitlab.md").read_text(encoding="utf-8")
    cold = make_source(server)
    before = listing(cold)
    for document in before.documents:
        cold.fetch(document, tmp_path / document.blob_sha)
    assert row("first run, 150 documents", server) in text
    make_source(server).head()
    assert row("nothing changed", server) in text
    change_three(repository)
    again = make_source(server, previous=lambda: before)
    for document in listing(again).documents:
        if not (tmp_path / document.blob_sha).exists():
            again.fetch(document, tmp_path / document.blob_sha)
    assert row("new commit, 3 documents changed (edited, added, renamed)", server) in text


def test_every_request_names_a_commit_and_never_the_branch(
    repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    source = make_source(server)
    snapshot = listing(source)
    for document in snapshot.documents:
        source.fetch(document, tmp_path / "copy")
    queries = [parse_qs(urlsplit(seen.what).query) for seen in server.seen]
    refs = [query.get("ref", query.get("ref_name")) for query in queries]
    assert refs.count([snapshot.commit]) == len(refs) - 2
    assert refs.count(None) == 2, "the project and the branch"


def row(name: str, server: GitlabServer) -> str:
    """A line of the documentation's table; the server begins to count anew."""
    counts = server.counts()
    server.seen.clear()
    kinds = [counts.pop(kind, 0) for kind in ("project", "branch", "tree", "file", "commits", "raw")]
    assert not counts, "kinds of requests that the table does not have"
    return f"| {name} | {' | '.join(map(str, (*kinds, sum(kinds))))} |"


def test_facts_of_another_project_are_not_taken_over(repository: GitRepository, server: GitlabServer) -> None:
    foreign = listing(make_source(server)).model_copy(update={"project": "12"})
    server.seen.clear()
    listing(make_source(server, previous=lambda: foreign))
    assert server.counts()["file"] == 2


def test_connections_are_kept_and_a_forked_process_opens_its_own(
    repository: GitRepository, server: GitlabServer
) -> None:
    source = make_source(server)
    head = source.head()
    assert len({seen.port for seen in server.seen}) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if len(source.files(head)) == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(source.files(head)) == 2
    ports = [seen.port for seen in server.seen]
    assert ports[0] == ports[1] == ports[-1] == ports[-2]
    assert ports[2] == ports[3] != ports[0]


# -- what may pass --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["429", "500", "502", "reset", "truncated", "maintenance"])
def test_a_passing_fault_is_outlived(
    repository: GitRepository, server: GitlabServer, kind: str, waits_s: list[float]
) -> None:
    expected = listing(make_source(server))
    for on in ("/branches/", "/tree", "/files/", "/commits", "/projects/nic"):
        server.faults.append(Fault(kind, on=on, times=2))
    assert listing(make_source(server)) == expected
    assert server.faults == []
    assert waits_s


@pytest.mark.parametrize("kind", ["500", "502", "reset", "maintenance"])
def test_a_lasting_fault_is_given_up_after_bounded_attempts(
    repository: GitRepository, server: GitlabServer, kind: str, waits_s: list[float]
) -> None:
    server.faults.append(Fault(kind, times=1000))
    with pytest.raises(TransientError, match="GitLab") as caught:
        make_source(server).head()
    assert caught.value.code is ErrorCode.SOURCE_UNREACHABLE
    assert len(server.seen) == client.RETRIES.attempts
    assert sum(waits_s) < 60
    assert ("maintenance" in str(caught.value)) == (kind == "maintenance")


def test_too_many_requests_use_up_no_attempt(
    repository: GitRepository, server: GitlabServer, waits_s: list[float]
) -> None:
    server.faults.append(Fault("429", on="/branches/", times=4 * client.RETRIES.attempts))
    assert make_source(server).head() == repository.resolve("main")


@pytest.mark.parametrize("asked", ["60", "0"])
def test_too_many_requests_for_ever_are_given_up(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch, waits_s: list[float], asked: str
) -> None:
    retry_after(monkeypatch, client)
    server.faults.append(Fault("429", times=1000, headers={"retry-after": asked}))
    with pytest.raises(TransientError, match="429") as caught:
        make_source(server).head()
    assert caught.value.code is ErrorCode.SOURCE_UNREACHABLE
    assert len(server.seen) <= client.RETRIES.patience_s + 1


def test_a_wait_that_gitlab_asks_for_is_said_once_for_all_requests(
    repository: GitRepository, server: GitlabServer, waits_s: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    repository.write_many({f"{FOLDER}/{n}.md": b"# x %d\n" % n for n in range(20)})
    repository.commit()
    caplog.set_level(logging.INFO, "pipeline")
    server.faults.append(Fault("429", on="/commits", times=30, headers={"retry-after": "30"}))
    assert len(listing(make_source(server)).documents) == 22
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert [line for line in said if "429" in line or "wait" in line] == ["GitLab asks to wait 30 s; all requests wait"]


def in_s(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "least_s", "most_s"),
    [
        ("7", 7, 8),
        (40, 30, 45),
        ("86400", 60, 67),
        (86400, 60, 67),
        (-3600, 0, 1),
        ("soon", 0, 1),
        ("-5", 0, 1),
        ("", 0, 1),
        ("9" * 400, 60, 67),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60, 67),
        ("Fri, 31 Dec 99999 23:59:59 +9999", 0, 1),
    ],
    ids=[
        *("seconds", "date", "a day", "a day, as a date", "a past date", "words", "negative", "empty"),
        *("four hundred digits", "the end of the calendar", "beyond it"),
    ],
)
def test_retry_after_is_obeyed_in_every_form_within_bounds(  # noqa: PLR0917
    repository: GitRepository,
    server: GitlabServer,
    waits_s: list[float],
    retry_after: str | int,
    least_s: float,
    most_s: float,
) -> None:
    asked = in_s(retry_after) if isinstance(retry_after, int) else retry_after
    server.faults.append(Fault("429", on="/branches/", headers={"retry-after": asked}))
    make_source(server).head()
    assert least_s <= max(waits_s) <= most_s


def test_an_exhausted_quota_is_waited_for_before_the_next_request(
    repository: GitRepository, server: GitlabServer, waits_s: list[float]
) -> None:
    reset = str(int(datetime.now(UTC).timestamp()) + 30)
    server.faults.append(Fault("404", on="/branches/", headers={"ratelimit-remaining": "0", "ratelimit-reset": reset}))
    source = make_source(server)
    with pytest.raises(ConfigurationError):
        source.head()
    assert waits_s == []
    source.head()
    assert 25 < waits_s[0] < 34


def test_an_answer_that_trickles_in_is_given_up(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.gitlab.client._ANSWER_S", 0.1)
    retry_after(monkeypatch, client)
    server.faults.append(Fault("slow", on="/projects/", times=1000))
    with pytest.raises(TransientError, match="slowly"):
        make_source(server).head()


# -- what a person must mend ----------------------------------------------------------------------------------------


def refusal(server: GitlabServer, **gitlab: object) -> str:
    """What a person reads when the listing cannot be had; it is said at once, not after retries."""
    settings = {"url": server.url, "project": server.path, **gitlab}
    with pytest.raises(ConfigurationError) as caught:
        listing(GitlabSource(GitlabSettings.model_validate(settings), SourceSettings()))
    return str(caught.value)


def test_a_wrong_token_is_named(server: GitlabServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "another")
    assert "GITLAB_TOKEN" in refusal(server)
    assert len(server.seen) == 1


def test_an_expired_token_is_named(server: GitlabServer) -> None:
    server.tokens[TOKEN] = Token(expires_at="2020-01-01")
    assert "expired" in refusal(server)


def test_a_token_without_read_api_is_told_which_scope_it_lacks(server: GitlabServer) -> None:
    server.tokens[TOKEN] = Token(scopes=("read_repository",))
    assert "read_api" in refusal(server)
    assert "lacks the scope" in refusal(server)


def test_a_token_whose_user_may_not_read_is_told_which_role_it_lacks(server: GitlabServer) -> None:
    server.faults.append(Fault("403", on="/tree"))
    assert "Reporter" in refusal(server)


def test_a_project_that_is_missing_or_hidden_names_its_setting(server: GitlabServer) -> None:
    assert "GITLAB_PROJECT" in refusal(server, project="nic/nada")


def test_no_token_at_all_names_its_setting(server: GitlabServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITLAB_TOKEN")
    assert "GITLAB_TOKEN" in refusal(server)


def test_an_unknown_branch_names_its_setting_and_the_default(server: GitlabServer) -> None:
    message = refusal(server, branch="mestre")
    assert "GITLAB_BRANCH" in message
    assert "'main'" in message


def test_an_unknown_commit_is_an_error_and_no_empty_listing(server: GitlabServer) -> None:
    with pytest.raises(ConfigurationError, match="commit 111111111111"):
        make_source(server).snapshot("1" * 40)


def test_a_web_page_in_the_place_of_json_names_the_address(server: GitlabServer) -> None:
    server.faults.append(Fault("html", on="/projects/"))
    assert "GITLAB_URL answers with a web page" in refusal(server)


def test_the_address_of_a_project_in_the_place_of_the_servers_is_named(server: GitlabServer) -> None:
    assert "GITLAB_URL answers with a web page" in refusal(server, url=f"{server.url}/nic/documentos")


@pytest.mark.parametrize("missing", ["url", "project"])
def test_a_setting_that_is_missing_is_named(server: GitlabServer, missing: str) -> None:
    assert f"GITLAB_{missing.upper()}" in refusal(server, **{missing: ""})


ADDRESSES = [
    *("gitlab.example.org", "ftp://gitlab.example.org", "https://ana:senha@gitlab.example.org", "https://[::1"),
    "https://gitlab.example.org/api/v4/",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_cannot_work_is_refused_without_a_request(server: GitlabServer, url: str) -> None:
    assert "GITLAB_URL" in refusal(server, url=url)
    assert server.seen == []


def test_a_branch_with_a_slash_is_followed(repository: GitRepository, server: GitlabServer) -> None:
    sha = repository.commit(branch="docs/próxima-versão")
    source = make_source(server)
    source.gitlab = source.gitlab.model_copy(update={"branch": "docs/próxima-versão"})
    assert source.head() == sha


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command = ["openssl", "req", "-x509", *curve, *subject, "-keyout", str(files[1]), "-out", str(files[0])]
    subprocess.run(command, check=True, capture_output=True)
    return files


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
@pytest.mark.usefixtures("lax_environment")
def test_a_private_authority_is_trusted_only_when_it_is_named(
    repository: GitRepository, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    with GitlabServer(repository, certificate) as server:
        assert "GITLAB_CA_FILE" in refusal(server)
        assert server.seen == []
        assert "GITLAB_CA_FILE" in refusal(server, ca_file=tmp_path / "none.pem")
        settings = GitlabSettings(url=server.url, project=server.path, ca_file=certificate[0])
        assert len(listing(GitlabSource(settings, SourceSettings())).documents) == 2
