"""Whoever changes what a stage gives must raise its version, or files of before would pass as those of now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.schema import Stage
from tests.promises import golden
from tests.promises.golden import Golden
from tests.support.samples_run import SamplesRun

pytestmark = pytest.mark.slow
KEPT = json.loads((Path(golden.__file__).parent / "golden.json").read_text(encoding="utf-8"))
WRITE = "then write `python -m tests.promises.golden` to tests/promises/golden.json"


@pytest.fixture(scope="module")
def found(samples_run: SamplesRun) -> dict[Stage, Golden]:
    return golden.found(Path(samples_run.data))


@pytest.mark.parametrize("stage", [Stage.CONVERT, Stage.CHUNK, Stage.EMBED, Stage.STORE])
def test_what_a_stage_gives_changes_only_with_its_version(found: dict[Stage, Golden], stage: Stage) -> None:
    now, before = found[stage], Golden.model_validate(KEPT[stage])
    is_decided_alike = (now.given, now.version, now.libraries) == (before.given, before.version, before.libraries)
    if not now.is_like(before):
        assert not is_decided_alike, f"raise `version` in pipeline/{stage}/spec.py, {WRITE}"
    assert is_decided_alike, f"if this is meant, {WRITE}"
