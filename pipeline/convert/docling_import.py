"""Lets Docling be imported without torch and transformers: only models that are not used here need them, and they take
more time and memory than all else that a document needs.

Docling gets along without both where they are not installed, but for its recognition of speech.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_ABSENT = frozenset({"torch", "transformers"})
_SPEECH = "docling.pipeline.asr_transformers"


@contextlib.contextmanager
def without_torch() -> Iterator[None]:
    """What this thread imports here finds no torch and no transformers, unless they are loaded already."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def __init__(self) -> None:
        self._thread = threading.get_ident()  # others may import torch meanwhile

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if threading.get_ident() != self._thread:
            return None
        if name.partition(".")[0] in _ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return ModuleSpec(name, _NoSpeech()) if name == _SPEECH else None


class _NoSpeech(Loader):
    """In the place of the one module that imports torch without need: its class is only named, for sound files."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["TransformersAsrDecoder"] = None
