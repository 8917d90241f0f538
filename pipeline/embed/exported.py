"""The embedding model in ONNX Runtime: from text to unit vector without torch, which takes seconds to load.

The model is exported once, by `pipeline.embed.export`, and kept beside the models. `python -m pipeline.embed.export
SETTINGS MODELS_DIR` does that: SETTINGS are EmbeddingSettings in JSON; why it cannot is one line on standard output.
Whoever starts it holds the lock of the export and hands it over, so that nobody starts a second one meanwhile.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import portalocker

from pipeline import embedding_models
from pipeline.embedding_models.runtime import Runtime
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.settings.sections import EmbeddingSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger("pipeline.embed")
FILE, INPUT, OUTPUT = "model.onnx", "input_ids", "unit_vectors"
_LOCK_TIMEOUT_S = 600
DISK = 3  # exit code: the disk takes no more
_ROOT = Path(__file__).parents[2]
EXPORT_VERSION = 2  # raise it when an export computes something else
Session = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Exported:
    """Encodes one text at a time: the model knows no padding, and every vector is free of its neighbours."""

    session: Session
    """(1, tokens) ids -> (1, dimension) unit vector"""
    tokenizer: Tokenizer

    def encode(self, texts: Sequence[str], prompt: str) -> npt.NDArray[np.float32]:
        """Unit vectors, (texts, dimension) float32; at least one text."""
        ids = (np.array([self.tokenizer.encode(prompt + text).ids], np.int64) for text in texts)
        return np.ascontiguousarray(np.concatenate([self.session(row) for row in ids]), "<f4")


@functools.cache
def load(embedding: EmbeddingSettings, models_dir: Path) -> Exported:
    """The model, exported before if need be, loaded once per process; logs so. Raises ConfigurationError."""
    runtime = embedding_models.runtime(embedding)
    folder = folder_of(embedding, runtime, models_dir)
    if not folder.is_dir():
        _export(embedding, runtime, models_dir)
    return load_once(folder.resolve(), embedding_models.describe(embedding, models_dir), runtime)


@functools.cache
def load_once(folder: Path, card: embedding_models.ModelCard, runtime: Runtime) -> Exported:
    """An export in memory, whatever path led to it. Raises ConfigurationError."""
    exported = open_folder(folder, card, runtime)
    log.info("embedding model loaded in process %d on cpu (%s)", os.getpid(), runtime.identity)
    return exported


def folder_of(embedding: EmbeddingSettings, runtime: Runtime, models_dir: Path) -> Path:
    """Where a model's export belongs."""
    precision = runtime.identity if runtime.precision == "int8" else "fp32"
    tools = (version(library) for library in ("torch", "transformers", "onnx"))
    parts = "\n".join((str(EXPORT_VERSION), embedding_models.identity(embedding), precision, *tools))
    return models_dir.expanduser() / f"exported-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"


@functools.cache
def begin_export(embedding: EmbeddingSettings, models_dir: Path) -> subprocess.Popen[str] | None:
    """Start to export the model, if that is still to be done, so that nobody has to wait for it later.

    Once a process; None when there is nothing to do, or when another process is doing it. Whoever needs it first waits
    for the rest, and says what is wrong if it fails.
    """
    runtime = embedding_models.runtime(embedding)
    if runtime.backend == "torch" or folder_of(embedding, runtime, models_dir).is_dir():
        return None
    with contextlib.suppress(portalocker.LockException):
        return _start_export(embedding, runtime, models_dir, wait_s=0)
    return None


def _export(embedding: EmbeddingSettings, runtime: Runtime, models_dir: Path) -> None:
    process = _start_export(embedding, runtime, models_dir, wait_s=_LOCK_TIMEOUT_S)
    if process is None:
        return
    said = process.communicate()[0].strip().splitlines()
    if process.returncode == DISK:
        raise TransientError(said[-1], ErrorCode.DATA_UNWRITABLE)
    if process.returncode:
        raise refusal(runtime, said[-1] if said else f"cannot be exported (exit code {process.returncode})")


def _start_export(
    embedding: EmbeddingSettings, runtime: Runtime, models_dir: Path, wait_s: float
) -> subprocess.Popen[str] | None:
    """In a process of its own: exporting takes a gigabyte and more, which this one would keep. None when it is done.

    The lock is the child's from its first moment, as it loads torch for seconds, and ends with it, however that ends.
    Raises LockException while others export for longer than `wait_s`.
    """
    embedding_models.prepare(embedding, models_dir)
    folder = folder_of(embedding, runtime, models_dir)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = portalocker.Lock(folder.with_suffix(".lock"), timeout=wait_s).acquire()
    try:
        return None if folder.is_dir() else _child(embedding, models_dir, lock.fileno())
    finally:
        lock.close()  # and not released, which would take it from the child too


def _child(embedding: EmbeddingSettings, models_dir: Path, lock: int) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "pipeline.embed.export",
        embedding.model_dump_json(),
        str(models_dir.expanduser().absolute()),
    ]
    return subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, pass_fds=[lock]
    )


def open_folder(folder: Path, card: embedding_models.ModelCard, runtime: Runtime) -> Exported:
    """What `export` has left in a folder. Raises ConfigurationError when the runtime cannot read it."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(embedding_models.tokenizer(card.folder).to_str())
    tokenizer.enable_truncation(card.max_tokens)
    try:
        return Exported(_session(folder / FILE), tokenizer)
    except Exception as error:  # each runtime has errors of its own
        raise refusal(runtime, f"cannot be loaded ({type(error).__name__})") from error


def refusal(runtime: Runtime, what: str) -> ConfigurationError:
    """The error for a model that its backend cannot run; `what` continues "the embedding model …"."""
    message = f"the embedding model {what} with backend = {runtime.backend}: set [embedding] backend = torch"
    return ConfigurationError(message, ErrorCode.MODEL)


def _session(path: Path) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids: np.asarray(session.run(None, {INPUT: ids})[0])
