"""How the runtime is chosen: what was measured, what the settings insist on, and no torch in the process that plans."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline import embedding_models
from pipeline.embedding_models.runtime import choose, computes_bf16
from pipeline.errors import ConfigurationError
from pipeline.settings.sections import EmbeddingSettings


def cpu(**given: str) -> EmbeddingSettings:
    return EmbeddingSettings.model_validate({"device": "cpu", **given})


def test_a_model_that_was_not_measured_is_not_quantised_unasked() -> None:
    assert choose(cpu(), measured=False).precision == ("bf16" if computes_bf16() else "fp32")
    assert choose(cpu(precision="int8"), measured=False).backend == "onnx"


def test_the_bundled_model_runs_in_int8_on_any_cpu() -> None:
    runtime = embedding_models.runtime(cpu())
    assert (runtime.device, runtime.backend, runtime.precision) == ("cpu", "onnx", "int8")


@pytest.mark.parametrize(("backend", "precision"), [("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32")])
def test_the_settings_have_the_last_word(backend: str, precision: str) -> None:
    runtime = embedding_models.runtime(cpu(backend=backend, precision=precision))
    assert (runtime.backend, runtime.precision) == (backend, precision)


def test_what_does_not_exist_names_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="backend = torch with precision = int8 does not exist on cpu"):
        embedding_models.runtime(cpu(backend="torch", precision="int8"))


def test_library_and_precision_name_the_vectors_but_not_the_model() -> None:
    pairs = [("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32"), ("onnx", "int8")]
    chosen = [cpu(backend=backend, precision=precision) for backend, precision in pairs]
    assert len({embedding_models.vectors_identity(one) for one in chosen}) == len(pairs)
    assert len({embedding_models.identity(one) for one in chosen}) == 1


@pytest.mark.slow
def test_choosing_imports_nothing_heavy() -> None:
    script = (
        "import sys; from pipeline import embedding_models; from pipeline.settings.sections import EmbeddingSettings;"
        "print(embedding_models.vectors_identity(EmbeddingSettings()));"
        "sys.exit(bool({'torch', 'onnx', 'onnxruntime', 'transformers'} & set(sys.modules)))"
    )
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, check=False) for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0]
    assert runs[0].stdout == runs[1].stdout
