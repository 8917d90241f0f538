"""What importing Docling without torch promises: converting never loads it, and nobody else misses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
EXTENSIONS = ("md", "docx", "html", "pptx", "xlsx", "pdf", "png")
CONVERT = """
import sys, pathlib
from pipeline.convert import convert_document
from pipeline.settings.sections import ConversionSettings
folder, *sources = map(pathlib.Path, sys.argv[1:])
for source in sources:
    targets = folder / f"{source.suffix[1:]}-document", folder / f"{source.suffix[1:]}-facts"
    convert_document(source, source.suffix[1:], *targets, ConversionSettings())
    of_models = {"torch", "transformers", "torchvision", "sentence_transformers", "omegaconf"}
    print(source.suffix, of_models & set(sys.modules))
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


@pytest.mark.slow
def test_no_format_needs_torch_and_only_pages_need_ocr(tmp_path: Path) -> None:
    whole = [path for path in sorted(SAMPLES.rglob("*")) if "corrompido" not in path.name]
    sources = [next(path for path in whole if path.suffix == f".{extension}") for extension in EXTENSIONS]

    command = [sys.executable, "-c", CONVERT, str(tmp_path), *map(str, sources)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)

    loaded = {"pdf": {"omegaconf"}, "png": {"omegaconf"}}  # RapidOCR's settings
    assert run.stdout.splitlines() == [f".{extension} {loaded.get(extension, set())}" for extension in EXTENSIONS]
    assert len(list(tmp_path.glob("*-document"))) == len(EXTENSIONS)


def test_only_who_imports_docling_finds_no_torch() -> None:
    run = subprocess.run([sys.executable, "-c", HIDE], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines() == ["[True, True] [True, True]", "[True, True]"]
