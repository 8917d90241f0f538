"""The embedding model in ONNX Runtime or OpenVINO: from text to unit vector without torch, which takes seconds to load.

The model is exported once, by `pipeline.embed.export`, and kept beside the models.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline import models
from pipeline.config import EmbeddingSettings
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.models.runtime import Runtime

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger("pipeline.embed")
FILE, INPUT, OUTPUT = "model.onnx", "input_ids", "unit_vectors"
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
    card, runtime = models.describe(embedding, models_dir), models.runtime(embedding)
    folder = models_dir / f"exported-{_key(embedding, runtime)}"
    if not folder.is_dir():
        from pipeline.embed import export

        export.export(card, runtime, folder)
    exported = open_folder(folder, card, runtime)
    log.info("embedding model loaded in process %d on cpu (%s)", os.getpid(), runtime.identity)
    return exported


def open_folder(folder: Path, card: models.ModelCard, runtime: Runtime) -> Exported:
    """What `export` has left in a folder. Raises ConfigurationError when the runtime cannot read it."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(models.tokenizer(card.folder).to_str())
    tokenizer.enable_truncation(card.max_tokens)
    try:
        return Exported(_SESSIONS[runtime.backend](folder / FILE, runtime), tokenizer)
    except Exception as error:  # each runtime has errors of its own
        raise refusal(runtime, f"cannot be loaded ({type(error).__name__})") from error


def refusal(runtime: Runtime, what: str) -> ConfigurationError:
    message = f"the embedding model {what} with backend = {runtime.backend}: set [embedding] backend = torch"
    return ConfigurationError(message, ErrorCode.MODEL)


def _key(embedding: EmbeddingSettings, runtime: Runtime) -> str:
    """OpenVINO reads what was exported in full precision and converts it itself."""
    precision = runtime.identity if runtime.precision == "int8" else "fp32"
    tools = (version(library) for library in ("torch", "transformers", "onnx"))
    parts = (str(EXPORT_VERSION), models.identity(embedding), precision, *tools)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _onnx(path: Path, _: Runtime) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids: np.asarray(session.run(None, {INPUT: ids})[0])


def _openvino(path: Path, runtime: Runtime) -> Session:
    import openvino

    hints = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[runtime.precision],
    }
    request = openvino.Core().compile_model(str(path), "CPU", hints).create_infer_request()

    def run(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        request.infer({0: ids})
        return np.array(request.get_output_tensor(0).data)

    return run


_SESSIONS: dict[str, Callable[[Path, Runtime], Session]] = {"onnx": _onnx, "openvino": _openvino}
