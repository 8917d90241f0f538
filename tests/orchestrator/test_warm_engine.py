"""What keeping processes between runs promises: the next run finds them, and nobody pays for them for long."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil
import pytest

from pipeline.engine import Engine, Job, open_engine
from pipeline.orchestrator import warm_engine
from pipeline.orchestrator.warm_engine import WarmEngine
from pipeline.settings.sections import PipelineSettings, Settings

SETTINGS = Settings(pipeline=PipelineSettings(max_concurrent_documents=1))


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = open_engine(SETTINGS)
    yield made
    made.close()


@pytest.fixture
def warm() -> Iterator[WarmEngine]:
    made = WarmEngine()
    yield made
    made.close()


def process_of(engine: Engine) -> psutil.Process:
    engine.submit(Job("where", os.getpid, ()))
    return psutil.Process(engine.next().result)


def changed(section: str, **values: object) -> Settings:
    return SETTINGS.model_copy(update={section: getattr(SETTINGS, section).model_copy(update=values)})


def test_the_next_run_finds_the_process_of_the_last(engine: Engine, warm: WarmEngine) -> None:
    process = process_of(engine)
    warm.keep(SETTINGS, engine)

    assert warm.take(changed("chunking", overlap=10)) is engine
    assert process_of(engine) == process


@pytest.mark.parametrize(
    "other",
    [
        changed("engine", recycle_after=7),
        changed("pipeline", max_concurrent_documents=2),
        changed("conversion", ocr_engine="none"),
        changed("embedding", precision="fp32"),
    ],
    ids=["engine", "processes", "conversion", "embedding"],
)
def test_settings_of_other_processes_or_models_end_them(other: Settings, engine: Engine, warm: WarmEngine) -> None:
    process = process_of(engine)
    warm.keep(SETTINGS, engine)

    assert warm.take(other) is None
    assert not process.is_running()


def test_processes_that_no_run_takes_end(engine: Engine, warm: WarmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_engine, "IDLE_S", 0.0)
    process = process_of(engine)

    warm.keep(SETTINGS, engine)

    psutil.wait_procs([process], timeout=300)
    assert not process.is_running()
    assert warm.take(SETTINGS) is None


def test_a_run_that_is_under_way_keeps_its_processes(engine: Engine, warm: WarmEngine) -> None:
    warm.keep(SETTINGS, engine)
    ending = warm._ending
    assert ending is not None
    process = process_of(engine)

    assert warm.take(SETTINGS) is engine
    warm._end(ending)  # as if its time had come at the moment when the run took it

    assert process.is_running()
    assert process_of(engine) == process
