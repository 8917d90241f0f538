"""OCR's models in bfloat16, on OpenVINO, where the processor computes in it: lines are found in a sixth of the time and
read in a third.

On other processors, and where bfloat16 is not sure, ONNX Runtime, with which RapidOCR comes, computes in fp32.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_SETTINGS = {
    **{"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "bf16"},
    "ENABLE_CPU_PINNING": False,  # else every process computes on the same core
}
_PAGE_SIZES = 2
_WIDTH_STEP = 256
Precision = Literal["auto", "fp32"]
Batch = NDArray[np.float32]


def is_bf16(precision: Precision) -> bool:
    """Whether models compute in bfloat16 on this machine."""
    return precision == "auto" and _processor_computes_in_bf16()


@functools.cache
def _processor_computes_in_bf16() -> bool:
    """Where OpenVINO cannot be loaded nothing is lost but time."""
    with contextlib.suppress(ImportError, RuntimeError):
        return "BF16" in _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return False


def _openvino() -> Any:
    """The library, without its part that tells its maker of every import and leaves an identity in the home folder."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


class _Bf16Model:
    """An ONNX model with one input and one output, in the place of RapidOCR's session."""

    def __init__(self, model: Path | bytes) -> None:
        self._core = _openvino().Core()
        self._model = self._core.read_model(model)
        self._lock = threading.Lock()  # a compiled model computes one thing at a time

    def _compile(self) -> Any:
        return self._core.compile_model(self._model, "CPU", _SETTINGS)

    def _compute(self, compiled: Any, batch: Batch) -> Batch:
        found: Batch = compiled(batch)[0].copy()
        compiled.release_memory()
        return found


class PageModel(_Bf16Model):
    """Compiled for each size of page: that takes the time of two pages and saves half of the memory."""

    def __init__(self, model: Path | bytes) -> None:
        super().__init__(model)
        self._compiled_for = functools.lru_cache(_PAGE_SIZES)(self._compile_for)

    def __call__(self, batch: Batch) -> Batch:
        """`batch`: (count, 3, height, width)."""
        with self._lock:
            return self._compute(self._compiled_for(batch.shape), batch)

    def _compile_for(self, shape: tuple[int, ...]) -> Any:
        self._model.reshape(list(shape))
        return self._compile()


class LineModel(_Bf16Model):
    """Compiled once for lines of all widths, of which few come about: each costs the time of two lines, and 13 MB."""

    def __init__(self, model: Path | bytes) -> None:
        super().__init__(model)
        self._compiled = self._compile()

    def __call__(self, batch: Batch) -> Batch:
        """`batch`: (count, 3, height, width)."""
        missing = -batch.shape[-1] % _width_step(batch.shape[-1])
        with self._lock:
            return self._compute(self._compiled, np.pad(batch, ((0, 0), (0, 0), (0, 0), (0, missing))))


def _width_step(width: int) -> int:
    """A fifth of a usual line, a quarter of what is very wide."""
    return max(_WIDTH_STEP, 1 << width.bit_length() - 3)
