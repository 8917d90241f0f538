"""Nothing that anyone may read holds a secret, an absolute path of this machine, or text of a document that failed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from pipeline.datadir.paths import DataDir
from tests.conftest import Workspace
from tests.support.luigid import pages

KEY, TEXT = "k3y-that-nobody-may-see", "SEGREDO-DO-TEXTO"
UNFORESEEN = f"""
import errno, runpy
from pathlib import Path
import pipeline
import pipeline.tasks.main_job
from pipeline.publish import finalize
from pipeline.errors import ErrorCode, PermanentError
from pipeline.sources.folder import FolderSource

fetch = FolderSource.fetch
def trouble(self, document, target):
    said = f"{{target}}: {TEXT} {KEY}"
    match document.path.rpartition("/")[2]:
        case "unforeseen.txt": raise RuntimeError(said)
        case "system.txt": raise OSError(errno.ENOENT, said, str(target))
        case "known.txt": raise PermanentError(f"cannot read {{target}} with {KEY}", ErrorCode.CORRUPT, details=said)
    fetch(self, document, target)
FolderSource.fetch = trouble
def fail(*_):
    raise RuntimeError(f"{{Path.cwd()}} {TEXT} {KEY}")
"""
PLACES = ("finalize.finalize = fail", "pipeline.tasks.main_job.is_published = fail")
"""Where else it fails: in a task's run, and where Luigi asks what is done."""


def damage(file: Path, part: str, old: str, new: str) -> None:
    """Replace text in one part of an Office file."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.fixture
def odd(workspace: Workspace) -> Workspace:
    """A good document and seven that fail, each in its own way."""
    approved = workspace.root / "30-Aprovados"
    workspace.write("bom.md", "# Férias\n\nTrinta dias.\n")
    for name in ("unforeseen", "system", "known"):
        workspace.write(f"{name}.txt", f"{TEXT} {name}")
    book = openpyxl.Workbook()
    book.active.append([4711])
    book.save(approved / "planilha.xlsx")
    damage(approved / "planilha.xlsx", "xl/worksheets/sheet1.xml", "<v>4711</v>", f"<v>{TEXT}</v>")
    sample = next(Path("data/samples").rglob("*.docx"))
    (approved / "texto.docx").write_bytes(sample.read_bytes())
    damage(approved / "texto.docx", "word/document.xml", "</w:body>", f"<{TEXT}></w:body>")
    (approved / "quebrado.pdf").write_bytes(f"%PDF-1.7 {TEXT}".encode())
    (approved / "foto.png").write_bytes(b"\x89PNG\r\n\x1a\n" + TEXT.encode())
    return workspace


def main_job(luigid: str, trouble: str) -> subprocess.CompletedProcess[str]:
    script = f"{UNFORESEEN}\n{trouble}\nrunpy.run_module('luigi', run_name='__main__')"
    options = ["--scheduler-host", "127.0.0.1", "--scheduler-port", luigid.rpartition(":")[2], "--log-level", "INFO"]
    options += ["--pipeline-max-concurrent-documents", "1"]
    job = [sys.executable, "-c", script, "--module", "pipeline", "RunAll", *options]
    return subprocess.run(job, capture_output=True, text=True, timeout=500, check=False)


def public_files(data: Path) -> Iterator[Path]:
    """Everything but the private log, copies of the sources and the model."""
    for file in data.rglob("*"):
        if file.is_file() and file.name != "errors.log" and file.stem != "source" and "models" not in file.parts:
            yield file


@pytest.mark.slow
def test_what_nobody_foresaw_is_told_to_the_private_log_alone(
    odd: Workspace, luigid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", KEY)
    shown = ""
    for place in PLACES:
        done = main_job(luigid, place)
        assert done.returncode, "a run that fails there says so"
        shown += done.stdout + done.stderr + pages(luigid)
    canaries = (KEY, TEXT, str(tmp_path))
    public = (*public_files(odd.data), *tmp_path.glob("*.pickle"))
    files = {file.name: file.read_bytes() for file in public}
    leaks = [(canary, name) for canary in canaries for name, content in files.items() if canary.encode() in content]
    here = [line for line in shown.splitlines() if any(told in line for told in (*canaries, sys.prefix))]
    assert (leaks, here) == ([], [])
    assert "unexpected RuntimeError; the run's errors.log has the traceback" in shown
    assert "Traceback (most recent call last)" not in shown
    assert len(list(odd.data.glob("documents/*/*/failure-*.json"))) == 7, done.stderr
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in odd.data.iterdir() if not folder.is_symlink())
    private = list(odd.data.glob("runs/*/errors.log"))
    assert len(private) == len(PLACES)
    for log in private:
        assert log.stat().st_mode & 0o777 == 0o600
        assert all(told in log.read_text(encoding="utf-8") for told in (KEY, TEXT, "in fail\n"))


def test_the_data_directory_is_made_for_this_user_alone(tmp_path: Path) -> None:
    DataDir.at(str(tmp_path / "data")).create()
    made = [tmp_path / "data", *(tmp_path / "data").iterdir()]
    assert len(made) > 5
    assert {folder.stat().st_mode & 0o777 for folder in made} == {0o700}


@pytest.mark.slow
def test_an_unforeseen_error_of_a_command_is_one_line(odd: Workspace) -> None:
    fails = (
        "import pipeline.inspection.status as s, pipeline.cli as c\ndef fail(*_): raise RuntimeError('"
        + TEXT
        + "')\ns.status = fail\n"
    )
    command = [sys.executable, "-c", f"{fails}import sys; sys.argv[1:] = ['status']; c.main()"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    (log,) = odd.data.glob("runs/*/errors.log")
    message = f"error: unexpected RuntimeError; the run's errors.log has the traceback ({log})\n"
    assert (done.returncode, done.stderr) == (1, message)
    assert TEXT in log.read_text(encoding="utf-8")
