"""Starts the main job as its users do, kills it at a chosen moment, and says how what is there then differs from
what an undisturbed run leaves."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import pytest
from docx import Document as WordDocument
from qdrant_client import QdrantClient
from typer.testing import CliRunner, Result

from pipeline.cli.app import app
from pipeline.cli.main import MODULES
from pipeline.settings.load import load_settings
from pipeline.store.connection import disconnect
from tests.conftest import forget_run
from tests.support.documents import pdf, prose
from tests.support.once import once
from tests.support.paths import ROOT

assert MODULES, "importing them registers the commands"
RUN_ALL = ("luigi", "--module", "pipeline", "RunAll", "--local-scheduler", "--pipeline-max-concurrent-documents", "2")
COMPARED = ("documents", "index", "snapshots")
_TEMPORARY = ("*.part", "*.tmp", "pages-*")
_ORPHANS_END_S = 10.0


class Victim(StrEnum):
    """Whom the SIGKILL hits."""

    PARENT = "parent"
    ENGINE = "one engine process"
    BOTH = "all at once"


@dataclass(frozen=True)
class Moment:
    """So many files that match a pattern under the data directory, or so many seconds after the start."""

    pattern: str = ""
    files: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.files} x {self.pattern}" if self.pattern else f"{self.seconds:.2f} s"

    def has_come(self, data: Path, started: float) -> bool:
        if self.pattern:
            return sum(1 for _ in data.glob(self.pattern)) >= self.files
        return time.monotonic() - started >= self.seconds


@dataclass
class Running:
    """One main job under way, in a session of its own."""

    process: subprocess.Popen[bytes]
    data: Path
    output: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """What it has said on both streams."""
        return self.output.read_text(encoding="utf-8")

    @property
    def session(self) -> list[psutil.Process]:
        """Every process of the job that is alive, orphans included."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    @property
    def engine(self) -> list[psutil.Process]:
        found = []
        for process in self.session:
            with contextlib.suppress(psutil.Error):
                found += [process] if any("spawn_main" in word for word in process.cmdline()) else []
        return found

    def wait_for(self, happened: Callable[[], bool], timeout_s: float = 900) -> bool:
        """True when it happened, False when the job ended before."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            if time.monotonic() > deadline:
                self.give_up()
            if self.process.poll() is not None:
                return False
            time.sleep(0.005)
        return True

    def give_up(self) -> None:
        """Fail with what the job has said and where each of its processes stands, and end them all."""
        os.killpg(self.process.pid, signal.SIGABRT)
        self.process.wait()
        time.sleep(1)
        for process in self.session:
            process.kill()
        raise AssertionError(self.text)

    def reach(self, moment: Moment) -> bool:
        return self.wait_for(lambda: moment.has_come(self.data, self.started))

    def kill(self, victim: Victim, choose: random.Random) -> None:
        """SIGKILL, without a word."""
        if victim is Victim.ENGINE:
            if self.wait_for(lambda: bool(self.engine)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    choose.choice(self.engine).kill()
        elif victim is Victim.PARENT:
            self.process.kill()
        else:
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self, timeout_s: float = 900) -> int:
        """Wait for its end; the exit code."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.give_up()
            raise

    def outlive(self, timeout_s: float = _ORPHANS_END_S) -> None:
        """Fail unless every process of the job is gone soon after it."""
        deadline = time.monotonic() + timeout_s
        while alive := self.session:
            assert time.monotonic() < deadline, f"still alive: {[process.cmdline() for process in alive]}"
            time.sleep(0.05)


