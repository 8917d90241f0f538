"""A workspace to run the real pipeline in: a folder of documents, a data directory, settings, and what happened."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import luigi
import psutil
import pytest
from luigi.execution_summary import LuigiRunResult
from luigi.task_register import Register

from pipeline import RunAll
from pipeline.convert.stage import conversion_module
from pipeline.embed import begin_export
from pipeline.run.current import Run, current_run
from pipeline.schema import Stage
from pipeline.settings.load import load_settings
from pipeline.settings.sections import EmbeddingSettings
from pipeline.store.connection import disconnect
from tests.support.luigid import luigid
from tests.support.samples_run import SamplesRun, run_samples

__all__ = ["luigid"]  # a fixture
_WORKER_BYTES = 6 * 2**30  # a worker with its models, and the processes that its test may start
_MOST_WORKERS = 4


def pytest_configure() -> None:
    """A shell that starts the suite in the background has Ctrl-C ignored, here and in all processes of the tests."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: one more than cores, as tests wait a fifth of their time for processes, servers and limits;
    fewer where memory is short, and no more than have been tried."""
    fit = psutil.virtual_memory().available // _WORKER_BYTES
    return max(1, min((os.cpu_count() or 1) + 1, fit, _MOST_WORKERS))


def pytest_collection() -> None:
    """Workers import Docling as the product does, before a test module imports it together with torch."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        conversion_module()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `make check` leaves out: tests that unpack, load or run a model, whoever asks for it, or a browser."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "models_dir" in fixtures:
            item.add_marker(pytest.mark.model)
        if "browser" in fixtures:
            item.add_marker(pytest.mark.slow)


def forget_run() -> None:
    """Begin as a new process would: no run, no task instances, no open store."""
    current_run.cache_clear()
    Register.clear_instance_cache()


@dataclass
class Workspace:
    """Documents under `root`, derived files under `data`; `run_all` is the product's main job, in this process."""

    root: Path
    data: Path
    monkeypatch: pytest.MonkeyPatch
    settings: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        file = self.root / "30-Aprovados" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def begin_with(self, left: Path) -> None:
        """Go on from what another workspace has left. Its folder was another one, so that the next run looks at
        everything again, and finds it done."""
        (self.data / "models").unlink()
        shutil.copytree(left, self.root.parent, symlinks=True, dirs_exist_ok=True)

    def set(self, section: str, option: str, value: str) -> None:
        """Set an option as luigi.cfg would; undone after the test."""
        config = luigi.configuration.get_config()
        if (section, option) not in self.settings:
            self.settings[section, option] = config.get(section, option, None)
        config.set(section, option, value)

    def restore(self) -> None:
        config = luigi.configuration.get_config()
        for (section, option), value in self.settings.items():
            if value is None:
                config.remove_option(section, option)
            else:
                config.set(section, option, value)

    @property
    def run(self) -> Run:
        return current_run()

    def run_all(self, meanwhile: Callable[[], object] = lambda: None) -> LuigiRunResult:
        """Run the main job; `meanwhile` happens after the folder was listed and before the work begins."""
        forget_run()
        job = RunAll()  # type: ignore[no-untyped-call]
        meanwhile()
        result = luigi.build([job], local_scheduler=True, detailed_summary=True, log_level="WARNING")
        assert isinstance(result, LuigiRunResult)
        return result

    def worked(self) -> dict[Stage, list[str]]:
        """Stage -> paths of the documents that the last run worked on, from its log."""
        done: dict[Stage, list[str]] = {}
        log = self.run.data.run(self.run.id) / "log.jsonl"
        for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
            entry = json.loads(line)
            if "path" not in entry:
                continue
            done.setdefault(Stage(entry["stage"]), []).append(entry["path"].removeprefix("30-Aprovados/"))
        return {stage: sorted(paths) for stage, paths in done.items()}


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test session share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def models_dir(common: Path) -> Path:
    """Where the bundled model is unpacked and exported, once a session."""
    folder = common / "models"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _export(request: pytest.FixtureRequest) -> Iterator[None]:
    """The bundled model's export is begun before the tests that would wait for it."""
    if not any(item.get_closest_marker("model") for item in request.session.items):
        yield
        return
    process = begin_export(EmbeddingSettings(), request.getfixturevalue("models_dir"))
    yield
    if process:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def samples_run(common: Path, models_dir: Path) -> SamplesRun:
    """The main job over the delivered samples, on the embedded defaults."""
    return run_samples(common, models_dir)


@pytest.fixture
def lax_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said to switch the checking of certificates off."""
    for name, value in {"PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def workspace(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A fresh workspace."""
    with open_workspace(tmp_path, models_dir, monkeypatch) as made:
        yield made


@contextlib.contextmanager
def open_workspace(
    folder: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, copied_from: Path | None = None
) -> Iterator[Workspace]:
    """A workspace in an empty folder, or a copy of one that was opened in another folder."""
    root, data = folder / "root", folder / "data"
    if copied_from:
        for made in (root, data):
            shutil.copytree(copied_from / made.name, made, symlinks=True)
    else:
        (root / "30-Aprovados").mkdir(parents=True)
        data.mkdir()
        (data / "models").symlink_to(models_dir)
    monkeypatch.setenv("NIC_FOLDER_PATH", str(root))
    monkeypatch.setenv("NIC_DATA_DIR", str(data))
    workspace = Workspace(root, data, monkeypatch)
    workspace.set("engine", "kind", "inline")
    forget_run()
    yield workspace
    workspace.restore()
    forget_run()
    disconnect(load_settings())


@contextlib.contextmanager
def lasting_workspace(folder: Path, models_dir: Path) -> Iterator[Workspace]:
    """A workspace in an empty folder for fixtures that outlive a test: with a monkeypatch of its own."""
    with pytest.MonkeyPatch.context() as monkeypatch, open_workspace(folder, models_dir, monkeypatch) as made:
        yield made
