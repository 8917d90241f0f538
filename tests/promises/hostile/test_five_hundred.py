"""Five hundred documents, a hundred of them hostile, through the real command: 400 are stored, 100 have a reason."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.errors import ErrorCode
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import Settings
from tests.promises.hostile import images, markup, office, offices, pdfs, texts
from tests.promises.hostile.kinds import Kind
from tests.support.documents import PARAGRAPH, pdf, prose
from tests.support.paths import ROOT

pytestmark = pytest.mark.soak
GOOD, HOSTILE, SKIPPED = 400, 95, 5
SLOW = ("zip-bomb", "text-bomb", "line-of-50", "bomb", "many-")  # to make
LIMITS = EngineSettings(document_timeout_s=240, memory_limit_mb=3000)


def good(number: int) -> tuple[str, bytes]:
    """(name, content) of a document with words of its own; mostly small texts."""
    words = f"Portaria {number}: {PARAGRAPH}"
    match number % 20:
        case 0:
            return f"{number}.pdf", pdf(prose(words))
        case 1:
            return f"{number}.docx", office.docx_of(words)
        case 2 | 3 | 4 | 5 | 6:
            return f"{number}.html", f"<html><h1>Portaria {number}</h1><p>{words}</p></html>".encode()
        case 7 | 8 | 9 | 10 | 11 | 12:
            return f"{number}.md", f"# Portaria {number}\n\n{words}\n".encode()
        case _:
            return f"{number}.txt", words.encode()


def hostile() -> Iterator[tuple[str, bytes]]:
    """Every kind that is quarantined, then the quick ones again, told apart by what follows their end."""
    every = (*office.KINDS, *offices.KINDS, *markup.KINDS, *texts.KINDS, *pdfs.KINDS, *images.KINDS)
    kinds = [kind for kind in every if kind.codes]
    yield from ((kind.name, kind.make()) for kind in kinds)
    quick = [kind for kind in kinds if _is_quick(kind)]
    for number, kind in enumerate(itertools.cycle(quick)):
        yield f"{number}-{kind.name}", kind.make() + b"\n" * (number + 1)


def _is_quick(kind: Kind) -> bool:
    return not kind.name.startswith(SLOW) and ErrorCode.TIMEOUT not in kind.codes


def fill(folder: Path) -> set[str]:
    """Write the documents; returns the names of those that must not be stored."""
    folder.mkdir(parents=True)
    bad = dict(itertools.islice(hostile(), HOSTILE))
    bad |= {f"{number}{suffix}": b"MZ" for number, suffix in enumerate((".exe", ".zip", "", ".lnk", ".iso"))}
    assert len(bad) == HOSTILE + SKIPPED
    for name, content in (*map(good, range(GOOD)), *bad.items()):
        (folder / name).write_bytes(content)
    return set(bad)


def command(data: Path, root: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "NIC_DATA_DIR": str(data),
        "NIC_FOLDER_PATH": str(root),
        "LUIGI_CONFIG_PATH": str(data / "limits.cfg"),
        "HF_HUB_OFFLINE": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


class PeakMemory(threading.Thread):
    """Resident megabytes of a process and all below it, at their highest."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.peak_mb = 0.0

    def run(self) -> None:
        while self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE:
            self.peak_mb = max(self.peak_mb, sum(map(_size, [self.process, *self.process.children(recursive=True)])))
            time.sleep(0.2)


def _size(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def test_a_hundred_hostile_documents_leave_four_hundred_stored_and_each_its_reason(tmp_path: Path) -> None:
    data, root = tmp_path / "data", tmp_path / "root"
    data.mkdir()
    (data / "limits.cfg").write_text(
        f"[engine]\ndocument_timeout_s = {LIMITS.document_timeout_s:g}\nmemory_limit_mb = {LIMITS.memory_limit_mb}\n"
    )
    folder = Settings().source.target_folder
    bad = fill(root / folder)

    started = time.monotonic()
    job = command(data, root, "luigi", "--module", "pipeline", "RunAll", "--local-scheduler")
    watch = PeakMemory(job.pid)
    watch.start()
    said, _ = job.communicate()
    watch.join()
    print(f"\n{time.monotonic() - started:.0f} s, {watch.peak_mb:.0f} MB at the peak in all processes\n{said}")  # noqa: T201
    assert job.returncode == 0

    verify = command(data, root, "pipeline", "verify", "--json")
    found = json.loads(verify.communicate()[0])
    assert (verify.returncode, found["differences"], found["documents"]) == (0, [], GOOD)

    status = json.loads(command(data, root, "pipeline", "status", "--json").communicate()[0])
    reasons = {entry["path"]: entry["failure"]["message"] for entry in status["quarantined"]}
    reasons |= {entry["path"]: entry["reason"] for entry in status["skipped"]}
    assert {path.removeprefix(f"{folder}/") for path in reasons} == bad
    assert all(reasons.values())
    assert not [reason for reason in reasons.values() if str(tmp_path) in reason or "unexpected" in reason]