@dataclass
class Site:
    """A folder of documents, and what every run over it is told."""

    folder: Path
    models: Path | None = None
    """Where the model is ready for use; None: each data directory makes it."""

    @property
    def approved(self) -> Path:
        return self.folder / "root" / "30-Aprovados"

    def new_data(self, folder: Path | None = None) -> Path:
        """A data directory in which nothing has been done yet."""
        data = (folder or self.folder) / f"data-{uuid.uuid4().hex[:8]}"
        data.mkdir(mode=0o700)
        if self.models:
            (data / "models").symlink_to(self.models)
        return data

    def data_without(self, *patterns: str, folder: Path | None = None) -> Path:
        """A data directory in which all but these derived files of the documents are there, and nothing is stored."""
        data = self.new_data(folder)
        self.derive(data)
        for pattern in patterns:
            for path in filter(Path.is_file, (data / "documents").rglob(pattern)):
                path.unlink()
        return data

    def derive(self, data: Path) -> None:
        """Put into a data directory what the stages before the store make of the documents."""
        for part in ("documents", "snapshots"):
            shutil.copytree(self.undisturbed[0] / part, data / part, dirs_exist_ok=True)

    def start(self, data: Path, *options: str, **environment: str) -> Running:
        output = self.folder / f"{data.name}-{uuid.uuid4().hex[:8]}.txt"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", *RUN_ALL, *options],
                cwd=ROOT,
                env=self.told(data) | environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Running(process, data, output)

    def told(self, data: Path) -> dict[str, str]:
        """The environment of every process that works on a data directory."""
        self.temporary(data).mkdir(exist_ok=True)
        told = {
            "NIC_FOLDER_PATH": str(self.folder / "root"),
            "NIC_DATA_DIR": str(data),
            "NIC_ENGINE": "processes",
            "HF_HUB_OFFLINE": "1",
            "PYTHONFAULTHANDLER": "1",
            "TMPDIR": str(self.temporary(data)),
        }
        return {**os.environ, **told}

    def temporary(self, data: Path) -> Path:
        """The data directory's own TMPDIR."""
        return self.folder / f"tmp-{data.name}"

    def run(self, data: Path, **environment: str) -> Running:
        """The main job from its start to its end."""
        running = self.start(data, **environment)
        running.end()
        running.outlive()
        return running

    def verify(self, data: Path, **environment: str) -> Result:
        """`nic verify` in this process, which has its libraries loaded; test_main_job tries the command itself."""
        with pytest.MonkeyPatch.context() as monkeypatch:
            for name, value in (self.told(data) | environment).items():
                monkeypatch.setenv(name, value)
            forget_run()
            try:
                return CliRunner().invoke(app, ["verify"])
            finally:
                disconnect(load_settings())
                forget_run()

    @cached_property
    def undisturbed(self) -> tuple[Path, float]:
        """The data directory of a run that nobody disturbed, and the seconds it took; made once a session."""
        name, seconds = once(self.folder, "undisturbed", self._run_undisturbed).split()
        return self.folder / name, float(seconds)

    def _run_undisturbed(self) -> str:
        running = self.run(self.new_data())
        assert running.process.returncode == 0, running.text
        return f"{running.data.name} {time.monotonic() - running.started}"

    def kill(self, data: Path, moment: Moment, victim: Victim, choose: random.Random) -> Running:
        """Start the main job and kill at the moment; of a job that lost only an engine process, wait for the end."""
        running = self.start(data)
        if running.reach(moment):
            running.kill(victim, choose)
        running.end()
        running.outlive()
        return running

    def flaws(self, data: Path) -> list[str]:
        """In what a data directory, after a run that ended well, is not what an undisturbed run leaves."""
        expected, found = derived(self.undisturbed[0]), derived(data)
        flaws = [f"missing: {name}" for name in expected.keys() - found.keys()]
        flaws += [f"too much: {name}" for name in found.keys() - expected.keys()]
        flaws += [f"different: {name}" for name in expected.keys() & found.keys() if expected[name] != found[name]]
        flaws += [f"temporary: {path}" for pattern in _TEMPORARY for path in data.rglob(pattern)]
        flaws += [f"temporary: {path}" for path in self.temporary(data).iterdir()]
        if points(data) != points(self.undisturbed[0]):
            flaws.append("the collection holds other points")
        if (verified := self.verify(data)).exit_code != 0:
            flaws.append(f"{verified.output} {verified.exception!r}")
        return flaws

    def assert_recovers(self, data: Path) -> None:
        """One further run, in one process, and nothing shows any more that there ever was a kill."""
        running = self.run(data, NIC_ENGINE="inline")
        assert running.process.returncode == 0, running.text
        flaws = self.flaws(data)
        assert not flaws, f"{flaws}\n{running.text}"


def make_site(folder: Path, models: Path | None) -> Site:
    """Thirteen documents, cheap to convert, of every kind that needs no OCR; written once a session."""
    site = Site(folder, models)
    folder.mkdir(exist_ok=True)
    once(folder, "written", lambda: _write_documents(site))
    return site


def _write_documents(site: Site) -> str:
    site.approved.mkdir(parents=True)
    for number in range(5):
        _write(site, f"portaria-{number}.txt", f"Portaria nº {number}\n\nFérias de {number} dias.\n" * (number + 1))
        _write(site, f"norma-{number}.md", f"# Norma {number}\n\nPrazo de {number} dias.\n\n## Licença\n\nSem prazo.\n")
    _write(site, "guia.html", "<h1>Guia</h1><p>O guia vale para todos os setores.</p>")
    (site.approved / "ata.pdf").write_bytes(pdf(prose("Ata da reunião", "O conselho aprova a licença.")))
    word = WordDocument()
    word.add_heading("Plano")
    word.add_paragraph("O plano vale até abril.")
    word.save(str(site.approved / "plano.docx"))
    return "13 documents"


def _write(site: Site, name: str, text: str) -> None:
    (site.approved / name).write_text(text, encoding="utf-8")


def derived(data: Path) -> dict[str, bytes]:
    """Every derived file that must not depend on what happened meanwhile, by name."""
    found = (path for part in COMPARED for path in (data / part).rglob("*") if path.is_file())
    return {str(path.relative_to(data)): path.read_bytes() for path in found}


def points(data: Path) -> dict[Any, tuple[dict[str, Any], Any]]:
    """Payload, without the time at which it was stored, and vector of every point that readers can find."""
    with _opened(data / "qdrant") as client:
        records, _ = client.scroll("nic", limit=10_000, with_vectors=True)
    return {record.id: ({**(record.payload or {}), "processing_timestamp": None}, record.vector) for record in records}


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[QdrantClient]:
    client = QdrantClient(path=str(folder))
    try:
        yield client
    finally:
        client.close()
