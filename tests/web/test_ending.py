"""How the service ends while somebody follows a run: at once, and with an answer that is whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from pipeline.run.current import Run
from pipeline.settings.sections import PipelineSettings, Settings
from tests.support.paths import ROOT
from tests.support.samples_run import newcomer
from tests.support.web import serving

STREAMS = ("api/v1/events", "status/live")


@pytest.mark.slow
@pytest.mark.parametrize("address", STREAMS)
def test_a_stream_ends_properly_when_the_service_ends(tmp_path: Path, address: str) -> None:
    run = Run(Settings(pipeline=PipelineSettings(data_dir=str(tmp_path))), "r")
    with serving(run) as server, httpx2.stream("GET", f"{server.address}{address}", timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("event: run")
        server.should_exit = True
        assert list(lines), "no error: its last chunk has come"


@pytest.mark.slow
def test_ctrl_c_ends_a_service_that_is_followed_without_breaking_the_stream_off(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "serve", "--port", "0"]
    environment = newcomer(tmp_path / "data")
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        address = process.stderr.readline().strip()
        with httpx2.stream("GET", f"{address}{STREAMS[0]}", timeout=60) as stream:
            lines = stream.iter_lines()
            next(lines)
            process.send_signal(signal.SIGINT)
            list(lines)
        said = process.stderr.read()
    assert "Cancel" not in said, "uvicorn did not have to wait for it"
    assert "Traceback" not in said
    assert process.returncode == 130
