"""Of documents that were stored, searched, reported, evaluated and then purged, no byte of their words is left."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document as WordDocument
from luigi.execution_summary import LuigiStatusCode
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.publish import purge
from pipeline.publish.verification import verify
from pipeline.store.connection import disconnect
from tests.conftest import Workspace, forget_run
from tests.support.byte_scan import places
from tests.support.documents import pdf, prose
from tests.support.indexed import make_run, run_all
from tests.support.paths import ROOT

SEED = 20261126
FORMATS = ("txt", "md", "docx", "pdf", "xlsx", "html")
KEPT, BROKEN = "norma.md", "Quebrada000"


@dataclass
class Office:
    """Somebody's documents, data directory and home, all below one folder."""

    folder: Path
    models: Path
    words: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def approved(self) -> Path:
        return self.folder / "root" / "30-Aprovados"

    def prepare(self, documents: int) -> None:
        for folder in (self.approved, self.data, self.folder / "tmp", self.folder / "home"):
            folder.mkdir(parents=True)
        (self.data / "models").symlink_to(self.models)
        (self.approved / KEPT).write_text("# Norma\n\nO prazo da norma é de oito dias.\n", encoding="utf-8")
        for number in range(documents):
            self.words.append(f"Zuleica{number:03}")
            write(self.approved, f"{self.words[-1]} laudo", FORMATS[number % len(FORMATS)], self.words[-1])
        self.words.append(BROKEN)
        (self.approved / f"{BROKEN}.docx").write_bytes(f"PK\x03\x04 {BROKEN}".encode())

    @property
    def secret(self) -> list[str]:
        """The paths of all documents but the one that stays."""
        return sorted(f"30-Aprovados/{file.name}" for file in self.approved.iterdir() if file.name != KEPT)

    def start(self, *command: str) -> subprocess.Popen[str]:
        home = self.folder / "home"
        environment = {
            **os.environ,
            "NIC_FOLDER_PATH": str(self.folder / "root"),
            "NIC_DATA_DIR": str(self.data),
            "NIC_ENGINE": "inline",
            "NIC_ALLOW_MASS_DELETE": "true",
            "TMPDIR": str(self.folder / "tmp"),
            **{name: str(home) for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")},
        }
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def nic(self, *command: str) -> str:
        process = self.start(*command)
        said, _ = process.communicate(timeout=1800)
        assert process.returncode == 0, said
        return said

    def use(self) -> None:
        """Everything that quotes documents: two runs, searches, an evaluation, and what lies beside them."""
        self.nic("run")
        questions = self.folder / "questions.json"
        asked = [{"qid": path, "question": f"De quem é o laudo {path}?", "path": path} for path in self.secret]
        questions.write_text(json.dumps({"queries": asked}), encoding="utf-8")
        self.nic("evaluate", str(questions), "--out", str(self.data / "evaluation"), "--method", "sparse")
        questions.unlink()
        found = self.nic("search", self.words[0], "--top-k", "5")
        assert self.words[0] in found
        (self.data / "example-search.txt").write_text(found, encoding="utf-8")
        with next(self.approved.glob("*.txt")).open("a") as stream:
            stream.write("Outra versão.\n")
        self.nic("run")
        self.leave_private_log()

    def leave_private_log(self) -> None:
        """What a library may say of a document."""
        run = next((self.data / "runs").glob("*Z-*"))
        (run / "errors.log").write_text(f"{self.words[0]} cannot be read\n", encoding="utf-8")

    def left(self) -> list[str]:
        found = places(self.words, self.data, self.folder / "tmp", self.folder / "home")
        return [place for place in found if not place.startswith("models/")]


def write(folder: Path, name: str, kind: str, word: str) -> None:
    """A document with the word in its text, its title and its author."""
    path, text = folder / f"{name}.{kind}", f"O laudo é de {word}, nascida em Olinda."
    match kind:
        case "docx":
            made = WordDocument()
            made.core_properties.author = made.core_properties.title = word
            made.add_heading(f"Laudo de {word}")
            made.add_paragraph(text)
            made.save(str(path))
        case "xlsx":
            book = openpyxl.Workbook()
            book.active.title = word
            book.active.append([text, 7])
            book.active["C3"] = "=SUM(B1)"
            book.save(path)
        case "pdf":
            path.write_bytes(pdf(prose(f"Laudo de {word}", text)))
        case "html":
            path.write_text(f"<title>{word}</title><h1>Laudo</h1><p>{text}</p>", encoding="utf-8")
        case _:
            path.write_text(f"# Laudo de {word}\n\n{text}\n", encoding="utf-8")


@pytest.fixture
def office(tmp_path: Path, models_dir: Path) -> Office:
    return Office(tmp_path / "office", models_dir)


def forget_folder(office: Office) -> list[str]:
    """The documents leave the folder; returns what they were called."""
    paths = office.secret
    for path in paths:
        (office.folder / "root" / path).unlink()
    return paths


def assert_forgotten(office: Office) -> None:
    assert office.left() == []
    assert office.nic("verify").startswith("exact: ")
    office.nic("run")
    assert office.left() == []
    assert "1 document," in office.nic("verify")


def command(*words: str) -> str:
    """What a command says, as a new process would."""
    forget_run()
    said = CliRunner().invoke(app, [*words])
    assert said.exit_code == 0, said.output
    return said.output


@pytest.mark.slow
def test_no_byte_of_purged_documents_is_left_anywhere(workspace: Workspace) -> None:
    """Stored twice, searched, reported, evaluated; one is quarantined; somebody quoted one beside the pipeline."""
    data, approved = workspace.data, workspace.root / "30-Aprovados"
    workspace.write(KEPT, "# Norma\n\nO prazo da norma é de oito dias.\n")
    words = [f"Zuleica{number:03}" for number in range(len(FORMATS))] + [BROKEN]
    for word, kind in zip(words, FORMATS, strict=False):
        write(approved, f"{word} laudo", kind, word)
    (approved / f"{BROKEN}.docx").write_bytes(f"PK\x03\x04 {BROKEN}".encode())
    paths = sorted(f"30-Aprovados/{file.name}" for file in approved.iterdir() if file.name != KEPT)
    workspace.run_all()
    workspace.write(f"{words[0]} laudo.txt", f"{words[0]}, outra versão\n")
    workspace.run_all()
    questions = workspace.root / "questions.json"
    stored = [path for path in paths if BROKEN not in path]
    asked = [{"qid": path, "question": f"De quem é {path}?", "path": path} for path in stored]
    questions.write_text(json.dumps({"queries": asked}), encoding="utf-8")
    command("evaluate", str(questions), "--out", str(data / "evaluation"), "--method", "sparse")
    (data / "example-search.txt").write_text(command("search", words[0]), encoding="utf-8")
    (next((data / "runs").glob("*Z-*")) / "errors.log").write_text(words[0], encoding="utf-8")
    (data / "notes.txt").write_text(paths[0], encoding="utf-8")
    kinds = {place.partition(":")[0].partition("/")[0] for place in places(words, data)}
    assert {"documents", "index", "qdrant", "runs", "snapshots", "evaluation"} <= kinds, "what is looked for is found"

    said = command("purge", *paths)

    assert "nothing of it was found again\nnot the pipeline's own, and names it: notes.txt" in said
    (data / "notes.txt").unlink()
    assert places(words, data) == []
    assert command("verify").startswith("exact: ")
    assert len(list((data / "runs").glob("*/report.html"))) == 2, "reports are made again, without them"
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    shown = command("status")
    assert shown.count("(purged, fetch, since") == len(paths), "they are still in the folder"
    for path in paths:
        (workspace.root / path).unlink()
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    assert command("verify").startswith("exact: ")
    assert "quarantined" not in command("status")


KILLED = """
import sys
from pathlib import Path
from pipeline.publish import purge
from tests.support.indexed import make_run

run = make_run(Path(sys.argv[1]))
purge.request(run, sys.argv[2:])
purge.finish(run)
"""


@pytest.mark.slow
def test_a_purge_killed_at_any_moment_is_finished_by_the_next(tmp_path: Path) -> None:
    """Without models and Luigi, which decide nothing here."""
    choose = random.Random(SEED)  # noqa: S311
    texts = {f"30-Aprovados/Zuleica{number:03}.txt": [f"Laudo de Zuleica{number:03}."] for number in range(20)}
    first = make_run(tmp_path / "whole")
    run_all(first, "c1", {**texts, "30-Aprovados/norma.txt": ["Oito dias."]})
    disconnect(first.settings)
    for number in range(3):
        data = shutil.copytree(tmp_path / "whole", tmp_path / f"data {number}")
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(data), *texts], cwd=ROOT)
        kill_while_it_erases(process, data, choose.uniform(0, 0.5))
        run = make_run(data)
        purge.request(run, list(texts))
        purge.finish(run)
        assert verify(run).documents == 1
        assert verify(run).exact
        disconnect(run.settings)
        assert places(["Zuleica"], data) == []


