"""Moving code changes nothing that a data directory, a collection, a script or luigi.cfg relies on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.promises import pinned

FOUND = json.loads(json.dumps(pinned.found()))
PINNED = json.loads((Path(pinned.__file__).parent / "pinned.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted({*FOUND, *PINNED}))
def test_it_is_as_it_was(name: str) -> None:
    assert FOUND[name] == PINNED[name], "meant? then write `python -m tests.promises.pinned` to pinned.json"
