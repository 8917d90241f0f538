"""Local mode: one process at a time, quick writes, cheap questions; and TLS with a private authority."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.settings.sections import Settings
from pipeline.store import local_files
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import connect, disconnect, is_present
from tests.support.disk import make_read_only, mounted
from tests.support.qdrant_server import QdrantServer
from tests.support.stored import DIMENSION, make_document, make_payloads, make_settings, make_terms, make_vectors

PATH = "30-Aprovados/a.pdf"


def script(data_dir: Path, *lines: str, timeout_s: float = 0.2) -> list[str]:
    """A command that runs lines which find `settings` for the same data directory."""
    header = (
        "from pipeline.settings.sections import PipelineSettings, QdrantSettings, Settings",
        f"pipeline, qdrant = PipelineSettings(data_dir={str(data_dir)!r}), QdrantSettings(timeout_s={timeout_s})",
        "settings = Settings(pipeline=pipeline, qdrant=qdrant)",
    )
    return [sys.executable, "-c", "\n".join((*header, *lines))]


def in_another_process(data_dir: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(script(data_dir, *lines), capture_output=True, text=True, check=False)


def published_store(settings: Settings) -> Store:
    """A document of three points, for readers to see."""
    store = open_store(settings, "nic__a")
    store.ensure_collection(DIMENSION)
    store.replace_document(PATH, make_payloads(make_document(PATH), 3), make_vectors(3), make_terms(3))
    store.publish()
    return store


@pytest.mark.slow
def test_a_second_process_is_told_why_it_waits_and_then_what_to_do(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    connect(settings)
    try:
        answer = in_another_process(
            tmp_path,
            "from pipeline.store.connection import connect",
            "try: connect(settings)",
            "except Exception as error: print(type(error).__name__, error.code, error)",
        )
    finally:
        disconnect(settings)
    assert answer.stderr.endswith("waiting up to 0.2 s for another process to let the local Qdrant files go\n")
    assert answer.stdout.startswith("TransientError store_unreachable another process is using")
    assert "QDRANT_URL" in answer.stdout
    assert str(tmp_path) not in answer.stdout


@pytest.mark.slow
def test_a_client_that_nobody_closed_is_closed_before_the_interpreter_ends(tmp_path: Path) -> None:
    at_the_very_end = "import atexit; atexit.register(lambda: print(client._client.closed))"
    opened = script(tmp_path, "from pipeline.store.connection import connect", "client = connect(settings)")[-1]
    command = [sys.executable, "-c", f"{at_the_very_end}\n{opened}"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (made.stdout, made.stderr, made.returncode) == ("True\n", "", 0)


@pytest.mark.slow
def test_a_second_process_waits_its_turn(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    connect(settings)
    lines = "import qdrant_client", "from pipeline.store.connection import connect", "print('knocks', flush=True)"
    command = script(tmp_path, *lines, "connect(settings)", "print('is in')", timeout_s=20)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "knocks\n"
        time.sleep(0.5)
        assert other.poll() is None
        disconnect(settings)
        assert other.stdout.read() == "is in\n"


@pytest.mark.slow
def test_a_process_that_ends_with_an_open_store_leaves_all_in_order(tmp_path: Path) -> None:
    opened = (
        "from pipeline.store.collection import open_store",
        "store = open_store(settings, 'a')",
        "store.ensure_collection(3)",
    )
    done = in_another_process(tmp_path, *opened)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.rglob("*-wal"))
    store = open_store(make_settings(tmp_path, timeout_s=0.2), "a")
    assert store.exists()
    store.close()


def test_all_stores_of_a_process_share_one_connection(tmp_path: Path) -> None:
    one, two = make_settings(tmp_path), make_settings(tmp_path, batch_points=7, collection_name="other")
    assert connect(one) is connect(two)
    disconnect(one)
    store = open_store(two, "a")
    assert not store.exists()
    store.close()


def test_a_forked_process_does_not_use_its_parents_store(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, timeout_s=0.2)
    store = open_store(settings, "nic__a")
    store.ensure_collection(DIMENSION)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        try:
            connect(settings)
        except TransientError as error:
            os._exit(7 if error.code is ErrorCode.STORE_UNREACHABLE else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert store.exists()
    store.close()


def test_presence_in_local_mode_loads_no_qdrant_library_and_no_points(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    store = published_store(settings)
    assert is_present(settings, "nic__a", 3)
    store.close()
    answer = in_another_process(
        tmp_path,
        "import sys",
        "from pipeline.store.connection import is_present",
        "print(is_present(settings, 'nic__a', 3), 'qdrant_client' in sys.modules)",
    )
    assert answer.stdout == "True False\n", answer.stderr


def test_points_are_counted_where_nothing_can_be_written(tmp_path: Path) -> None:
    """Of a data directory that is only read `nic status` does not say that the collection is out of step."""
    with mounted(tmp_path / "disk", 2**22) as disk:
        settings = make_settings(disk)
        store = published_store(settings)
        store.close()
        make_read_only(disk)
        assert local_files.points(settings, "nic__a") == 3


def test_what_was_stored_is_there_after_closing(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    store = published_store(settings)
    store.close()
    again = open_store(settings, "nic__a")
    assert again.differences({PATH: ("v1", 3)}.items()) == []
    assert again.published_collection() == "nic__a"
    again.close()


@pytest.mark.slow
def test_a_killed_process_loses_nothing_that_it_stored_and_blocks_nobody(tmp_path: Path) -> None:
    killed = in_another_process(
        tmp_path,
        "import os",
        "from pipeline.store.collection import open_store",
        "from tests.support.stored import *",
        "store = open_store(settings, 'nic__a')",
        "store.ensure_collection(DIMENSION)",
        f"store.replace_document({PATH!r}, make_payloads(make_document({PATH!r}), 9), make_vectors(9), make_terms(9))",
        "os.kill(os.getpid(), 9)",
    )
    assert killed.returncode == -9, killed.stderr
    store = open_store(make_settings(tmp_path, timeout_s=0.2), "nic__a")
    assert store.differences({PATH: ("v1", 9)}.items()) == []
    store.close()


def test_a_process_killed_while_it_makes_the_local_files_blocks_nobody(tmp_path: Path) -> None:
    (tmp_path / "qdrant").mkdir()
    (tmp_path / "qdrant" / "meta.json").touch()  # opened, not yet written: what the kill leaves
    store = open_store(make_settings(tmp_path, timeout_s=0.2), "nic__a")
    store.ensure_collection(DIMENSION)
    assert store.differences({}.items()) == []
    store.close()


def test_local_files_that_cannot_be_opened_are_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a process has as many files open as it may; a folder in the place of one is damage."""
    settings = make_settings(tmp_path, timeout_s=0.2)
    store = open_store(settings, "nic__a")
    store.ensure_collection(DIMENSION)
    store.close()

    def refuse(**_: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    with monkeypatch.context() as patched, pytest.raises(TransientError, match="cannot open the local Qdrant files"):
        patched.setattr("qdrant_client.QdrantClient", refuse)
        connect(settings)
    (storage,) = tmp_path.rglob("storage.sqlite")
    storage.unlink()
    storage.mkdir()
    with pytest.raises(local_files.DamagedFilesError):
        connect(settings)


def test_local_collections_keep_a_write_ahead_log(tmp_path: Path) -> None:
    store = open_store(make_settings(tmp_path), "nic__a")
    store.ensure_collection(DIMENSION)
    store.close()
    (storage,) = tmp_path.rglob("storage.sqlite")
    assert sqlite3.connect(storage).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_local_mode_gives_no_advice(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        store = open_store(make_settings(tmp_path), "nic__a")
        store.ensure_collection(DIMENSION)
        store.close()
    assert not [warning for warning in caught if "qdrant" in str(warning.message).lower()]


def test_damaged_local_files_are_a_clear_error_and_stay_unlocked(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, timeout_s=0.2)
    (tmp_path / "qdrant").mkdir()
    (tmp_path / "qdrant" / "meta.json").write_text("{")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="damaged"):
            connect(settings)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
@pytest.mark.usefixtures("lax_environment")
def test_a_private_authority_is_trusted_only_when_it_is_named(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *curve, *subject, *files], check=True, capture_output=True)
    with QdrantServer(certificate=(certificate, key)) as server:
        for ca_file, expected in ((None, "QDRANT_CA_FILE"), (key, "QDRANT_CA_FILE"), (certificate, "")):
            settings = make_settings(tmp_path, server.url, ca_file=ca_file)
            if expected:
                with pytest.raises(ConfigurationError, match=expected):
                    open_store(settings, "nic__a").exists()
            else:
                assert not open_store(settings, "nic__a").exists()
            disconnect(settings)
