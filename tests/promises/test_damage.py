"""Whatever happens to a file of the data directory, the next run ends exact or says in a line what is to be done."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from luigi.execution_summary import LuigiStatusCode
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.publish.verification import verify
from pipeline.store.connection import disconnect
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


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (cut, zero, delete, flip)


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
