"""Whatever happens to a file of the data directory, the next run ends exact or says in a line what is to be done."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from luigi.execution_summary import LuigiStatusCode
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import DamagedFileError
from pipeline.inspection.coverage import lost_passages
from pipeline.publish.verification import verify
from pipeline.store.connection import connect, disconnect
from tests.conftest import Workspace, lasting_workspace

SEED = 20261126


def cut(file: Path, choose: random.Random) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: choose.randrange(max(1, len(content)))])


def zero(file: Path, _: random.Random) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def delete(file: Path, _: random.Random) -> None:
    file.unlink()


def flip(file: Path, choose: random.Random) -> None:
    content = bytearray(file.read_bytes())
    if content:
        content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
    file.write_bytes(content)


def become_folder(file: Path, _: random.Random) -> None:
    file.unlink()
    file.mkdir()
    (file / "something").touch()


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (cut, zero, delete, flip, become_folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """What the workspace of a first run leaves, for all tests to begin with."""
    folder = tmp_path_factory.mktemp("whole")
    with lasting_workspace(folder, models_dir) as workspace:
        workspace.set("chunking", "target_chunk_size", "200")
        for number in range(4):
            text = f"# Norma {number}\n\nO prazo da norma {number} é de {number} dias.\n"
            workspace.write(f"norma {number}.md", text)
        workspace.write("nota.txt", "Texto de uma nota que ninguém revogou.\n")
        assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    return folder


@pytest.fixture
def published(whole: Path, workspace: Workspace) -> Workspace:
    workspace.begin_with(whole)
    workspace.set("chunking", "target_chunk_size", "200")
    return workspace


def damageable(workspace: Workspace) -> list[Path]:
    found = (workspace.data / folder for folder in ("documents", "index", "snapshots", "qdrant"))
    return sorted(file for folder in found for file in folder.rglob("*") if file.is_file() and "lock" not in file.name)


def run_and_prove(workspace: Workspace, what: str) -> None:
    result = workspace.run_all()
    assert result.status is LuigiStatusCode.SUCCESS, what
    found = verify(workspace.run)
    assert found.exact, f"{what}: {found.differences}"
    assert found.documents == 5, what


@pytest.mark.parametrize("folder", ["documents", "index", "snapshots", "qdrant"])
def test_after_any_damage_one_run_ends_exact(published: Workspace, folder: str) -> None:
    damage_and_run(published, random.Random(f"{SEED} {folder}"), 4, folder)  # noqa: S311


@pytest.mark.soak
def test_after_each_of_300_damages_one_run_ends_exact(published: Workspace) -> None:
    damage_and_run(published, random.Random(SEED), 300, "")  # noqa: S311


def damage_and_run(published: Workspace, choose: random.Random, times: int, folder: str) -> None:
    """Some runs have nothing to do but to notice; others have another size of chunks, or an edited document."""
    for number in range(times):
        disconnect(published.run.settings)
        file = choose.choice([each for each in damageable(published) if f"/{folder}" in str(each)])
        damage = choose.choice(DAMAGES)
        what = f"{number}: {damage.__name__} {file.relative_to(published.data)}"
        damage(file, choose)
        match choose.randrange(3):
            case 0:
                published.set("chunking", "target_chunk_size", choose.choice(("200", "210")))
            case 1:
                published.write("nota.txt", f"Texto da nota número {number}.\n")
        run_and_prove(published, what)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("source.md", flip),
        ("document-*", cut),
        ("conversion-*", zero),
        ("chunks-*", flip),
        ("embeddings-*", cut),
        ("terms-*", delete),
        ("source.md", become_folder),
        ("document-*", become_folder),
    ],
)
def test_a_damaged_file_that_is_needed_is_made_again_in_the_same_run(
    published: Workspace, name: str, damage: Callable[[Path, random.Random], None]
) -> None:
    """Each is needed by the stage after it, whose own file is gone."""
    after = {
        "source.md": "document-*",
        "document-*": "chunks-*",
        "conversion-*": "chunks-*",
        "chunks-*": "embeddings-*",
    }
    disconnect(published.run.settings)
    folder = next(published.data.glob("documents/*/*/source.md")).parent
    for each in folder.glob(after.get(name, "nothing")):
        each.unlink()
    damage(next(folder.glob(name)), random.Random(SEED))  # noqa: S311
    for index in (published.data / "index", published.data / "qdrant"):
        for each in sorted(index.rglob("*"), reverse=True):
            each.unlink() if each.is_file() else each.rmdir()

    run_and_prove(published, f"{damage.__name__} {name}")


@pytest.mark.parametrize("pattern", ["in-use.lock", "meta.json", "collection/*/storage.sqlite"])
def test_a_folder_in_the_place_of_a_local_qdrant_file_is_made_the_file_again(
    published: Workspace, pattern: str
) -> None:
    disconnect(published.run.settings)
    become_folder(next((published.data / "qdrant").glob(pattern)), random.Random(SEED))  # noqa: S311
    published.write("nota.txt", "Texto de outra nota.\n")
    run_and_prove(published, pattern)


def points(workspace: Workspace) -> tuple[dict[Any, Any], np.ndarray[Any, Any]]:
    """What is stored, but for the moment when; and the vectors, of which local mode may change the last digit."""
    found, _ = connect(workspace.run.settings).scroll("nic", limit=1000, with_vectors=True)
    said: dict[Any, Any] = {}
    vectors: list[Any] = []
    for point in sorted(found, key=lambda point: str(point.id)):
        assert point.payload
        assert isinstance(point.vector, dict)
        del point.payload["processing_timestamp"]
        said[point.id] = point.payload, point.vector["sparse"]
        vectors.append(point.vector["dense"])
    return said, np.array(vectors)


@pytest.mark.parametrize("name", ["document-*", "conversion-*", "chunks-*", "embeddings-*", "terms-*"])
def test_files_of_two_documents_that_changed_places_are_made_again(published: Workspace, name: str) -> None:
    """Each is whole, and of the kind and shape that is expected: only its name says that it is another's."""
    said, vectors = points(published)
    disconnect(published.run.settings)
    one, other = sorted(published.data.glob(f"documents/*/*/{name}"))[:2]
    contents = one.read_bytes(), other.read_bytes()
    other.write_bytes(contents[0])
    one.write_bytes(contents[1])
    for index in (published.data / "index", published.data / "qdrant"):
        shutil.rmtree(index)
    for later in published.data.glob("documents/*/*/chunks-*" if name in {"document-*", "conversion-*"} else "nothing"):
        later.unlink()

    run_and_prove(published, name)

    said_now, vectors_now = points(published)
    assert said_now == said
    assert vectors_now == pytest.approx(vectors, abs=1e-6)


