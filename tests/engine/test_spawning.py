"""A process of an engine does its jobs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pipeline.engine import Job, open_engine
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import Settings
from told import what_is_here

print("the program begins", flush=True)
engine = open_engine(Settings(engine=EngineSettings(kind=sys.argv[1])))
for name in ("one", "two"):
    engine.submit(Job(name, what_is_here, ()))
print({engine.next().result for _ in range(2)})
engine.close()
"""
TOLD = """
import sys

def what_is_here():
    return "pipeline.tasks" in sys.modules, "program" in str(sys.modules["__main__"])
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """One that has no `if __name__ == "__main__"`."""
    (tmp_path / "told.py").write_text(TOLD)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    return program


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "has_tasks"), [("processes", False), ("dask", True)])
def test_a_program_without_a_guard_is_not_run_again(program: Path, kind: str, *, has_tasks: bool) -> None:
    done = subprocess.run([sys.executable, program, kind], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.splitlines() == ["the program begins", str({(has_tasks, False)})], done.stderr
