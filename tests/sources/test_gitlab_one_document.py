"""What GitLab does not give or tell of one document costs that document alone; a refused token stops everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, Severity, TransientError, severity
from pipeline.schema import Document
from pipeline.sources.gitlab import client
from pipeline.sources.gitlab.facts import NO_HISTORY, NO_SIZE, OUTSIDE_CALENDAR
from tests.sources.gitlab import FOLDER, listing, make_source
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import TOKEN, Fault, GitlabServer, Token

LOST = f"{FOLDER}/manual.pdf"
FOR_EVER = 10_000


def document(server: GitlabServer, path: str = f"{FOLDER}/viagens.txt") -> Document:
    return next(found for found in listing(make_source(server)).documents if found.path == path)


def withhold(server: GitlabServer, of: Document, kind: str, **headers: str) -> None:
    """Every way to the content of this document answers so."""
    for on in (f"{Path(of.path).name}/raw", f"blobs/{of.blob_sha}"):
        server.faults.append(Fault(kind, on=on, times=FOR_EVER, headers=headers))


@pytest.mark.parametrize("kind", ["403", "404", "400", "405", "410", "451", "waf", "redirect"])
def test_a_content_that_is_refused_quarantines_that_document_and_says_so(
    server: GitlabServer, tmp_path: Path, kind: str, waits_s: list[float]
) -> None:
    refused = document(server)
    withhold(server, refused, kind, location="http://example.org/elsewhere")
    source = make_source(server)
    with pytest.raises(PermanentError, match="gives other documents, but not this one") as caught:
        source.fetch(refused, tmp_path / "out" / "copy")
    assert caught.value.code is ErrorCode.WITHHELD
    assert severity(caught.value) is Severity.PERMANENT
    assert waits_s == [], "it is said at once"
    assert list((tmp_path / "out").iterdir()) == []
    source.fetch(document(server, f"{FOLDER}/Normas/férias.md"), tmp_path / "other")


@pytest.mark.parametrize("kind", ["500", "truncated", "too long", "too short", "damaged", "html", "foreign", "429"])
def test_a_content_that_never_comes_whole_fails_that_document_for_this_run(
    server: GitlabServer, tmp_path: Path, kind: str, waits_s: list[float]
) -> None:
    broken = document(server)
    withhold(server, broken, kind)
    with pytest.raises(TransientError) as caught:
        make_source(server).fetch(broken, tmp_path / "out" / "copy")
    assert caught.value.code is ErrorCode.UNREADABLE
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("way", ["every file", "the repository", "the scope", "the token"])
def test_a_token_that_reads_nothing_stops_everything(server: GitlabServer, tmp_path: Path, way: str) -> None:
    source, any_document = make_source(server), document(server)
    _ = source.project
    if way == "the token":
        server.tokens.clear()
    elif way == "the scope":
        server.tokens[TOKEN] = Token(scopes=("read_user",))
    else:
        server.faults.append(Fault("403", on="/repository", times=FOR_EVER))
    with pytest.raises(ConfigurationError, match="GITLAB_TOKEN") as caught:
        source.fetch(any_document, tmp_path / "copy")
    assert severity(caught.value) is Severity.RUN


@pytest.mark.parametrize("kind", ["403", "500"])
def test_when_very_many_documents_in_a_row_are_not_given_it_is_gitlab(
    server: GitlabServer, tmp_path: Path, kind: str, waits_s: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.gitlab.source._MOST_NOT_GIVEN", 3)
    source, found = make_source(server), listing(make_source(server)).documents
    server.faults.append(Fault(kind, on="/raw", times=FOR_EVER))
    for number in range(4):
        with pytest.raises((PermanentError, TransientError)) as caught:
            source.fetch(found[number % 2], tmp_path / "copy")
        assert (caught.value.code is ErrorCode.SOURCE_UNREACHABLE) == (number == 3)
    assert severity(caught.value) is Severity.RUN
    server.faults.clear()
    source.fetch(found[0], tmp_path / "copy")
    withhold(server, found[1], kind)
    with pytest.raises((PermanentError, TransientError)) as caught:
        source.fetch(found[1], tmp_path / "copy")
    assert severity(caught.value) is not Severity.RUN, "one that was given begins the count anew"


def test_when_very_many_facts_are_not_answered_the_listing_ends(
    repository: GitRepository, server: GitlabServer, waits_s: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.gitlab.facts._MOST_UNANSWERED", 5)
    repository.write_many({f"{FOLDER}/{n}.md": b"# x %d\n" % n for n in range(9)})
    repository.commit()
    server.faults.append(Fault("500", on="/commits", times=FOR_EVER))
    with pytest.raises(TransientError) as caught:
        listing(make_source(server))
    assert caught.value.code is ErrorCode.SOURCE_UNREACHABLE


# -- Git LFS --------------------------------------------------------------------------------------------------------


def lying_pointer(repository: GitRepository, content: bytes, size_bytes: int) -> str:
    oid = repository.pointer(LOST, content)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size_bytes}\n"
    repository.write(LOST, pointer)
    repository.commit()
    return oid


@pytest.mark.parametrize("is_there", [True, False], ids=["object there", "object lost"])
@pytest.mark.parametrize("said", [0, 4, 3999, 4001, 99_000_000])
def test_a_pointer_that_lies_about_its_size_is_missing_at_once(  # noqa: PLR0917
    repository: GitRepository, server: GitlabServer, tmp_path: Path, said: int, is_there: bool, waits_s: list[float]
) -> None:
    oid = lying_pointer(repository, b"%PDF" * 1000, said)
    if is_there:
        server.lfs[oid] = b"%PDF" * 1000
    with pytest.raises(PermanentError) as caught:
        make_source(server).fetch(document(server, LOST), tmp_path / "copy")
    assert caught.value.code is ErrorCode.LFS_MISSING
    assert waits_s == []
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("status", ["404", "410"])
def test_a_content_that_the_object_store_has_lost_is_missing_at_once(
    repository: GitRepository, server: GitlabServer, tmp_path: Path, status: str, waits_s: list[float]
) -> None:
    oid = repository.pointer(LOST, b"%PDF" * 1000)
    repository.commit()
    with GitlabServer(repository) as store:
        server.lfs[oid] = b"%PDF" * 1000
        server.object_store = store.url
        store.faults.append(Fault(status, times=FOR_EVER))
        with pytest.raises(PermanentError) as caught:
            make_source(server).fetch(document(server, LOST), tmp_path / "copy")
    assert caught.value.code is ErrorCode.LFS_MISSING
    assert waits_s == []


def test_an_object_that_is_refused_is_withheld_and_not_missing(
    repository: GitRepository, server: GitlabServer, tmp_path: Path
) -> None:
    server.lfs[repository.pointer(LOST, b"%PDF" * 1000)] = b"%PDF" * 1000
    repository.commit()
    found = document(server, LOST)
    server.faults.append(Fault("403", on="manual.pdf/raw", times=FOR_EVER))
    with pytest.raises(PermanentError) as caught:
        make_source(server).fetch(found, tmp_path / "copy")
    assert caught.value.code is ErrorCode.WITHHELD


# -- facts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["403", "404", "410", "waf", "500", "html", "foreign"])
def test_facts_that_gitlab_does_not_tell_are_left_out_with_a_warning_and_asked_again(
    server: GitlabServer, tmp_path: Path, kind: str, waits_s: list[float]
) -> None:
    expected = listing(make_source(server))
    whole = document(server)
    name = "30-Aprovados%2Fviagens.txt"
    for on in (f"files/{name}?", f"blobs/{whole.blob_sha}", f"commits?ref_name={expected.commit}&path={name}"):
        server.faults.append(Fault(kind, on=on, times=99))
    found = listing(make_source(server))
    poor = next(each for each in found.documents if each.path == whole.path)
    assert [each for each in found.documents if each != poor] == [each for each in expected.documents if each != whole]
    assert poor.warnings == (NO_SIZE, NO_HISTORY)
    server.faults.clear()
    make_source(server).fetch(poor, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == "Viagens são pagas em quinze dias.\n".encode()
    assert listing(make_source(server, previous=lambda: found)) == expected


def test_a_size_that_is_asked_for_late_still_meets_the_limit(server: GitlabServer, tmp_path: Path) -> None:
    unknown = document(server).model_copy(update={"size_bytes": 0})
    with pytest.raises(PermanentError) as caught:
        make_source(server, max_file_size_mb=0.00001).fetch(unknown, tmp_path / "copy")
    assert caught.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize("date", ["292277026596-12-04T15:30:07Z", "0001-01-01T00:00:00+05:00", "ontem", 7e30])
def test_a_date_outside_the_calendar_is_left_out(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch, date: object
) -> None:
    row = {"id": repository.resolve("main"), "author_name": "Ana Lima", "authored_date": date}
    monkeypatch.setattr(repository, "history", lambda commit, path: [row])
    found = document(server)
    assert (found.author, found.modified_date, found.created_date) == ("Ana Lima", None, None)
    assert found.warnings == (OUTSIDE_CALENDAR,)


def test_a_commit_without_an_author_has_none(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"id": repository.resolve("main"), "author_name": None, "authored_date": "2024-05-06T07:08:09Z"}
    monkeypatch.setattr(repository, "history", lambda commit, path: [row])
    assert document(server).author is None


def test_an_author_that_is_half_a_character_stops_nothing(
    repository: GitRepository, server: GitlabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"id": repository.resolve("main"), "author_name": "Ana \ud83d", "authored_date": "2024-05-06T07:08:09Z"}
    monkeypatch.setattr(repository, "history", lambda commit, path: [row])
    assert document(server).model_dump(mode="json")["author"] == "Ana \ufffd"


@pytest.mark.parametrize("on", ["/projects/nic", "/branches/", "/tree"])
def test_an_answer_of_another_form_stops_the_run_and_names_the_address(
    server: GitlabServer, on: str, waits_s: list[float]
) -> None:
    server.faults.append(Fault("foreign", on=on, times=FOR_EVER))
    with pytest.raises(ConfigurationError, match="GITLAB_URL answers otherwise than GitLab's API"):
        listing(make_source(server))


def test_rate_limits_of_one_document_end(
    server: GitlabServer, tmp_path: Path, waits_s: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All waits of a request together are bounded, whatever the server asks for."""
    found = document(server)
    withhold(server, found, "429", **{"retry-after": "100000"})
    with pytest.raises(TransientError) as caught:
        make_source(server).fetch(found, tmp_path / "copy")
    assert caught.value.code is ErrorCode.UNREADABLE
    assert sum(waits_s) < 4 * client.RETRIES.patience_s
