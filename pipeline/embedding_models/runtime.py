"""With which library and in which precision the embedding model runs, decided from the settings and this machine.

Decided without importing torch, so that the planning process can name results; equal on every start of one machine.
"""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.settings.sections import EmbeddingSettings

INT8_RECIPE = 1  # raise it when the same weights are quantised to others
_PACKAGES = {"torch": ("torch",), "onnx": ("onnxruntime", "onnx")}
_FAST_BF16 = {"avx512_bf16", "amx_bf16"}
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_COUNT_DEVICES = f"""
import ctypes
cuda, count = ctypes.CDLL({_DRIVER!r}), ctypes.c_int(0)
raise SystemExit(cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)) or not count.value)
"""
_SUPPORTED = {
    "cuda": (("torch", "fp16"), ("torch", "bf16"), ("torch", "fp32")),
    "cpu": (("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32"), ("onnx", "int8")),
}


@dataclass(frozen=True)
class Runtime:
    """How a model runs here."""

    device: str
    """cpu or cuda"""
    backend: str
    """torch or onnx"""
    precision: str
    """fp32, bf16, fp16 or int8: what weights or activations are rounded to; vectors are float32 in any case"""

    @property
    def identity(self) -> str:
        """What it adds to the model's own identity. Where it runs changes the last bits only and is left out."""
        if self.backend == "torch":
            return f"torch {self.precision}"
        library = _PACKAGES[self.backend][0]
        recipe = f".{INT8_RECIPE}" if self.precision == "int8" else ""
        return f"{library}=={version(library)} {self.precision}{recipe}"


def choose(settings: EmbeddingSettings, measured: bool) -> Runtime:
    """The runtime that the settings name; of what they leave to `auto`, the fastest that keeps retrieval.

    `measured`: whether int8 was found to keep this very model's retrieval; no other model is quantised unasked.
    Raises ConfigurationError for a combination that does not exist or is not installed.
    """
    device = _device(settings)
    allowed = [
        (backend, precision)
        for backend, precision in (*_fastest(device, measured), *_SUPPORTED[device])
        if settings.backend in ("auto", backend) and settings.precision in ("auto", precision)
    ]
    installed = [pair for pair in allowed if _is_installed(pair[0])]
    if not installed:
        raise ConfigurationError(_refusal(settings, device, bool(allowed)))
    return Runtime(device, *installed[0])


def _fastest(device: str, measured: bool) -> tuple[tuple[str, str], ...]:
    """In order of preference, as measured (docs/performance.md); what no measurement covers is not in it."""
    if device == "cuda":
        return (("torch", "fp16"),)
    in_torch = "bf16" if computes_bf16() else "fp32"
    return (("onnx", "int8"), ("torch", in_torch)) if measured else (("torch", in_torch),)


def _device(settings: EmbeddingSettings) -> str:
    if settings.device == "cpu" or (settings.device == "auto" and settings.backend == "onnx"):
        return "cpu"
    if settings.device == "cuda" and not has_gpu():
        raise ConfigurationError("device = cuda, but this machine has no GPU: set [embedding] device to auto or cpu")
    return "cuda" if has_gpu() else "cpu"


def _refusal(settings: EmbeddingSettings, device: str, is_supported: bool) -> str:
    wanted = f"[embedding] backend = {settings.backend} with precision = {settings.precision}"
    if is_supported:
        packages = " ".join(_PACKAGES[settings.backend])
        return f"{wanted} needs packages that are not installed: run `pip install {packages}`, or set backend = auto"
    return f"{wanted} does not exist on {device}: set one of them to auto"


@functools.cache
def _is_installed(backend: str) -> bool:
    try:
        return all(find_spec(package) and version(package) for package in _PACKAGES[backend])
    except PackageNotFoundError:
        return False


def computes_bf16() -> bool:
    """Whether this CPU multiplies bf16 matrices itself; elsewhere bf16 is emulated and slow."""
    return bool(_cpu_flags() & _FAST_BF16)


@functools.cache
def _cpu_flags() -> frozenset[str]:
    """Instruction sets of the CPU as Linux names them; empty where it does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())


@functools.cache
def has_gpu() -> bool:
    """Whether CUDA's driver offers this process a device (CUDA_VISIBLE_DEVICES is the driver's to honour).

    A machine with a driver but a torch without CUDA has no GPU for this purpose.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1") or not _torch_has_cuda():
        return False
    try:
        ctypes.CDLL(_DRIVER)
    except OSError:
        return False
    # in a process of its own: a process that has started the driver cannot use it in the children that it forks
    return subprocess.run([sys.executable, "-I", "-S", "-c", _COUNT_DEVICES], check=False).returncode == 0


def _torch_has_cuda() -> bool:
    """Told from a file of the wheel: importing torch takes seconds."""
    found = find_spec("torch")
    folder = Path(found.origin).parent / "lib" if found and found.origin else Path()
    return any(folder.glob("*torch_cuda*"))
