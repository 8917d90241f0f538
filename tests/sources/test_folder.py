"""The folder source lists everything once, names it as git does, and never trusts a changed file."""

import os
import shutil
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from pipeline.schema import Snapshot
from pipeline.settings.sections import SourceSettings
from pipeline.sources.folder import OUTSIDE_CALENDAR, SHALLOW, FolderSource
from pipeline.sources.git import moment
from pipeline.sources.git_objects import blob_sha
from pipeline.sources.selection import HIDDEN_FOLDER
from tests.conftest import Workspace

FOLDER = "30-Aprovados"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / FOLDER / "Normas").mkdir(parents=True)
    (tmp_path / "root" / FOLDER / "Normas" / "a.md").write_text("# A\n")
    return tmp_path / "root"


def listing(root: Path, **settings: object) -> Snapshot:
    source = FolderSource(SourceSettings.model_validate({"folder_path": root, **settings}))
    return source.snapshot(source.head())


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ana Lima", "-c", "user.email=ana@example.org"]
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, message: str, date: str) -> str:
    git(root, "add", "-A")
    git(root, "-c", f"user.name={message}", "commit", "-qm", message, "--date", date)
    return git(root, "rev-parse", "HEAD")


def test_a_blob_is_named_as_git_names_it(root: Path) -> None:
    file = root / FOLDER / "Normas" / "a.md"
    assert blob_sha(file) == git(root, "hash-object", str(file))


