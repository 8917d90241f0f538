"""Whatever a Qdrant server does to a run in the middle, the run's end is the same: exactly the folder's documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.publish.verification import verify
from pipeline.store import requests
from pipeline.store.connection import disconnect
from tests.conftest import Workspace
from tests.support.pauses import retry_after
from tests.support.qdrant_server import Fault, QdrantServer

WRITE = "/points/batch"
PLACES = ("PUT /collections/nic", "/index", WRITE, "/points/count", "/points/scroll", "/collections/aliases")
EVERYWHERE = {
    "HTTP 500": Fault("", status=500, times=2),
    "HTTP 503, Retry-After": Fault("", status=503, times=2, headers={"retry-after": "0"}),
    "HTTP 429, Retry-After": Fault("", status=429, times=2, headers={"retry-after": "0"}),
    "HTTP 507, disk full": Fault("", status=507),
    "HTTP 302 of a proxy": Fault("", status=302, headers={"location": "http://127.0.0.1:9/"}),
    "cut before the work": Fault("", kind="cut", times=2),
    "cut after the work": Fault("", kind="cut", carried_out=True),
    "HTTP 504 after the work": Fault("", status=504, carried_out=True),
    "a page instead of JSON": Fault("", kind="html"),
    "JSON of another shape": Fault("", kind="empty"),
    "no result": Fault("", kind="null"),
}
AT_WRITING = {
    **{name: replace(fault, on=WRITE) for name, fault in EVERYWHERE.items()},
    "too large, split": Fault(WRITE, status=413),
    "half of the points": Fault(WRITE, kind="partial", times=2),
    "slower than the limit": Fault(WRITE, kind="slow", carried_out=True),
    "restart": Fault(WRITE, kind="restart"),
}
# refused, carried out unheard, not understood: what a request can meet; the rest of the table is other words for it
ONE_OF_EACH = ("HTTP 500", "cut after the work", "a page instead of JSON")


@pytest.fixture
def server(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[QdrantServer]:
    """Two documents are converted and embedded; each collection is then only a matter of storing.

    Both have several chunks: whichever is written alone, there is something to split when it is too large.
    """
    retry_after(monkeypatch, requests)
    workspace.write("ferias.md", "# Férias\n\nO servidor pode vender dez dias.\n\n# Licença\n\nCento e vinte dias.\n")
    workspace.write("travel.md", "# Travel\n\nExpenses are paid back within fifteen days.\n\n# Meals\n\nAt cost.\n")
    with QdrantServer() as running:
        monkeypatch.setenv("QDRANT_URL", running.url)
        yield running
        disconnect(workspace.run.settings)


def is_exact(workspace: Workspace, server: QdrantServer) -> bool:
    return verify(workspace.run).exact and not server.faults and verify(workspace.run).documents == 2


def lost(
    faults: dict[str, Fault], workspace: Workspace, server: QdrantServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Those faults after which a run, each into a collection of its own, did not end with exactly the folder."""
    for number, (name, fault) in enumerate(faults.items()):
        monkeypatch.setenv("QDRANT_COLLECTION", f"nic{number}")
        retry_after(monkeypatch, requests, 1 if fault.kind == "restart" else 0)
        workspace.set("qdrant", "timeout_s", "2" if fault.kind == "slow" else "30")
        server.faults = [replace(fault)]
        status = workspace.run_all().status
        survived = status is LuigiStatusCode.SUCCESS and is_exact(workspace, server)
        print(f"{'survived' if survived else 'LOST':<10}{name:<26}{fault.on}")  # noqa: T201
        if not survived:
            yield f"{name} at {fault.on}: {status}, {verify(workspace.run)}, faults left: {server.faults}"
        server.faults.clear()


@pytest.mark.slow
def test_every_passing_fault_while_points_are_written_is_outlived(
    workspace: Workspace, server: QdrantServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run with -s for the table."""
    assert not list(lost(AT_WRITING, workspace, server, monkeypatch))


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [pytest.param(name, marks=() if name in ONE_OF_EACH else pytest.mark.soak) for name in EVERYWHERE],
)
def test_every_passing_fault_at_every_other_request_is_outlived(
    kind: str, workspace: Workspace, server: QdrantServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {place: replace(EVERYWHERE[kind], on=place) for place in PLACES if place != WRITE}
    assert not list(lost(faults, workspace, server, monkeypatch))


def test_a_server_that_goes_away_in_the_middle_stops_the_run_and_the_next_one_ends_it(
    workspace: Workspace, server: QdrantServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults = [Fault(WRITE, status=503, times=1000)]
    assert workspace.run_all().status is LuigiStatusCode.FAILED
    assert not workspace.run.failed(workspace.run.snapshot(_commit(workspace)).documents), "no document is to blame"
    server.faults.clear()
    server.stop()
    assert workspace.run_all().status is LuigiStatusCode.FAILED
    server.start()
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    assert is_exact(workspace, server)


def _commit(workspace: Workspace) -> str:
    snapshot = workspace.run.listings.latest()
    assert snapshot is not None
    return snapshot.commit