@pytest.mark.parametrize("name", ["source.md", "document-*", "conversion-*"])
def test_after_doctor_has_mended_the_next_run_makes_again_what_only_readers_need(
    published: Workspace, name: str
) -> None:
    """No stage asks for the text of a stored document, but `export-text` does."""
    disconnect(published.run.settings)
    file = next(published.data.glob(f"documents/*/*/{name}"))
    become_folder(file, random.Random(SEED))  # noqa: S311
    damaged = CliRunner().invoke(app, ["doctor", "--data"]).output
    assert f"damaged  {file.parent.name}/{file.name}\n1 damaged file; " in damaged

    assert CliRunner().invoke(app, ["doctor", "--mend"]).exit_code == 0
    run_and_prove(published, name)

    assert file.is_file()
    text = published.data / "text.json"
    exported = CliRunner().invoke(app, ["export-text", str(text)])
    assert "5 of 5 documents written" in exported.output.replace("\n", " ")


def test_doctor_misses_what_only_readers_need(published: Workspace) -> None:
    """Of what is gone there is nothing to be read, and a run with nothing to do does not look for it."""
    disconnect(published.run.settings)
    file = next(published.data.glob("documents/*/*/document-*"))
    file.unlink()
    assert (
        f"missing  {file.parent.name}/{file.name}\n1 damaged file; "
        in CliRunner().invoke(app, ["doctor", "--data"]).output
    )
    said = CliRunner().invoke(app, ["export-text", str(published.data / "text.json")])
    assert isinstance(said.exception, DamagedFileError)

    assert CliRunner().invoke(app, ["doctor", "--mend"]).exit_code == 0
    run_and_prove(published, "after doctor --mend")

    assert file.is_file()


def test_whoever_reads_a_damaged_file_is_told_what_mends_it(published: Workspace) -> None:
    disconnect(published.run.settings)
    flip(next(published.data.glob("documents/*/*/document-*")), random.Random(SEED))  # noqa: S311
    said = CliRunner().invoke(app, ["export-text", str(published.data / "text.json")])
    assert isinstance(said.exception, DamagedFileError)
    assert "`nic doctor --mend` removes it, and the next run makes it again" in str(said.exception)


def test_what_a_damaged_source_holds_is_not_taken_for_the_document(published: Workspace) -> None:
    disconnect(published.run.settings)
    source = next(published.data.glob("documents/*/*/source.txt"))
    source.write_bytes(b"Outras palavras, que ninguem aprovou.\n")
    with pytest.raises(DamagedFileError, match=r"source\.txt of the data directory is damaged"):
        list(lost_passages(published.run, "30-Aprovados/nota.txt"))


def test_doctor_finds_every_damaged_file_and_removes_it_when_asked(published: Workspace) -> None:
    disconnect(published.run.settings)
    assert CliRunner().invoke(app, ["doctor", "--data"]).output == "0 damaged files\n"
    damaged = [
        next(published.data.glob(f"documents/*/*/{name}")) for name in ("source.md", "document-*", "embeddings-*")
    ]
    damaged.append(next(published.data.glob("index/*/*/*/*.json")))
    for file in damaged:
        flip(file, random.Random(SEED))  # noqa: S311

    found = CliRunner().invoke(app, ["doctor", "--data"])

    assert found.exit_code == 1
    assert found.output.count("damaged  ") == len(damaged)
    assert CliRunner().invoke(app, ["doctor", "--mend"]).exit_code == 0
    assert not any(file.exists() for file in damaged)
    run_and_prove(published, "after doctor --mend")
