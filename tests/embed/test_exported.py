"""What running outside torch promises: vectors close to torch's, exported once, refused when they are not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline import embed, embedding_models
from pipeline.datadir.leftovers import TEMPORARY_SUFFIX
from pipeline.embed import exported
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.settings.sections import EmbeddingSettings
from tests.support.small_model import make_model

TEXTS = ["Quantas horas dura o estágio?", "Prazo", "A matrícula é renovada a cada semestre. " * 12]


def settings(backend: str, precision: str, model: str = "bundled") -> EmbeddingSettings:
    given = {"device": "cpu", "backend": backend, "precision": precision, "model_name": model}
    return EmbeddingSettings.model_validate(given)


@dataclass(frozen=True)
class Begun:
    """An export of a small model that was begun before anybody needed it, in a home directory."""

    settings: EmbeddingSettings
    models: Path
    """As workers on other machines are told it: below `~`, in a folder that may not be there yet."""
    made: Path
    """The same, as this machine knows it."""
    again: bool
    """Whether who began it once more was given the same process."""
    others: int
    """Exports that another process would have begun meanwhile."""
    exit_code: int
    left: list[str]
    """What its process left in the folder for temporary files."""


@pytest.fixture(scope="module")
def begun(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    folder = tmp_path_factory.mktemp("begun")
    one = settings(
        "onnx", "fp32", str(make_model(folder / "model", embedding_models.prepare(EmbeddingSettings(), models_dir)))
    )
    told = Path("~/.cache/models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("TMPDIR", str(folder / "tmp"))
        (folder / "tmp").mkdir()
        patch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)  # torch sets it where it has been imported
        process = embed.begin_export(one, told)
        assert process is not None
        again = embed.begin_export(one, told) is process
        embed.begin_export.cache_clear()
        others = sum(embed.begin_export.__wrapped__(one, told) is not None for _ in range(2))
        exit_code = process.wait()
        embed.begin_export.cache_clear()
        left = [file.name for file in (folder / "tmp").iterdir()]
        yield Begun(one, told, folder / "home" / ".cache" / "models", again, others, exit_code, left)


def assert_as_torch(model: EmbeddingSettings, models: Path, least: float) -> None:
    expected = embed.embed_queries(TEXTS, settings("torch", "fp32", model.model_name), models)

    vectors = embed.embed_queries(TEXTS, model, models)

    assert (vectors * expected).sum(axis=1).min() >= least
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    assert embed.embed_queries(TEXTS[2:], model, models).tobytes() == vectors[2:].tobytes()


def test_an_exported_model_gives_torch_s_vectors(begun: Begun) -> None:
    assert_as_torch(begun.settings, begun.models, 0.99999)


def test_the_bundled_model_in_int8_gives_nearly_torch_s_vectors(models_dir: Path) -> None:
    assert_as_torch(settings("onnx", "int8"), models_dir, 0.98)


def test_an_export_can_be_begun_before_it_is_needed(begun: Begun) -> None:
    assert (begun.again, begun.exit_code, begun.left) == (True, 0, [])
    assert begun.others == 0
    assert list(begun.made.glob("exported-*/model.onnx")), "in this machine's own home directory"
    assert embed.begin_export(begun.settings, begun.models) is None
    assert embed.begin_export(begun.settings.model_copy(update={"backend": "torch"}), begun.models) is None


def test_an_export_that_was_ended_can_be_begun_again(begun: Begun, tmp_path: Path) -> None:
    first = exported.begin_export.__wrapped__(begun.settings, tmp_path)
    assert first is not None
    first.kill()
    first.wait()
    second = exported.begin_export.__wrapped__(begun.settings, tmp_path)
    assert second is not None
    second.kill()
    second.wait()


def test_a_model_is_exported_once(begun: Begun) -> None:
    (made,) = begun.made.glob("exported-[!.]*[!k]")
    written = {path: path.stat().st_mtime_ns for path in (made, *made.iterdir())}
    first = embed.embed_queries(TEXTS, begun.settings, begun.models)
    exported.load.cache_clear()
    exported.load_once.cache_clear()

    assert embed.embed_queries(TEXTS, begun.settings, begun.models).tobytes() == first.tobytes()

    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert list(begun.made.glob(f".*{TEMPORARY_SUFFIX}")) == []


def test_a_damaged_export_is_one_clear_error(begun: Begun, tmp_path: Path) -> None:
    shutil.copytree(begun.made, tmp_path, dirs_exist_ok=True)
    (exported_file,) = tmp_path.glob("exported-*/model.onnx")
    exported_file.write_bytes(exported_file.read_bytes()[:1000])

    with pytest.raises(ConfigurationError, match=r"cannot be loaded .* backend = torch"):
        embed.embed_queries(TEXTS, begun.settings, tmp_path)


def test_an_export_that_gives_other_vectors_is_refused(
    tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.embed import export  # loads torch: not when tests are collected, which every worker does

    folder = make_model(tmp_path / "model", embedding_models.prepare(EmbeddingSettings(), models_dir))
    one = settings("onnx", "int8", str(folder))
    card, runtime = embedding_models.describe(one, tmp_path), embedding_models.runtime(one)
    monkeypatch.setitem(export._MIN_COSINE, "int8", 1.01)

    with pytest.raises(export.ExportError, match="gives other vectors"):
        export.export(card, runtime, exported.folder_of(one, runtime, tmp_path))

    assert list(tmp_path.glob("exported-*/*")) == []


def test_why_a_model_cannot_be_exported_is_one_clear_error(tmp_path: Path, models_dir: Path) -> None:
    folder = make_model(tmp_path / "model", embedding_models.prepare(EmbeddingSettings(), models_dir))
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({**json.loads(pooling.read_text()), "include_prompt": False}))

    with pytest.raises(ConfigurationError, match=r"prompt .* set \[embedding\] backend = torch") as caught:
        embed.embed_queries(TEXTS, settings("onnx", "fp32", str(folder)), tmp_path)

    assert caught.value.code == ErrorCode.MODEL


def test_a_long_text_is_cut_where_torch_cuts_it(begun: Begun) -> None:
    text = ["A matrícula é renovada a cada semestre. " * 400]
    expected = embed.embed_queries(text, settings("torch", "fp32", begun.settings.model_name), begun.models)

    vectors = embed.embed_queries(text, begun.settings, begun.models)

    assert (vectors * expected).sum() >= 0.99999


def test_an_exported_model_needs_no_torch(models_dir: Path) -> None:
    """Loading torch takes seconds, which a search would wait for."""
    embed.embed_queries(TEXTS, settings("onnx", "int8"), models_dir)
    program = (
        "import sys; from pathlib import Path; from pipeline import embed;"
        "from pipeline.settings.sections import EmbeddingSettings;"
        f"embed.embed_queries(['prazo'], EmbeddingSettings(device='cpu', backend='onnx', precision='int8'), "
        f"Path({str(models_dir)!r})); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
