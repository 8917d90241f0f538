"""What people are shown of many documents is in the order of their paths, though a very long listing is kept by ids.

Shards of one document, so that forty are as many as eight thousand are by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ErrorCode, PermanentError
from pipeline.flow.store_document import open_collection
from pipeline.inspection.coverage import coverage
from pipeline.inspection.plan import make_plan
from pipeline.inspection.status import status
from pipeline.orchestrator.results import pipeline_result
from pipeline.publish.verification import verify
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.listing_file import Documents
from pipeline.schema import Conversion, Snapshot, Stage
from pipeline.store.connection import disconnect
from pipeline.web.library.standing import list_quarantined
from tests.support.indexed import make_run, run_all

PATHS = [f"30-Aprovados/{number:02d}.txt" for number in range(40)]


def _odd(conversion: Conversion) -> Conversion:
    return conversion.model_copy(update={"warnings": ("odd",)})


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """After all were published, each with a warning."""
    made = make_run(tmp_path / "data", shard_size=1)
    run_all(made, "c1", {path: [f"norma {path}"] for path in PATHS}, dict.fromkeys(PATHS, _odd))
    yield made
    disconnect(made.settings)


@pytest.fixture
def held(run: Run) -> Run:
    for document in run.snapshot("c1").documents:
        run.record_failure(Stage.CONVERT, document, PermanentError("it is broken", ErrorCode.CORRUPT))
    return run


class _Source:
    """The folder, of which the listing of very many documents is as it was kept."""

    def __init__(self, listing: Snapshot) -> None:
        self._listing = listing

    def head(self) -> str:
        return self._listing.commit

    def snapshot(self, commit: str) -> Snapshot:
        return self._listing


def test_a_listing_in_parts_is_not_in_the_order_of_paths(run: Run) -> None:
    documents = run.snapshot("c1").documents
    assert isinstance(documents, Documents)
    assert [document.path for document in documents] != PATHS


def test_status_names_documents_by_path(held: Run) -> None:
    found = status(held)
    assert [each.path for each in found.quarantined] == PATHS
    assert list(found.warnings["odd"].documents) == PATHS


def test_coverage_names_documents_by_path(run: Run) -> None:
    assert list(coverage(run).not_converted) == PATHS


def test_quarantine_is_listed_and_released_by_path(held: Run) -> None:
    assert [each.path for each in list_quarantined(held)] == PATHS
    assert [each.path for each in quarantine.release(held)] == PATHS


def test_a_plan_goes_by_path_and_then_names_what_left(run: Run) -> None:
    listing = run.snapshot("c1")
    run.source = _Source(listing)  # type: ignore[assignment]
    assert [line.path for line in make_plan(run).documents] == PATHS
    run.source = _Source(listing.model_copy(update={"documents": ()}))  # type: ignore[assignment]
    assert [(line.action, line.path) for line in make_plan(run).documents] == [("remove", path) for path in PATHS]


def test_differences_are_listed_by_path(run: Run) -> None:
    open_collection(run).delete_documents([document.document_id for document in run.snapshot("c1").documents])
    assert [line.split(": ")[1] for line in verify(run).differences] == PATHS


def test_python_callers_get_results_by_path(held: Run) -> None:
    assert [each.file_path for each in pipeline_result(held, "c1", ()).document_results] == PATHS
