"""Runs the transformer of a SentenceTransformer in ONNX Runtime or OpenVINO; pooling and what follows stay in torch.

The transformer is exported once, cached beside the models, and compared with torch before it is used.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import portalocker
import torch

from pipeline import files
from pipeline.embed import encoder
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError
from pipeline.models.runtime import Runtime

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Session = Callable[[np.ndarray], np.ndarray]
_FILE = "model.onnx"
_LOCK_TIMEOUT_S = 600
_MIN_COSINE = {"fp32": 0.9999, "bf16": 0.999, "int8": 0.98}
_PROBES = tuple("Prazo da matrícula. The library opens on Saturdays." + " texto de prova" * n for n in (0, 40))


class Exported(torch.nn.Module):
    """Stands where the transformer stood: (1, tokens) ids in, (1, tokens, hidden) float32 out."""

    def __init__(self, session: Session, config: Any) -> None:
        super().__init__()
        self.session, self.config = session, config

    def forward(self, input_ids: torch.Tensor, **_: Any) -> dict[str, torch.Tensor]:
        if len(input_ids) != 1:
            raise ValueError("one text at a time: the exported model knows no padding")
        return {"last_hidden_state": torch.from_numpy(self.session(input_ids.numpy()))}


def replace_transformer(model: SentenceTransformer, runtime: Runtime, identity: str, models_dir: Path) -> None:
    """Exchange the model's transformer for its exported form. Raises ConfigurationError when it cannot be exported."""
    folder = models_dir / f"exported-{_key(runtime, identity)}"
    try:
        if not folder.is_dir():
            _export(model, runtime, folder)
        expected = encoder.one_by_one(model, _PROBES, "")
        model[0].model = Exported(
            _SESSIONS[runtime.backend](folder / _FILE, runtime), encoder.transformer(model).config
        )
        cosine = float((encoder.one_by_one(model, _PROBES, "") * expected).sum(axis=1).min())
    except PipelineError:
        raise
    except Exception as error:  # torch, onnx and the runtimes each have errors of their own
        raise _refusal(runtime, f"cannot be exported ({type(error).__name__})") from error
    if cosine < _MIN_COSINE[runtime.precision]:
        raise _refusal(runtime, f"gives other vectors (cosine {cosine:.4f})")


def _refusal(runtime: Runtime, what: str) -> ConfigurationError:
    message = f"the embedding model {what} with backend = {runtime.backend}: set [embedding] backend = torch"
    return ConfigurationError(message, ErrorCode.MODEL)


def _key(runtime: Runtime, identity: str) -> str:
    """OpenVINO reads what was exported in full precision and converts it itself."""
    precision = runtime.identity if runtime.precision == "int8" else "fp32"
    tools = (identity, precision, *(version(library) for library in ("torch", "transformers", "onnx")))
    return hashlib.sha256("\n".join(tools).encode()).hexdigest()[:12]


def _export(model: SentenceTransformer, runtime: Runtime, folder: Path) -> None:
    """Written beside `folder` and renamed, by one process while the others wait: it takes a core for seconds."""
    with (
        files.temporary_folder(folder) as temporary,
        portalocker.Lock(folder.with_suffix(".lock"), timeout=_LOCK_TIMEOUT_S),
    ):
        if folder.is_dir():
            return
        made, final = temporary / "made", temporary / "final"
        made.mkdir()
        _to_onnx(encoder.transformer(model), made / _FILE)
        if runtime.precision == "int8":
            final.mkdir()
            _to_int8(made / _FILE, final / _FILE)
        else:
            final = made
        final.rename(folder)


class _HiddenStates(torch.nn.Module):
    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self.transformer(input_ids=input_ids).last_hidden_state
        return states


def _to_onnx(transformer: torch.nn.Module, path: Path) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    torch.onnx.export(
        _HiddenStates(transformer).eval(),
        (torch.full((1, 16), 5),),
        str(path),
        input_names=["input_ids"],
        output_names=["hidden_states"],
        dynamic_axes={"input_ids": {1: "tokens"}, "hidden_states": {1: "tokens"}},
        opset_version=17,
        dynamo=False,  # the other exporter needs a further package
    )


def _to_int8(source: Path, target: Path) -> None:
    """Weights per output channel, activations per text as they come; sums of 7-bit weights cannot overflow on AVX2."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it advises preparations that change nothing here
    try:
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            use_external_data_format=source.stat().st_size != sum(p.stat().st_size for p in source.parent.iterdir()),
        )
    finally:
        logging.disable(logging.NOTSET)


def _onnx(path: Path, _: Runtime) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids: np.asarray(session.run(None, {"input_ids": ids})[0])


def _openvino(path: Path, runtime: Runtime) -> Session:
    import openvino

    hints = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[runtime.precision],
    }
    request = openvino.Core().compile_model(str(path), "CPU", hints).create_infer_request()

    def run(ids: np.ndarray) -> np.ndarray:
        request.infer({0: ids})
        return np.array(request.get_output_tensor(0).data)

    return run


_SESSIONS: dict[str, Callable[[Path, Runtime], Session]] = {"onnx": _onnx, "openvino": _openvino}
