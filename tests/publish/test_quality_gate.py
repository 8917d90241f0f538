"""No collection that answers the office's own questions worse than demanded takes the place of another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError
from pipeline.publish.quality_gate import check
from pipeline.settings.collection import QualitySettings
from pipeline.settings.sections import Settings
from pipeline.sparse import terms
from pipeline.store.collection import Store, open_store
from tests.support.stored import make_document, make_payloads, make_settings

TEXTS = {"30-Aprovados/ferias.md": "trinta dias de férias", "30-Aprovados/compras.md": "compras por licitação"}


@pytest.fixture
def settings(tmp_path: Path, models_dir: Path) -> Settings:
    DataDir(tmp_path).models.symlink_to(models_dir)
    return make_settings(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Store:
    """A collection that only words can be found in: its vectors are all the same."""
    store = open_store(settings, "nic__aaaaaaaaaaaa")
    store.ensure_collection(384)
    for path, text in TEXTS.items():
        document = make_document(path)
        payloads = [payload.model_copy(update={"content": text}) for payload in make_payloads(document)]
        vector = np.eye(1, 384, dtype="<f4")
        store.replace_document(path, payloads, vector, [dict.fromkeys(terms(text, "pt"), 1.0)])
    return store


def demanding(settings: Settings, folder: Path, share: float, **right: str) -> Settings:
    queries = [{"qid": question, "question": question, "path": path} for question, path in right.items()]
    (folder / "questions.json").write_text(json.dumps({"queries": queries}), encoding="utf-8")
    quality = QualitySettings(questions=folder / "questions.json", min_hit_at_5=share)
    return settings.model_copy(update={"quality": quality})


@pytest.mark.slow
def test_a_collection_that_answers_too_little_is_refused(settings: Settings, store: Store, tmp_path: Path) -> None:
    half = {"férias": "30-Aprovados/ferias.md", "diárias": "30-Aprovados/absent.md"}
    check(demanding(settings, tmp_path, 0.5, **half), store)
    with pytest.raises(PipelineError, match=r"of 2 questions 50\.0 %") as caught:
        check(demanding(settings, tmp_path, 0.6, **half), store)
    assert caught.value.code is ErrorCode.QUALITY


def test_what_readers_see_already_is_not_asked(settings: Settings, store: Store, tmp_path: Path) -> None:
    store.publish()
    check(demanding(settings, tmp_path, 1.0, nada="30-Aprovados/absent.md"), store)


def test_questions_that_are_not_there_stop_the_alias(settings: Settings, store: Store, tmp_path: Path) -> None:
    quality = QualitySettings(questions=tmp_path / "absent.json")
    with pytest.raises(ConfigurationError, match=r"absent\.json"):
        check(settings.model_copy(update={"quality": quality}), store)
