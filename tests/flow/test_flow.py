"""Documents go through the stages together, and what comes of it is what would come of each alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.flow import pages_ahead, stage_jobs
from pipeline.schema import Stage
from tests.conftest import Workspace
from tests.support.documents import Draw, image_of, pdf, picture, prose

pytestmark = pytest.mark.slow
SLIP = (70, 50)  # of paper, in mm: quickly read
_VOLATILE = ("conversion-", "failure-")  # timings and times


def derived(data: Path) -> dict[str, bytes]:
    """Every derived file of every document, by name."""
    found = (path for path in (data / "documents").rglob("*") if path.is_file())
    return {str(path.relative_to(data)): path.read_bytes() for path in found if not path.name.startswith(_VOLATILE)}


def scan(number: int) -> Draw:
    return picture(image_of(pdf(prose(f"Capítulo {number}"), size=SLIP)))


def test_overlapping_processes_leave_the_same_files_as_one_process(workspace: Workspace) -> None:
    for number in range(4):
        workspace.write(f"{number}.md", f"# Portaria {number}\n\n" + f"Férias de {number} dias. " * 60 * number)
    long = workspace.root / "30-Aprovados" / "ata.pdf"
    long.write_bytes(pdf(*(scan(number) for number in range(8)), size=SLIP))
    workspace.monkeypatch.setattr(pages_ahead, "_MIN_BYTES", 0)
    assert workspace.run_all().scheduling_succeeded
    alone = derived(workspace.data)
    assert sum(name.endswith(".npy") for name in alone) == 5

    workspace.set("engine", "kind", "processes")
    second = workspace.data.parent / "second"
    second.mkdir()
    (second / "models").symlink_to(workspace.data / "models")
    workspace.monkeypatch.setenv("NIC_DATA_DIR", str(second))
    workspace.set("pipeline", "max_concurrent_documents", "2")
    assert workspace.run_all().scheduling_succeeded
    workspace.run.engine.close()

    together = derived(second)
    assert together.keys() == alone.keys()  # no pages-*.json is left either
    assert [name for name in alone if alone[name] != together[name]] == []


def test_documents_embedded_together_are_stored_as_those_embedded_alone(workspace: Workspace) -> None:
    for number in range(5):
        workspace.write(f"{number}.txt", f"Portaria {number}: férias de {number} dias.")
    workspace.write("vazio.txt", " ")
    assert workspace.run_all().scheduling_succeeded
    alone = derived(workspace.data)

    for path in (workspace.data / "documents").rglob("embeddings-*"):
        path.unlink()
    for path in (workspace.data / "index").rglob("*.json"):
        path.unlink()
    # the one thing that a machine without a GPU cannot answer; all else is the product's own
    workspace.monkeypatch.setattr(stage_jobs, "pools_embedding", lambda run: True)
    assert workspace.run_all().scheduling_succeeded
    assert derived(workspace.data) == alone
    assert len(workspace.worked()[Stage.EMBED]) == 6
