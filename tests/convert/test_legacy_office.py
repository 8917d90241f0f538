"""DOC, XLS and PPT are read by LibreOffice where it is installed, below limits and without a network or macros."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.legacy_office import guard, libreoffice
from pipeline.convert.text_export import text_of
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.office import pptx_of
from tests.support.compound_file import compound_file
from tests.support.paths import ROOT

FORMATS = ROOT / "tests" / "support" / "data" / "formats"
needs_libreoffice = pytest.mark.skipif(libreoffice.program() is None, reason="LibreOffice is not installed")
SLEEP = "import time; time.sleep(60)"
SLEEPER = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); {SLEEP}"
ASK = (
    "import socket, sys\n"
    "try:\n socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)\n"
    "except OSError:\n sys.exit(7)"
)


def read(name: str) -> str:
    document, conversion = extract((FORMATS / name).read_bytes(), name.rpartition(".")[2], ConversionSettings())
    assert (conversion.engine, conversion.properties.language) == ("docling", None)
    return text_of(document)


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plano.doc", ("Plano de Ensino da Unidade", "Do objeto", "1. Primeiro prazo", "40 | noite")),
        ("taxas.xls", ("Nome | Total", "mesclada")),
    ],
)
def test_binary_office_files_are_read(name: str, words: tuple[str, ...]) -> None:
    text = read(name)
    assert [word for word in words if word not in text] == []


@pytest.mark.slow
@needs_libreoffice
def test_a_binary_presentation_is_read(tmp_path: Path) -> None:
    """LibreOffice writes such files, too, but none under 400 kB."""
    (tmp_path / "aula.pptx").write_bytes(pptx_of("Resultados do ano"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(libreoffice.program()), profile, "--headless", "--convert-to", "ppt", "aula.pptx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    document, _ = extract((tmp_path / "aula.ppt").read_bytes(), "ppt", ConversionSettings())
    assert "Resultados do ano" in text_of(document)


def test_without_libreoffice_the_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "program", lambda: None)
    with pytest.raises(PermanentError, match=r"not installed: install it and run `nic retry`, or .* DOCX") as raised:
        read("plano.doc")
    assert raised.value.code == ErrorCode.UNSUPPORTED


@pytest.mark.slow
@needs_libreoffice
def test_a_damaged_binary_file_is_corrupt() -> None:
    data = bytearray((FORMATS / "taxas.xls").read_bytes())
    data[1500:3500] = b"\x55" * 2000
    with pytest.raises(PermanentError) as raised:
        extract(bytes(data), "xls", ConversionSettings())
    assert raised.value.code == ErrorCode.CORRUPT


@pytest.mark.parametrize(
    ("extension", "streams"),
    [
        ("doc", {"WordDocument": b"\xec\xa5\xc1\0" + bytes(6) + b"\0\x01" + bytes(5000)}),
        ("xls", {"Workbook": b"\x09\x08\x02\0\0\x06\x2f\0" + bytes(5000)}),
        ("ppt", {"PowerPoint Document": bytes(5000), "Current User": bytes(12) + b"\xdf\xc4\xd1\xf3"}),
    ],
)
def test_a_binary_file_with_a_password_says_so(extension: str, streams: dict[str, bytes]) -> None:
    with pytest.raises(PermanentError) as raised:
        extract(compound_file(streams), extension, ConversionSettings())
    assert raised.value.code == ErrorCode.ENCRYPTED


def test_libreoffice_gets_no_secret_and_no_setting_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "secret")
    given = libreoffice._environment(tmp_path)
    assert "secret" not in given.values()
    assert given["HOME"] == str(tmp_path)
    assert given["http_proxy"] == libreoffice.NOWHERE


def guarded(seconds: str, folder: Path, *command: str) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-I", guard.__file__, seconds, str(folder), *command]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE)


@pytest.mark.slow
def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    with guarded("1", tmp_path / "work", sys.executable, "-c", SLEEPER) as process:
        started = wait_for_children(process.pid)
        assert process.wait(20) == guard.KILLED
    assert still_there(started) == []


@pytest.mark.slow
def test_a_program_ends_when_the_process_that_asked_for_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    source = (
        "import subprocess, sys, time\n"
        f"guard = [sys.executable, '-I', {guard.__file__!r}, '60', {str(folder)!r}]\n"
        f"subprocess.Popen([*guard, sys.executable, '-c', {SLEEPER!r}], stdin=subprocess.PIPE)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", source]) as process:
        started = wait_for_children(process.pid, 3)
        os.kill(process.pid, signal.SIGKILL)
    assert still_there(started) == []
    assert not folder.exists()


def test_a_program_reaches_no_network(tmp_path: Path) -> None:
    if not can_leave_network():
        pytest.skip("this machine's kernel allows no network namespaces")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert subprocess.run([sys.executable, "-c", ASK, port], check=False).returncode == 0
        with guarded("20", tmp_path / "work", sys.executable, "-c", ASK, port) as process:
            assert process.wait(20) == 7


@pytest.fixture
def caller() -> Iterator[tuple[str, list[object]]]:
    """(address, who called): counts connections."""
    called: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                called.append(server.accept()[1])
            except OSError:
                return

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", called
    server.close()


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize("way", ["settings alone", "without settings"])
def test_libreoffice_fetches_nothing(
    caller: tuple[str, list[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Its settings forbid it where the kernel knows no network namespaces; without them it does call."""
    lenient = tmp_path / "guard.py"
    lenient.write_text(Path(guard.__file__).read_text().replace("    leave_network()\n", "", 1))
    monkeypatch.setattr(guard, "__file__", str(lenient))
    if way == "without settings":
        monkeypatch.setattr(libreoffice, "SETTINGS", {})
        monkeypatch.setattr(libreoffice, "NOWHERE", "")
    url = caller[0]
    libreoffice.modernised(f"<html><body><p>x</p><img src='{url}/i.png'></body></html>".encode(), "doc")
    assert bool(caller[1]) is (way == "without settings")


def can_leave_network() -> bool:
    probe = (
        f"import runpy, os; m = runpy.run_path({guard.__file__!r}); before = os.readlink('/proc/self/ns/net')\n"
        "m['leave_network'](); raise SystemExit(before == os.readlink('/proc/self/ns/net'))"
    )
    command = [sys.executable, "-c", probe]
    return sys.platform.startswith("linux") and subprocess.run(command, check=False).returncode == 0


def wait_for_children(pid: int, count: int = 2) -> list[psutil.Process]:
    """All that runs below a process, once there are so many."""
    for _ in range(200):
        found = psutil.Process(pid).children(recursive=True)
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not start")


def still_there(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=10)[1]
