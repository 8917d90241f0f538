"""What takes long is done once a session, by whichever process comes first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import portalocker

_LONGEST_S = 900


def once(folder: Path, name: str, make: Callable[[], str]) -> str:
    """What `make` gives, from it or from the file in which who came first has kept it."""
    kept = folder / f"{name}.txt"
    with portalocker.Lock(folder / f"{name}.lock", timeout=_LONGEST_S):
        if not kept.exists():
            kept.write_text(make(), encoding="utf-8")
    return kept.read_text(encoding="utf-8")