def kill_while_it_erases(process: subprocess.Popen[Any], data: Path, after_s: float) -> None:
    while not (data / "purged.json").exists() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(after_s)
    process.kill()
    process.communicate()


@pytest.mark.soak
def test_fifty_documents_are_forgotten_whatever_moment_of_30_the_purge_is_killed_at(office: Office) -> None:
    kill_and_finish(office, 50, 30)


def kill_and_finish(office: Office, documents: int, kills: int) -> None:
    """SIGKILL at a random moment of the purge; then a run or another purge, in turns."""
    choose = random.Random(SEED)  # noqa: S311
    office.prepare(documents)
    office.use()
    paths = forget_folder(office)
    whole = shutil.copytree(office.data, office.folder / "whole", symlinks=True)
    lasts_s = _erasing_s(office, paths)
    for number in range(kills):
        shutil.rmtree(office.data)
        shutil.copytree(whole, office.data, symlinks=True)
        process = office.start("purge", *paths)
        kill_while_it_erases(process, office.data, choose.uniform(0, lasts_s))
        office.nic(*(["run"] if number % 2 else ["purge", *paths]))
        assert office.left() == [], f"kill {number} of seed {SEED}"
        if number % 5 == 0:
            assert office.nic("verify").startswith("exact: ")
    shutil.rmtree(whole)
    assert_forgotten(office)


def _erasing_s(office: Office, paths: list[str]) -> float:
    """How long a purge goes on after it has written down what must go."""
    process = office.start("purge", *paths)
    while not (office.data / "purged.json").exists() and process.poll() is None:
        time.sleep(0.005)
    begun = time.monotonic()
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return time.monotonic() - begun
