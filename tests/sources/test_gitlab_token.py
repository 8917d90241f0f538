"""The token opens GitLab and shows nowhere else: not to another host, not in a message, a log line or an object."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.settings.sections import GitlabSettings, SourceSettings
from pipeline.sources.gitlab import GitlabSource
from tests.sources.gitlab import FOLDER, listing, make_source
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import ROTATION, TOKEN, Fault, GitlabServer


def test_the_token_is_sent_with_every_request_and_read_when_it_is_needed(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(server)
    monkeypatch.setenv("GITLAB_TOKEN", f"{TOKEN}\n")
    listing(source)
    assert {seen.token for seen in server.seen} == {TOKEN}


def test_a_redirect_to_another_host_is_refused_and_gets_no_token(
    repository: GitRepository, server: GitlabServer
) -> None:
    with GitlabServer(repository) as other:
        server.faults.append(Fault("redirect", on="/tree", headers={"location": f"{other.url}/api/v4/elsewhere"}))
        with pytest.raises(ConfigurationError, match="redirects to http://127"):
            listing(make_source(server))
        assert other.seen == []


def test_lfs_content_in_an_object_store_is_fetched_without_the_token(
    repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    content = b"%PDF" * 1000
    oid = repository.pointer(f"{FOLDER}/manual.pdf", content)
    repository.commit()
    with GitlabServer(repository) as store:
        store.lfs[oid] = server.lfs[oid] = content
        server.object_store = store.url
        source = make_source(server)
        document = next(found for found in listing(source).documents if found.extension == "pdf")
        source.fetch(document, tmp_path / "copy")
        assert [seen.token for seen in store.seen] == [None]
    assert (tmp_path / "copy").read_bytes() == content


def test_an_object_stores_refusal_is_not_read_as_gitlabs(
    repository: GitRepository, server: GitlabServer, tmp_path: Path, waits_s: list[float]
) -> None:
    oid = repository.pointer(f"{FOLDER}/manual.pdf", b"%PDF" * 1000)
    repository.commit()
    with GitlabServer(repository) as store:
        store.lfs[oid] = server.lfs[oid] = b"%PDF" * 1000
        store.faults.append(Fault("403", times=1))
        server.object_store = store.url
        source = make_source(server)
        document = next(found for found in listing(source).documents if found.extension == "pdf")
        source.fetch(document, tmp_path / "copy")
        assert len(store.seen) == 2


@pytest.mark.parametrize("url", ["http://gitlab.example.org", "http://10.0.0.7", "http://localhost.example.org"])
def test_a_token_is_not_sent_unencrypted_to_another_machine(
    repository: GitRepository, server: GitlabServer, url: str
) -> None:
    with pytest.raises(ConfigurationError, match="https GITLAB_URL"):
        GitlabSource(GitlabSettings(url=url, project="a/b"), SourceSettings())


def test_a_token_with_characters_that_no_header_may_have_is_named_and_not_shown(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "a\nb" + TOKEN)
    with pytest.raises(ConfigurationError, match="GITLAB_TOKEN") as caught:
        make_source(server)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_netrc_file_is_not_asked(
    repository: GitRepository, server: GitlabServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ana password outra-senha\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    source = make_source(server)
    prepared = source.client._gitlab.session
    assert prepared.trust_env, "else proxies of the environment are not used"
    listing(source)
    assert {seen.basic for seen in server.seen} == {None}


def test_the_token_is_in_no_log_line_no_message_and_no_object(
    repository: GitRepository,
    server: GitlabServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    waits_s: list[float],
) -> None:
    caplog.set_level(logging.DEBUG)
    source = make_source(server)
    shown = [repr(source), repr(vars(source))]
    document = listing(source).documents[0]
    kinds = [*ROTATION, "401", "403", "404", "400", "409", "html", "maintenance", "redirect", "damaged"]
    for kind in kinds:
        for attempt in (lambda: make_source(server).head(), lambda: source.fetch(document, tmp_path / "copy")):
            server.faults.append(Fault(kind, times=1000, headers={"location": "http://example.org/"}))
            try:
                attempt()
            except PipelineError as error:
                shown += traceback.format_exception(error)
            server.faults.clear()
    shown += [repr(vars(part)) for part in (source.client, source.client._gitlab, source.client._gitlab.session)]
    assert len(shown) > 3 * len(kinds)
    assert len(caplog.records) > 100
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(shown)
