"""What importing Docling without torch promises: converting never loads it, and nobody else misses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
CONVERT = """
import sys, pathlib
from pipeline.convert import convert_document
from pipeline.settings.sections import ConversionSettings
source, folder = map(pathlib.Path, sys.argv[1:])
convert_document(source, source.suffix[1:], folder / "document", folder / "facts", ConversionSettings())
print({"torch", "transformers", "torchvision", "sentence_transformers"} & set(sys.modules))
"""
HIDE = """
import importlib.util, threading
from pipeline.convert.docling_import import without_torch
def look():
    return [importlib.util.find_spec(name) is not None for name in ("torch", "transformers")]
def hidden(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return True
with without_torch():
    seen = []
    other = threading.Thread(target=lambda: seen.extend(look()))
    other.start()
    other.join()
    print([hidden("torch"), hidden("transformers.utils")], seen)
print(look())
"""


@pytest.mark.parametrize("extension", ["md", "docx", "html", "pptx", "xlsx", "pdf", "png"])
def test_no_format_needs_torch(extension: str, tmp_path: Path) -> None:
    source = next(path for path in sorted(SAMPLES.rglob(f"*.{extension}")) if "corrompido" not in path.name)

    run = subprocess.run([sys.executable, "-c", CONVERT, source, tmp_path], capture_output=True, text=True, check=True)

    assert run.stdout == "set()\n"
    assert (tmp_path / "document").exists()


def test_only_who_imports_docling_finds_no_torch() -> None:
    run = subprocess.run([sys.executable, "-c", HIDE], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines() == ["[True, True] [True, True]", "[True, True]"]