NAMES = ["com espaço.md", "ação.md", unicodedata.normalize("NFD", "ação.md"), "🎉.md", "duas\nlinhas.md", "x,y%2C.md"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_kind_are_listed_as_they_are(root: Path, name: str, tmp_path: Path) -> None:
    (root / FOLDER / name).write_text("text")
    source = FolderSource(SourceSettings(folder_path=root))
    document = next(d for d in source.snapshot(source.head()).documents if d.path == f"{FOLDER}/{name}")
    source.fetch(document, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "text"


def test_nfc_and_nfd_names_are_two_documents(root: Path) -> None:
    for name in NAMES[1:3]:
        (root / FOLDER / name).write_text("text")
    ids = {document.document_id for document in listing(root).documents}
    assert len(ids) == 3


def test_other_files_are_skipped_and_reported(root: Path) -> None:
    (root / FOLDER / "x.zip").write_bytes(b"PK")
    (root / FOLDER / ".hidden.md").write_text("")
    (root / FOLDER / "~$lock.docx").write_text("")
    (root / FOLDER / "link.md").symlink_to(root / FOLDER / "Normas" / "a.md")
    (root / FOLDER / "folder-link").symlink_to(root / FOLDER / "Normas")
    (Path(str(root / FOLDER).encode().decode()) / "bad\udcff.md").write_text("")
    found = listing(root)
    assert [document.path for document in found.documents] == [f"{FOLDER}/Normas/a.md"]
    reasons = {Path(skipped.path).name: skipped.reason for skipped in found.skipped}
    assert "unsupported format .zip" in reasons["x.zip"]
    assert "links" in reasons["link.md"]
    assert "links" in reasons["folder-link"]
    assert "hidden" in reasons[".hidden.md"]
    assert "hidden" in reasons["~$lock.docx"]
    assert "UTF-8" in reasons["bad\\xff.md"]


def test_the_extension_is_read_in_any_case(root: Path) -> None:
    (root / FOLDER / "B.PDF").write_bytes(b"%PDF")
    assert [document.extension for document in listing(root).documents] == ["pdf", "md"]


def test_only_the_target_folder_is_read(root: Path) -> None:
    (root / "rascunho.md").write_text("draft")
    assert len(listing(root).documents) == 1


def test_a_missing_folder_says_which_settings_to_check(root: Path) -> None:
    with pytest.raises(ConfigurationError, match="NIC_FOLDER_PATH"):
        listing(root, target_folder="40-Outros")


def test_a_plain_folder_has_a_new_commit_when_anything_changes(root: Path) -> None:
    before = listing(root).commit
    assert listing(root).commit == before
    (root / FOLDER / "Normas" / "a.md").write_text("# B\n")
    assert listing(root).commit != before


def test_a_clean_checkout_has_its_commit_and_its_authors_and_dates(root: Path) -> None:
    git(root, "init", "-qb", "main")
    commit(root, "Ana", "2024-01-02T03:04:05+00:00")
    (root / FOLDER / "Normas" / "a.md").write_text("# A, revised\n")
    (root / FOLDER / "ação nova.md").write_text("# B\n")
    head = commit(root, "Bia", "2024-05-06T07:08:09-03:00")
    found = listing(root)
    revised, new = sorted(found.documents, key=lambda document: document.path)
    assert (found.commit, found.branch) == (head, "main")
    assert (revised.author, revised.commit) == ("Bia", head)
    assert revised.created_date and revised.created_date.isoformat() == "2024-01-02T03:04:05+00:00"
    assert revised.modified_date and revised.modified_date.isoformat() == "2024-05-06T10:08:09+00:00"
    assert new.created_date == new.modified_date == revised.modified_date
    assert revised.blob_sha == git(root, "rev-parse", f"HEAD:{revised.path}")


def test_uncommitted_changes_are_read_and_not_called_the_commit(root: Path) -> None:
    git(root, "init", "-qb", "main")
    head = commit(root, "Ana", "2024-01-02T03:04:05+00:00")
    (root / FOLDER / "novo.md").write_text("# novo\n")
    found = listing(root)
    assert found.commit != head
    assert len(found.documents) == 2


def test_a_file_over_the_limit_is_a_permanent_failure(root: Path, tmp_path: Path) -> None:
    source = FolderSource(SourceSettings(folder_path=root, max_file_size_mb=0.000001))
    (document,) = source.snapshot(source.head()).documents
    with pytest.raises(PermanentError, match="max_file_size_mb") as caught:
        source.fetch(document, tmp_path / "copy")
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_a_file_that_changed_meanwhile_is_not_taken(root: Path, tmp_path: Path) -> None:
    source = FolderSource(SourceSettings(folder_path=root))
    (document,) = source.snapshot(source.head()).documents
    (root / document.path).write_text("# Z\n")
    with pytest.raises(TransientError, match="changed"):
        source.fetch(document, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_file_that_vanished_is_a_transient_failure(root: Path, tmp_path: Path) -> None:
    source = FolderSource(SourceSettings(folder_path=root))
    (document,) = source.snapshot(source.head()).documents
    (root / document.path).unlink()
    with pytest.raises(TransientError):
        source.fetch(document, tmp_path / "copy")


@pytest.mark.parametrize("name", [".stversions", ".Trash-1000", "$RECYCLE.BIN", "@eaDir", ".git"])
def test_a_hidden_folder_is_skipped_as_a_whole_and_listed(root: Path, name: str) -> None:
    (root / FOLDER / "Normas" / name / "x").mkdir(parents=True)
    (root / FOLDER / "Normas" / name / "x" / "b.md").write_text("# B")
    found = listing(root)
    assert [document.path for document in found.documents] == [f"{FOLDER}/Normas/a.md"]
    assert [(file.path, file.reason) for file in found.skipped] == [(f"{FOLDER}/Normas/{name}", HIDDEN_FOLDER)]


@pytest.mark.parametrize("name", ["p.md", "p.pdf", "p.docx"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_lfs_pointer_in_a_folder_is_no_document(root: Path, name: str, line_end: str, tmp_path: Path) -> None:
    lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{'b' * 64}", "size 12345", "")
    (root / FOLDER / name).write_text(line_end.join(lines), newline="")
    source = FolderSource(SourceSettings(folder_path=root))
    pointer = next(document for document in source.snapshot(source.head()).documents if document.path.endswith(name))
    with pytest.raises(PermanentError, match="git lfs pull") as caught:
        source.fetch(pointer, tmp_path / "copy")
    assert caught.value.code is ErrorCode.LFS_MISSING
    assert not (tmp_path / "copy").exists()


def shallow_clone(root: Path, depth: int) -> Path:
    git(root, "init", "-qb", "main")
    commit(root, "Ana", "2024-01-02T03:04:05+00:00")
    (root / FOLDER / "novo.md").write_text("# B\n")
    commit(root, "Bia", "2024-05-06T07:08:09-03:00")
    (root / "fora.md").write_text("# C\n")
    commit(root, "Caio", "2024-06-06T07:08:09-03:00")
    clone = root.with_name("clone")
    git(root, "clone", "-q", "--depth", str(depth), root.as_uri(), str(clone))
    return clone


def test_a_shallow_clone_gives_no_wrong_author_or_date(root: Path) -> None:
    found = listing(shallow_clone(root, depth=1))
    for document in found.documents:
        assert (document.author, document.commit, document.created_date, document.modified_date) == (None,) * 4
        assert document.warnings == (SHALLOW,)


def test_a_shallow_clone_gives_what_it_does_hold(root: Path) -> None:
    clone = shallow_clone(root, depth=2)
    git(clone, "config", "user.name", "Davi")
    (clone / FOLDER / "mais.md").write_text("# D\n")
    commit(clone, "Davi", "2024-07-06T07:08:09-03:00")
    (clone / FOLDER / "novo.md").write_text("# B2\n")
    commit(clone, "Eva", "2024-08-06T07:08:09-03:00")
    by_name = {Path(document.path).name: document for document in listing(clone).documents}
    assert (by_name["a.md"].author, by_name["a.md"].warnings) == (None, (SHALLOW,))
    assert (by_name["mais.md"].author, by_name["mais.md"].warnings) == ("Davi", ())
    assert by_name["mais.md"].created_date
    assert (by_name["novo.md"].author, by_name["novo.md"].created_date) == ("Eva", None)


def test_a_checkout_of_another_owner_says_what_to_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(root, "init", "-qb", "main")
    commit(root, "Ana", "2024-01-02T03:04:05+00:00")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(ConfigurationError, match=r"safe\.directory") as caught:
        listing(root)
    assert str(root) not in str(caught.value)


@pytest.mark.slow
def test_a_run_on_a_shallow_clone_reports_it(workspace: Workspace, tmp_path: Path) -> None:
    origin = tmp_path / "origem"
    (origin / FOLDER).mkdir(parents=True)
    (origin / FOLDER / "a.md").write_text("# Norma\n\nO prazo vale.\n")
    git(origin, "init", "-qb", "main")
    commit(origin, "Ana", "2024-01-02T03:04:05+00:00")
    git(origin, "commit", "-q", "--allow-empty", "-m", "depois")
    shutil.rmtree(workspace.root)
    git(origin, "clone", "-q", "--depth", "1", origin.as_uri(), str(workspace.root))
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    summary = next(iter((workspace.data / "runs").glob("*/summary.json"))).read_text(encoding="utf-8")
    assert SHALLOW in summary


def test_control_characters_in_an_author_or_a_name_confuse_no_other_document(root: Path) -> None:
    git(root, "init", "-qb", "main")
    for name in ("com\x01\x02nome.md", "outro.md"):
        (root / FOLDER / name).write_text("texto", encoding="utf-8")
    commit(root, "Ana\x01\x02 Souza", "2024-03-01T10:00:00+00:00")
    (root / FOLDER / "outro.md").write_text("mudou", encoding="utf-8")
    commit(root, "Ana\x01\x02 Souza", "2025-04-02T10:00:00+00:00")

    found = {Path(document.path).name: document for document in listing(root).documents}

    assert found["outro.md"].created_date == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert found["outro.md"].modified_date == datetime(2025, 4, 2, 10, tzinfo=UTC)
    assert found["com\x01\x02nome.md"].modified_date == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert found["outro.md"].author == "Ana\x01\x02 Souza"


def test_an_author_in_another_charset_is_read_and_stops_nothing(root: Path) -> None:
    """Git takes a name's bytes as they come; one commit of an old program stopped the run for all documents."""
    git(root, "init", "-qb", "main")
    git(root, "add", "-A")
    written = (
        f"tree {git(root, 'write-tree')}\nauthor José <a@b> 1709287200 +0000\ncommitter x <a@b> 1709287200 +0000\n\nm\n"
    )
    command = ["git", "-C", str(root), "hash-object", "-t", "commit", "-w", "--stdin"]
    made = subprocess.run(command, check=True, capture_output=True, input=written.encode("latin-1")).stdout.decode()
    git(root, "update-ref", "HEAD", made.strip())
    found = Snapshot.model_validate_json(listing(root).model_dump_json())
    assert [document.author for document in found.documents] == ["José"]


@pytest.mark.parametrize("seconds", [253402300800 + 86400, -(2**36)])
def test_a_time_outside_the_calendar_is_left_out_with_a_warning(root: Path, seconds: int) -> None:
    file = root / FOLDER / "velho.md"
    file.write_text("texto", encoding="utf-8")
    try:
        os.utime(file, (seconds, seconds))
    except (OSError, OverflowError):
        pytest.skip("this file system keeps no such time")
    if int(file.stat().st_mtime) != seconds:
        pytest.skip("this file system keeps no such time")
    (document,) = (each for each in listing(root).documents if each.path.endswith("velho.md"))
    assert (document.modified_date, document.warnings) == (None, (OUTSIDE_CALENDAR,))


def test_only_times_of_the_calendar_are_times() -> None:
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert [moment(seconds) for seconds in (253402300800, -62135596801, 2.0**70)] == [None] * 3


@pytest.mark.parametrize("linked", [FOLDER, f"{FOLDER}/Normas"])
def test_a_link_in_the_place_of_the_target_folder_is_refused(root: Path, tmp_path: Path, linked: str) -> None:
    """Whoever may write in the root could otherwise have any folder of this machine published."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.md").write_text("# Secret\n")
    shutil.rmtree(root / linked)
    (root / linked).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="symbolic link, which is not followed"):
        listing(root, target_folder=linked)


def test_the_root_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert len(listing(tmp_path / "link").documents) == 1
