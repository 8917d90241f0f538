"""Starts processes that work for an engine and do nothing else: they do not run the caller's program once more.

multiprocessing has each new process run the caller's main module, so that it finds functions of that module. What an
engine runs is in packages; a program without `if __name__ == "__main__"` would begin a run in each process of a run.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

_NAME = "nic-etl-engine"
_OF_DASK = "Dask Worker process (from Nanny)"  # it sends functions of the main module as code
_MAIN_MODULE = ("init_main_from_name", "init_main_from_path")
_preparation_data = spawn.get_preparation_data


class _Process(SpawnProcess):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "name": _NAME})


class EngineContext(SpawnContext):
    """multiprocessing's way to start processes anew, for those of an engine."""

    Process = _Process


def is_engine_process() -> bool:
    """Whether this process was started through `EngineContext`."""
    return multiprocessing.current_process().name == _NAME


def _without_main_module(name: str) -> dict[str, Any]:
    """What a process that is called so is told before it begins."""
    told: dict[str, Any] = _preparation_data(name)
    if name in {_NAME, _OF_DASK}:
        told = {key: value for key, value in told.items() if key not in _MAIN_MODULE}
    return told


spawn.get_preparation_data = _without_main_module
