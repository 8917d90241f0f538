"""Several processes and hosts work on one collection, over a shared folder or an object store."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from distributed import Client
from moto.server import ThreadedMotoServer

from pipeline.publish.verification import verify
from pipeline.schema import Stage
from tests.conftest import Workspace
from tests.support.luigid import luigid_at, workers_of
from tests.support.paths import ROOT
from tests.support.qdrant_server import QdrantServer

pytestmark = pytest.mark.slow
RUN_ALL = ("luigi", "--module", "pipeline", "RunAll")
DOCUMENTS = 6
DEAD_AFTER_S = 6  # a worker that says nothing for so long, where the test does not wait for the minute of production


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A root with small documents in its folder of approved ones."""
    approved = tmp_path / "root" / "30-Aprovados"
    approved.mkdir(parents=True)
    for number in range(DOCUMENTS):
        (approved / f"portaria-{number:02d}.txt").write_text(f"Portaria nº {number}: férias de {number} dias.")
    return approved


@pytest.fixture
def environment(folder: Path, tmp_path: Path, models_dir: Path) -> Iterator[dict[str, str]]:
    """What every process is told: the folder, a shared data directory, a Qdrant server, a home of its own."""
    settings = (ROOT / "luigi.cfg").read_text(encoding="utf-8").replace("\nprecision = auto", "\nprecision = int8")
    (tmp_path / "luigi.cfg").write_text(
        settings.replace("worker_disconnect_delay = 20", f"worker_disconnect_delay = {DEAD_AFTER_S}"), encoding="utf-8"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    with QdrantServer() as server:
        yield {
            **os.environ,
            "NIC_FOLDER_PATH": str(folder.parent),
            "NIC_DATA_DIR": str(tmp_path / "data"),
            "NIC_ENGINE": "inline",
            "QDRANT_URL": server.url,
            "HF_HUB_OFFLINE": "1",
            "HOME": str(home(tmp_path / "home", models_dir)),
            "LUIGI_CONFIG_PATH": str(tmp_path / "luigi.cfg"),
        }


def home(folder: Path, models_dir: Path) -> Path:
    """A home directory with the model in its cache, for those who have no data directory on a disk."""
    (folder / ".cache" / "nic-etl").mkdir(parents=True)
    (folder / ".cache" / "nic-etl" / "models").symlink_to(models_dir)
    return folder


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A data directory in S3, and what it takes to reach it in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    names = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    name = f"nic-{secrets.token_hex(4)}"  # moto keeps buckets from one server of this process to the next
    boto3.client("s3").create_bucket(Bucket=name)
    yield f"s3://{name}/etl"
    server.stop()


@pytest.fixture
def object_store(bucket: str, environment: dict[str, str]) -> dict[str, str]:
    """The same, with the data directory in S3."""
    return environment | {"NIC_DATA_DIR": bucket}


@contextlib.contextmanager
def running(environment: dict[str, str], *arguments: str, cwd: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, cwd=cwd, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def call(environment: dict[str, str], *arguments: str) -> str:
    """Run a command that must end well; its output."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for(happened: Callable[[], bool], timeout_s: float = 240) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stored(environment: dict[str, str]) -> int:
    """Documents in the collection, which is proven to be exactly the folder."""
    verified = json.loads(call(environment, "pipeline", "verify", "--json"))
    assert not verified["differences"]
    return int(verified["documents"])


def test_dask_workers_without_a_common_folder_share_the_work_over_an_object_store(
    object_store: dict[str, str], folder: Path, tmp_path: Path, models_dir: Path
) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        scheduler = ("dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        stack.enter_context(running(object_store, *scheduler))
        for name in ("a", "b"):
            own = home(tmp_path / name, models_dir)
            worker = ("dask", "worker", address, "--nthreads", "1", "--name", name, "--no-dashboard")
            stack.enter_context(running(object_store | {"HOME": str(own)}, *worker, cwd=own))
        wait_for(lambda: listens(port))
        with Client(address) as client:
            client.wait_for_workers(2, timeout=240)
        call(object_store | {"NIC_ENGINE": "dask", "NIC_DASK_ADDRESS": address}, *RUN_ALL, "--local-scheduler")
        with Client(address) as client:
            executed = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert len(executed) == 2
    assert all(executed.values())
    assert stored(object_store) == DOCUMENTS
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["models"]


def test_a_run_alone_keeps_its_derived_files_in_an_object_store(
    bucket: str, workspace: Workspace, tmp_path: Path, models_dir: Path
) -> None:
    workspace.monkeypatch.setenv("NIC_DATA_DIR", bucket)
    workspace.monkeypatch.setenv("HOME", str(home(tmp_path / "home", models_dir)))
    for number in range(DOCUMENTS):
        workspace.write(f"{number}.txt", f"Portaria nº {number}: férias de {number} dias.")
    with QdrantServer() as server:
        workspace.monkeypatch.setenv("QDRANT_URL", server.url)
        assert workspace.run_all().scheduling_succeeded
        workspace.write("3.txt", "Portaria nº 3: revogada.")
        assert workspace.run_all().scheduling_succeeded
        assert workspace.worked()[Stage.STORE] == ["3.txt"]
        assert workspace.run_all().scheduling_succeeded
        assert workspace.worked() == {}
        verified = verify(workspace.run)
        assert (verified.exact, verified.documents) == (True, DOCUMENTS)
    assert [path.name for path in workspace.data.iterdir()] == ["models"]


def test_of_two_luigi_processes_one_is_killed_and_the_other_finishes(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with luigid_at(tmp_path / "luigid.pickle", environment, looks_every_s=1) as address:
        at = ("--scheduler-url", address, "--worker-keep-alive", "--assistant")
        with running(environment, *RUN_ALL, *at) as first, contextlib.ExitStack() as stack:
            wait_for(lambda: any((tmp_path / "data" / "documents").glob("*/*/document-*.json")))
            first.send_signal(signal.SIGSTOP)  # so that it does not finish before the other begins
            second = stack.enter_context(running(environment, *RUN_ALL, *at))
            wait_for(lambda: any(f"pid={second.pid}" in worker["name"] for worker in workers_of(address)))
            first.send_signal(signal.SIGKILL)
            assert second.wait(timeout=300) == 0
    assert stored(environment) == DOCUMENTS
