"""Names that a folder may hold: every file is a document under exactly its name or skipped with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import TransientError
from pipeline.schema import Snapshot
from pipeline.settings.sections import SourceSettings
from pipeline.sources.folder import FolderSource
from pipeline.tasks import encode

FOLDER = "30-Aprovados"
DOCUMENTS = (
    f"{'longo' * 50}.md",  # 253 bytes of the 255 that file systems allow
    f"{'ç' * 126}.md",
    "Portaria.md",
    "PORTARIA.MD",
    "portaria.md",
    "....md",
    "..%2f..%2fetc%2fpasswd.md",
    "..\\..\\windows.md",
    "C:\\temp\\x.md",
    "CON.md",
    " blanks at both ends .md",
    "-rf.md",
    "$(touch x)`touch y`;|&.md",
    "<img src=x onerror=alert(1)>.md",
    "'; DROP TABLE x --.md",
    "a\tb\nc\rd\x1b[31m.md",
    "\u202eexe.md",
    "\u200b\ufeff.md",
    "{0} %s %(x)s.md",
    "a,b%2Cc\"d'.md",
    "#frag?query=1&x.md",
    "https:.md",
    "duplo.pdf.md",
)
SKIPPED = ("sem extensão", "ponto.", ".md", "x.exe", "x.md ", "x.md.lnk", "nó.tar.gz")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir()
    return tmp_path


def put(root: Path, path: str) -> None:
    file = root / FOLDER / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(path.encode())


def listing(root: Path) -> tuple[FolderSource, Snapshot]:
    source = FolderSource(SourceSettings(folder_path=root))
    return source, source.snapshot(source.head())


def test_documents_of_any_name_are_listed_apart_and_fetched_as_what_they_are(root: Path, tmp_path: Path) -> None:
    for name in (*DOCUMENTS, *SKIPPED):
        put(root, name)
    source, snapshot = listing(root)
    names = {document.path.removeprefix(f"{FOLDER}/") for document in snapshot.documents}
    assert names == {name for name in DOCUMENTS if not name.startswith(".")}
    assert len({document.document_id for document in snapshot.documents}) == len(snapshot.documents)
    for document in snapshot.documents:
        source.fetch(document, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes().decode() == document.path.removeprefix(f"{FOLDER}/")
    hidden = {name for name in DOCUMENTS if name.startswith(".")}
    assert {file.path.removeprefix(f"{FOLDER}/") for file in snapshot.skipped} == {*SKIPPED, *hidden}
    assert all(file.reason for file in snapshot.skipped)


def test_names_become_task_parameters_of_one_line_without_markup() -> None:
    encoded = [encode(name) for name in DOCUMENTS]
    assert len(set(encoded)) == len(DOCUMENTS)
    for parameter in encoded:
        assert not set(parameter) & set("<>&\"',\t\n\r\x1b")


def test_a_deep_folder_is_listed(root: Path) -> None:
    path = "/".join(["pasta"] * 200 + ["fundo.md"])
    put(root, path)
    assert [document.path for document in listing(root)[1].documents] == [f"{FOLDER}/{path}"]


def test_what_is_no_regular_file_is_skipped_and_never_opened(root: Path) -> None:
    outside = root / "segredo.md"
    outside.write_text("segredo", encoding="utf-8")
    (root / FOLDER / "ligação.md").symlink_to(outside)
    (root / FOLDER / "pasta.md").symlink_to(root)
    (root / FOLDER / "laço").symlink_to(root / FOLDER)
    (root / FOLDER / "partida.md").symlink_to(root / "não há")
    os.mkfifo(root / FOLDER / "fila.md")  # opening it would wait for ever
    _, snapshot = listing(root)
    assert snapshot.documents == ()
    assert len(snapshot.skipped) == 5


def test_a_document_that_becomes_a_link_after_the_listing_is_not_followed(root: Path, tmp_path: Path) -> None:
    put(root, "plano.md")
    source, snapshot = listing(root)
    outside = tmp_path / "outside.md"
    outside.write_text("segredo", encoding="utf-8")
    (root / FOLDER / "plano.md").unlink()
    (root / FOLDER / "plano.md").symlink_to(outside)
    with pytest.raises(TransientError):
        source.fetch(snapshot.documents[0], tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
