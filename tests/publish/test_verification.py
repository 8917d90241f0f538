"""`verify` compares with what is published, and says when a run that was stopped has stored other things since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.store import contents
from pipeline.store.connection import disconnect
from tests.support.indexed import Texts, make_run, run_all, store_all
from tests.support.qdrant_server import QdrantServer

TEXTS: Texts = {f"30-Aprovados/{name}.txt": [f"{name} {number}" for number in range(3)] for name in "abcde"}
EDITED: Texts = {**TEXTS, "30-Aprovados/a.txt": ["outro texto"], "30-Aprovados/f.txt": ["um documento novo"]}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = make_run(tmp_path / "data")
    run_all(made, "c1", TEXTS)
    yield made
    disconnect(made.settings)


def test_after_a_run_that_was_stopped_it_compares_with_what_is_published(run: Run) -> None:
    assert (verify(run).exact, verify(run).changing) == (True, False)

    store_all(run, "c2", EDITED)  # and is killed before it ends

    found = verify(run)
    assert found.changing
    assert (found.commit, found.documents, found.points) == ("c1", 5, 15)
    assert [line.split(":")[0] for line in found.differences] == ["extra", "wrong_chunks"]
    assert "30-Aprovados/a.txt" in found.differences[1]
    run_all(run, "c2", EDITED)
    assert (verify(run).exact, verify(run).changing, verify(run).commit) == (True, False, "c2")


def test_a_stopped_run_that_stored_nothing_else_leaves_the_collection_exact(run: Run) -> None:
    store_all(run, "c2", TEXTS)
    assert (verify(run).exact, verify(run).changing, verify(run).commit) == (True, True, "c1")


def test_reading_every_point_of_a_server_costs_a_request_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with QdrantServer() as server:
        run = make_run(tmp_path / "data", server.url)
        run_all(run, "c1", TEXTS)
        monkeypatch.setattr(contents, "_PROVEN_POINTS", 4)
        server.seen.clear()
        assert verify(run).exact
        scrolls = [seen.body for seen in server.seen if seen.what.endswith("/scroll")]
        assert len([body for body in scrolls if body["limit"] == 4]) == 4, "15 points in pages of four"
        assert len([seen for seen in server.seen if seen.what.endswith("/exists")]) <= 3
        assert not [body for body in scrolls if body.get("filter")], "all points need no filter"
        disconnect(run.settings)
