"""The GitLab source lists everything or says that it cannot, whatever the paging, the names and the pushes."""

from __future__ import annotations

import subprocess
import unicodedata
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.schema import document_id
from pipeline.sources.gitlab import GitlabSource
from pipeline.sources.selection import HIDDEN_FOLDER
from tests.sources.gitlab import FOLDER, listing, make_source
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import Fault, GitlabServer

LARGE = {f"{FOLDER}/área {n % 20:02}/pasta {n % 300:03}/documento {n:04}.md": f"# {n}\n".encode() for n in range(2000)}


@pytest.fixture
def large(repository: GitRepository) -> GitRepository:
    repository.write_many(LARGE)
    repository.commit()
    return repository


def paths(source: GitlabSource) -> list[str]:
    return [entry.path for entry in source.files(source.head())]


@pytest.mark.slow
@pytest.mark.parametrize("keyset", [True, False], ids=["keyset", "offset"])
@pytest.mark.parametrize("links", [True, False], ids=["Link", "no Link"])
def test_2000_documents_in_300_folders_list_completely_while_pushes_land_between_pages(
    large: GitRepository, server: GitlabServer, keyset: bool, links: bool
) -> None:
    server.keyset, server.links = keyset, links
    pinned = make_source(server)
    expected = sorted([*LARGE, f"{FOLDER}/Normas/férias.md", f"{FOLDER}/viagens.txt"])
    assert pinned.head() == large.resolve("main")
    pushed: list[str] = []

    def push() -> None:
        if len(pushed) < 5:
            large.write(f"{FOLDER}/0 novo {len(pushed)}.md", "# novo\n")
            large.remove(expected[len(pushed)])
            pushed.append(large.commit("push between pages"))

    server.before_tree = push
    assert paths(pinned) == expected
    assert pushed[-1] == large.resolve("main") != pinned.head()
    pages = 1 + -(-(len(expected) + 321) // 100)  # the parent's, and those of all files and folders
    assert server.counts()["tree"] == pages or (keyset and not links), "every folder is listed for itself only then"


def test_a_listing_that_ends_early_is_completed_folder_by_folder(large: GitRepository, server: GitlabServer) -> None:
    server.edit_pages = lambda rows, query: rows[:700] if query["recursive"] == "true" else rows
    assert set(LARGE) <= set(paths(make_source(server)))


@pytest.mark.parametrize("kept", [0, 1])
def test_a_listing_that_cannot_be_completed_is_an_error_and_never_a_part(
    repository: GitRepository, server: GitlabServer, kept: int
) -> None:
    server.edit_pages = lambda rows, query: rows[:kept] if query.get("path") else rows
    with pytest.raises(TransientError, match="not the whole folder") as caught:
        paths(make_source(server))
    assert caught.value.code is ErrorCode.SOURCE_INCOMPLETE


@pytest.mark.parametrize("recursive", ["true", "false"])
def test_a_root_that_is_listed_in_part_is_an_error(
    repository: GitRepository, server: GitlabServer, recursive: str
) -> None:
    """Of the root itself GitLab gives no hash."""
    whole = paths(make_source(server, target_folder=""))
    assert f"{FOLDER}/viagens.txt" in whole and "rascunho.md" in whole
    server.edit_pages = lambda rows, query: (
        [row for row in rows if row["path"] != "rascunho.md"] if query["recursive"] == recursive else rows
    )
    with pytest.raises(TransientError, match="not the whole folder") as caught:
        paths(make_source(server, target_folder=""))
    assert caught.value.code is ErrorCode.SOURCE_INCOMPLETE


@pytest.mark.parametrize("header", ["x-next-page", "link"])
@pytest.mark.parametrize("said", ["", "1", "7", "-1", "soon"])
def test_a_next_page_that_is_a_lie_skips_nothing_unnoticed(
    repository: GitRepository, server: GitlabServer, header: str, said: str, waits_s: list[float]
) -> None:
    """Whatever leads from page to page, each folder's hash proves its listing."""
    repository.write_many({f"{FOLDER}/Atas/{n}.md": b"# %d\n" % n for n in range(230)})
    repository.commit()
    source = make_source(server)
    expected = paths(source)
    assert len(expected) == 232
    server.keyset, server.links = False, header == "link"
    lie = said if header == "x-next-page" else f'<{server.url}/api/v4/x?page={said}>; rel="next"'
    server.rewrite_headers = lambda query: {header: lie} if query.get("recursive") == "true" else {}
    try:
        assert paths(source) == expected
    except TransientError as error:
        assert error.code in (ErrorCode.SOURCE_INCOMPLETE, ErrorCode.SOURCE_UNREACHABLE)


def test_an_entry_that_gitlab_changes_or_invents_is_an_error(repository: GitRepository, server: GitlabServer) -> None:
    invented = {"id": "1" * 40, "name": "z.md", "path": f"{FOLDER}/z.md", "type": "blob", "mode": "100644"}
    server.edit_pages = lambda rows, query: [*rows, invented] if query.get("path") else rows
    with pytest.raises(TransientError):
        paths(make_source(server))


def test_pages_that_lead_in_a_circle_are_an_error(repository: GitRepository, server: GitlabServer) -> None:
    source = make_source(server)
    source.head()
    link = f'<{server.url}/api/v4/projects/4711/repository/tree?page_token=x>; rel="next"'
    server.faults.append(Fault("empty", on="recursive=true", times=20, headers={"link": link}))
    with pytest.raises(TransientError, match="circle"):
        paths(source)


def test_a_page_that_comes_again_and_again_is_an_error(large: GitRepository, server: GitlabServer) -> None:
    source = make_source(server)
    source.head()
    server.repeats = 40
    with pytest.raises(TransientError, match="again and again"):
        paths(source)
    assert server.repeats > 35


NAMES = [
    *("com espaço.md", "ação.md", unicodedata.normalize("NFD", "ação.md"), "🎉.md", "duas\nlinhas.md", "x,y%2C.md"),
    *("100% certo + seguro?.md", "a..b.md", "pasta\\..\\fora.md", "#1 [rascunho]*.md", "%252e.md", "-x.md", " x.md"),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_kind_are_listed_as_they_are_and_read(
    repository: GitRepository, server: GitlabServer, tmp_path: Path, name: str
) -> None:
    repository.write(f"{FOLDER}/{name}", f"content of {name}")
    repository.commit()
    source = make_source(server)
    document = next(document for document in listing(source).documents if document.path == f"{FOLDER}/{name}")
    source.fetch(document, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == f"content of {name}"
    assert document.author == "Ana Lima"


def test_a_name_that_is_not_utf8_costs_that_file_alone(repository: GitRepository, server: GitlabServer) -> None:
    repository.write(f"{FOLDER}/caf\xe9.md".encode("latin-1"), "x")
    repository.commit()
    found = listing(make_source(server))
    assert [skipped.path for skipped in found.skipped] == [f"{FOLDER}/café.md"]
    assert "UTF-8" in found.skipped[0].reason
    assert len(found.documents) == 2


def test_submodules_links_and_other_formats_are_skipped_and_reported(
    repository: GitRepository, server: GitlabServer
) -> None:
    repository.submodule(f"{FOLDER}/outro.md", "1" * 40)
    repository.link(f"{FOLDER}/link.md", "viagens.txt")
    repository.write(f"{FOLDER}/x.zip", b"PK")
    repository.write(f"{FOLDER}/~$x.docx", b"PK")
    repository.commit()
    found = listing(make_source(server))
    reasons = {Path(skipped.path).name: skipped.reason for skipped in found.skipped}
    assert "submodule" in reasons["outro.md"]
    assert "links" in reasons["link.md"]
    assert "unsupported format .zip" in reasons["x.zip"]
    assert "temporary" in reasons["~$x.docx"]
    assert len(found.documents) == 2


def test_only_the_target_folder_is_read_and_it_may_lie_deeper(repository: GitRepository, server: GitlabServer) -> None:
    repository.write(f"{FOLDER} antigo/x.md", "old")
    repository.commit()
    assert paths(make_source(server)) == [f"{FOLDER}/Normas/férias.md", f"{FOLDER}/viagens.txt"]
    assert paths(make_source(server, target_folder=f"/{FOLDER}/Normas/")) == [f"{FOLDER}/Normas/férias.md"]


@pytest.mark.parametrize("old_version", [True, False])
@pytest.mark.parametrize("folder", ["40-Outros", "40-Outros/Normas", f"{FOLDER}/viagens.txt"])
def test_a_missing_folder_is_an_error_that_says_what_to_check(
    repository: GitRepository, server: GitlabServer, folder: str, old_version: bool
) -> None:
    server.empty_for_missing_folders = old_version
    with pytest.raises(ConfigurationError, match="NIC_TARGET_FOLDER"):
        paths(make_source(server, target_folder=folder))


def test_a_renamed_project_is_found_and_keeps_its_document_ids(repository: GitRepository, server: GitlabServer) -> None:
    before = listing(make_source(server))
    server.former_paths.add(server.path)
    old_name = make_source(server)
    server.path = "nic/novo-nome"
    after = listing(old_name)
    ids = [document.document_id for document in after.documents]
    assert ids == [document.document_id for document in before.documents]
    assert ids[0] == document_id("4711", f"{FOLDER}/Normas/férias.md")
    assert [document.url for document in after.documents] != [document.url for document in before.documents]


def test_a_project_may_be_named_by_its_number(repository: GitRepository, server: GitlabServer) -> None:
    by_number = make_source(server)
    by_number.gitlab = by_number.gitlab.model_copy(update={"project": "4711"})
    assert listing(by_number) == listing(make_source(server))


def test_the_facts_of_a_document_are_those_of_git(repository: GitRepository, server: GitlabServer) -> None:
    repository.write(f"{FOLDER}/viagens.txt", "Viagens são pagas em vinte dias.\n")
    edited = repository.commit(author="Bia Souza")
    repository.write(f"{FOLDER}/outra.md", "# outra\n")
    repository.commit()
    found = {Path(document.path).name: document for document in listing(make_source(server)).documents}
    document = found["viagens.txt"]
    assert (document.author, document.commit) == ("Bia Souza", edited)
    assert document.modified_date and document.created_date
    assert (document.modified_date - document.created_date).total_seconds() == 3600
    assert document.blob_sha == repository.resolve(f"main:{FOLDER}/viagens.txt")
    assert document.size_bytes == len("Viagens são pagas em vinte dias.\n".encode())
    assert document.url == f"{server.url}/{server.path}/-/blob/{edited}/{FOLDER}/viagens.txt"


def test_what_gitlab_says_of_another_file_is_not_believed(repository: GitRepository, server: GitlabServer) -> None:
    """A proxy that rewrites paths can lead a question to another file."""
    expected = listing(make_source(server))
    other = {"x-gitlab-size": "7", "x-gitlab-blob-id": "1" * 40}
    server.faults.append(Fault("200", on="HEAD /", times=2, headers=other))
    assert listing(make_source(server)) == expected
    assert server.faults == []


def test_a_folders_hash_is_gits(repository: GitRepository, server: GitlabServer, tmp_path: Path) -> None:
    """The proof of completeness stands and falls with it; sorting of folders beside files is its difficult part."""
    for name in ("a.md", "a/b.md", "a-b/c.md", "a0/d.md", "é/f.md"):
        repository.write(f"{FOLDER}/{name}", name)
    repository.commit()
    recursive_only = len(server.seen)
    assert len(paths(make_source(server))) == 7
    trees = [seen.what for seen in server.seen[recursive_only:] if "/tree" in seen.what]
    assert len(trees) == 2, "a folder that does not agree with its hash would have been listed again"
    assert subprocess.run(["git", "-C", str(repository.root), "fsck"], check=False).returncode == 0


def test_a_large_folder_that_cannot_be_proven_is_refused_in_seconds(
    repository: GitRepository, server: GitlabServer
) -> None:
    """Looking for names that are not UTF-8 among a thousand with accents could go on for hours."""
    repository.write_many({f"{FOLDER}/Atas/reunião {n}.md": b"# %d\n" % n for n in range(1000)})
    repository.commit()
    server.edit_pages = lambda rows, query: [row for row in rows if not row["path"].endswith("999.md")]
    with pytest.raises(TransientError, match="Atas"):
        paths(make_source(server))


def test_hidden_folders_are_skipped_as_a_whole_and_listed(repository: GitRepository, server: GitlabServer) -> None:
    for name in (".stversions/a.md", ".stversions/b/c.md", "Normas/@eaDir/d.md"):
        repository.write(f"{FOLDER}/{name}", "# x\n")
    repository.commit()
    source = make_source(server)
    found = source.snapshot(source.head())
    assert not [document.path for document in found.documents if "@" in document.path or ".st" in document.path]
    assert [(file.path, file.reason) for file in found.skipped] == [
        (f"{FOLDER}/.stversions", HIDDEN_FOLDER),
        (f"{FOLDER}/Normas/@eaDir", HIDDEN_FOLDER),
    ]
