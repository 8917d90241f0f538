"""The documents that benchmarks work on: a corpus of one's own, or the samples several times over."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = "30-Aprovados"
_CORPUS = ROOT.parent / "shared" / "corpus" / "dev"
_SAMPLES = ROOT / "data" / "samples"
_COPIES = 4
_ZIPPED = {".docx", ".pptx", ".xlsx"}
_BROKEN = "relatorio-corrompido.pdf"


def fill(root: Path) -> str:
    """Put the documents under `root`; returns what they are, for the remarks.

    `NIC_BENCHMARK_CORPUS` names a folder that holds `30-Aprovados`.
    """
    corpus = Path(os.environ.get("NIC_BENCHMARK_CORPUS") or _CORPUS)
    if (corpus / FOLDER).is_dir():
        shutil.copytree(corpus / FOLDER, root / FOLDER)
    else:
        for copy in range(_COPIES):
            _copy_samples(root / FOLDER / f"{copy:02d}", copy)
    return f"{len(files(root))} files of {'a corpus' if (corpus / FOLDER).is_dir() else 'the samples'}"


def files(root: Path) -> list[Path]:
    """Every file of the folder of approved documents, in order."""
    return sorted(path for path in (root / FOLDER).rglob("*") if path.is_file())


def change_one(root: Path) -> Path:
    """Edit the first Markdown document: its last half goes, a sentence comes. Returns it."""
    file = next(path for path in files(root) if path.suffix == ".md")
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[: len(lines) // 2], "", "Texto alterado.", ""]), encoding="utf-8")
    return file


def _copy_samples(folder: Path, copy: int) -> None:
    shutil.copytree(_SAMPLES / FOLDER, folder, ignore=shutil.ignore_patterns("*.zip", _BROKEN))
    for file in (path for path in folder.rglob("*") if path.is_file()):
        _make_distinct(file, copy)


def _make_distinct(file: Path, copy: int) -> None:
    """Other bytes, the same text: equal content would be converted once."""
    mark = f"copy {copy}".encode()
    if file.suffix in _ZIPPED:
        with zipfile.ZipFile(file, "a") as archive:
            archive.comment = mark
        return
    before, after = {".pdf": (b"\n% ", b"\n"), ".html": (b"\n<!-- ", b" -->\n")}.get(file.suffix, (b"\n", b"\n"))
    with file.open("ab") as stream:
        stream.write(before + mark + after)
