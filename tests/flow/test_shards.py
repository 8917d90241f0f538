"""A shard that opens reads each of its receipts once, and has those made again that prove nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.datadir import files
from pipeline.publish.verification import verify
from pipeline.run.events import EventReader, ShardOpened
from pipeline.run.records import Receipt
from pipeline.schema import Stage
from tests.conftest import Workspace


@pytest.fixture
def stored(workspace: Workspace) -> Workspace:
    """Three documents of one shard, one of which has just been edited."""
    for name in "abc":
        workspace.write(f"{name}.txt", f"O prazo da norma {name} é de dez dias.\n")
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    workspace.write("a.txt", "O prazo da norma a é de vinte dias.\n")
    return workspace


def receipt_of(workspace: Workspace, name: str) -> Path:
    run = workspace.run
    snapshot = run.listings.latest()
    assert snapshot
    (document,) = (each for each in snapshot.documents if each.path.endswith(f"/{name}.txt"))
    return Path(str(run.files_of(document).receipt))


def test_each_receipt_of_an_opened_shard_is_read_once(stored: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    read_model, read = files.read_model, Counter[str]()

    def counted(path: Path, model: Any) -> Any:
        read.update([path.name] if model is Receipt else [])
        return read_model(path, model)

    monkeypatch.setattr(files, "read_model", counted)
    assert stored.run_all().status is LuigiStatusCode.SUCCESS
    assert stored.worked()[Stage.STORE] == ["a.txt"]
    assert sorted(read.values()) == [1, 1, 1]


@pytest.mark.parametrize("damage", ["cut", "emptied", "noise"])
def test_a_damaged_receipt_has_its_document_stored_again_in_the_same_run(stored: Workspace, damage: str) -> None:
    receipt = receipt_of(stored, "b")
    whole = receipt.read_bytes()
    receipt.write_bytes({"cut": whole[:90], "emptied": b"", "noise": bytes(len(whole))}[damage])

    assert stored.run_all().status is LuigiStatusCode.SUCCESS

    assert stored.worked()[Stage.STORE] == ["a.txt", "b.txt"]
    assert verify(stored.run).exact
    assert Receipt.model_validate_json(whole).proof == files.read_model(receipt, Receipt).proof


def test_a_shard_that_opens_says_which_stages_its_quarantined_documents_never_reached(stored: Workspace) -> None:
    stored.write("corrompido.pdf", "").write_bytes(b"%PDF-1.4 " + bytes(2000))
    stored.run_all()
    stored.write("a.txt", "O prazo da norma a é de trinta dias.\n")
    stored.run_all()
    event = next(event for event in EventReader(stored.run.log.folder).new() if isinstance(event, ShardOpened))
    assert (event.documents, event.pending) == (4, dict.fromkeys(Stage, 1))
    assert event.unreached == {Stage.CHUNK: 1, Stage.EMBED: 1, Stage.STORE: 1}
