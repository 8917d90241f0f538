"""A command within this process: all that it does but the start of Python, which takes longer than most commands."""

from __future__ import annotations

import logging
import subprocess

import pytest
from luigi.cmdline import luigi_run

from pipeline.cli import main
from tests.conftest import forget_run


def run_here(capsys: pytest.CaptureFixture[str], *command: str) -> subprocess.CompletedProcess[str]:
    """What `python -m pipeline …` or `python -m luigi …` prints and exits with; the settings are this process's."""
    program, *arguments = command
    log = logging.getLogger("pipeline")
    level = log.level
    capsys.readouterr()
    forget_run()
    with pytest.MonkeyPatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr("sys.argv", [program, *arguments])
        if program == "luigi":
            luigi_run(arguments)
        else:
            main()
    forget_run()
    log.setLevel(level)  # as it is for those who import the package
    out, err = capsys.readouterr()
    return subprocess.CompletedProcess(command, int(ended.value.code or 0), out, err)
