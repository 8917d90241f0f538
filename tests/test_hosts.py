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

from tests.qdrant_server import QdrantServer

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
RUN_ALL = ("luigi", "--module", "pipeline", "RunAll")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A root with 40 small documents in its folder of approved ones."""
    approved = tmp_path / "root" / "30-Aprovados"
    approved.mkdir(parents=True)
    for number in range(40):
        (approved / f"portaria-{number:02d}.txt").write_text(f"Portaria nº {number}: férias de {number} dias.")
    return approved


@pytest.fixture
def environment(folder: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What every process is told: the folder, a shared data directory, a Qdrant server, a home of its own."""
    with QdrantServer() as server:
        yield {
            **os.environ,
            "NIC_FOLDER_PATH": str(folder.parent),
            "NIC_DATA_DIR": str(tmp_path / "data"),
            "NIC_ENGINE": "inline",
            "QDRANT_URL": server.url,
            "HF_HUB_OFFLINE": "1",
            "HOME": str(tmp_path),
            "LUIGI_CONFIG_PATH": str(ROOT / "luigi.cfg"),
        }


@pytest.fixture
def object_store(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The same, with the data directory in S3."""
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
    bucket = f"nic-{secrets.token_hex(4)}"  # moto keeps buckets from one server of this process to the next
    boto3.client("s3").create_bucket(Bucket=bucket)
    yield environment | names | {"NIC_DATA_DIR": f"s3://{bucket}/etl"}
    server.stop()


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


def test_derived_files_live_in_an_object_store_and_a_second_run_does_nothing(
    object_store: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    call(object_store, *RUN_ALL, "--local-scheduler")
    assert stored(object_store) == 40
    assert "nothing to do" in call(object_store, *RUN_ALL, "--local-scheduler")
    (folder / "portaria-07.txt").write_text("Portaria nº 7: revogada.")
    assert "     1 " in call(object_store, *RUN_ALL, "--local-scheduler")
    assert stored(object_store) == 40
    assert not (tmp_path / "data").exists()


def test_two_dask_workers_without_a_common_folder_share_the_work(object_store: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        scheduler = ("dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        stack.enter_context(running(object_store, *scheduler))
        for name in ("a", "b"):
            home = tmp_path / name
            home.mkdir()
            worker = ("dask", "worker", address, "--nthreads", "1", "--name", name, "--no-dashboard")
            stack.enter_context(running(object_store | {"HOME": str(home)}, *worker, cwd=home))
        wait_for(lambda: listens(port))
        with Client(address) as client:
            client.wait_for_workers(2, timeout=60)
        call(object_store | {"NIC_ENGINE": "dask", "NIC_DASK_ADDRESS": address}, *RUN_ALL, "--local-scheduler")
        assert stored(object_store) == 40
        with Client(address) as client:
            executed = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert len(executed) == 2
    assert all(executed.values())


def test_of_two_luigi_processes_one_is_killed_and_the_other_finishes(
    environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    scheduled = (
        *RUN_ALL,
        "--scheduler-host",
        "127.0.0.1",
        "--scheduler-port",
        str(port),
        "--worker-keep-alive",
        "--assistant",
    )
    with contextlib.ExitStack() as stack:
        serve = "from luigi.cmdline import luigid; luigid()"
        server = subprocess.Popen(
            [sys.executable, "-c", serve, "--address", "127.0.0.1", "--port", str(port)],
            env=environment,
            cwd=ROOT,
        )
        stack.callback(server.wait)
        stack.callback(server.kill)
        wait_for(lambda: listens(port))
        first = stack.enter_context(running(environment, *scheduled))
        wait_for(lambda: any((tmp_path / "data" / "documents").glob("*/*/document-*.json")))
        second = stack.enter_context(running(environment, *scheduled))
        time.sleep(1)
        first.send_signal(signal.SIGKILL)
        assert second.wait(timeout=300) == 0
    assert stored(environment) == 40
