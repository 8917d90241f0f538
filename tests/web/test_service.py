"""What the service keeps up in the background, and that it does not repeat itself."""

from __future__ import annotations

import inspect
from pathlib import Path

import anyio
import pytest
from fastapi.routing import APIRoute
from threadpoolctl import threadpool_info

from pipeline.errors import ConfigurationError
from pipeline.store.connection import disconnect
from pipeline.web import api, pages
from pipeline.web.library.library import Library
from pipeline.web.service import Service
from tests.support.indexed import make_run, run_all


@pytest.mark.slow
def test_trouble_is_told_once_and_ends_with_a_publication(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = make_run(tmp_path / "data")
    service = Service(Library(run))
    for _ in range(3):
        service.look()
    assert [record.getMessage() for record in caplog.records if "nothing is published" in record.getMessage()] != []
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records)
    run_all(run, "c" * 40, {"30-Aprovados/a.txt": ["um"]})
    service.look()
    assert service.library.edition().commit == "c" * 40
    disconnect(run.settings)


class Unwilling(Library):
    """Its model cannot be loaded."""

    tried = 0

    def warm(self) -> None:
        self.tried += 1
        raise ConfigurationError("no model")


def test_a_model_that_cannot_be_loaded_is_not_tried_at_every_look(tmp_path: Path) -> None:
    run = make_run(tmp_path / "data")
    run_all(run, "c" * 40, {"30-Aprovados/a.txt": ["um"]})
    library = Unwilling(run)
    service = Service(library)
    for _ in range(3):
        service.look()
    assert (library.tried, service.is_ready) == (1, False)
    disconnect(run.settings)


class Ending(Unwilling):
    """Its process is asked to end while the model is being loaded, which fails by that."""

    service: Service

    def warm(self) -> None:
        self.service.stopping.set()
        super().warm()


def test_a_service_that_ends_says_nothing_of_the_model_it_was_loading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(tmp_path / "data")
    run_all(run, "c" * 40, {"30-Aprovados/a.txt": ["um"]})
    library = Ending(run)
    library.service = Service(library)
    library.service.look()
    assert library.tried == 1
    assert "no model" not in caplog.text
    disconnect(run.settings)


@pytest.mark.parametrize("route", [*api.router.routes, *pages.router.routes], ids=str)
def test_no_request_waits_for_a_thread_only_to_learn_what_it_is_asked_of(route: APIRoute) -> None:
    needed = [needed.call for needed in route.dependant.dependencies]
    assert all(inspect.iscoroutinefunction(each) for each in needed)


def test_numpy_computes_in_one_thread_while_questions_are_answered(tmp_path: Path) -> None:
    service = Service(Library(make_run(tmp_path / "data")))
    threads: list[int] = []

    async def serve() -> None:
        async with service.running():
            threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    before = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    anyio.run(serve)
    assert before
    assert threads == [1] * len(before)
    assert [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"] == before
