"""What stands in the files of local mode is data: nothing in it is run, whoever wrote it there."""

from __future__ import annotations

import contextlib
import os
import pickle
import sqlite3
from pathlib import Path

import pytest
from qdrant_client.http.models import Distance, PointStruct, SparseVector, SparseVectorParams, VectorParams

from pipeline.errors import ConfigurationError
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.store.connection import connect, disconnect

POINT = PointStruct(
    id="5f0c4b1e-0000-5000-8000-000000000001",
    vector={"dense": [0.5, 0.25], "words": SparseVector(indices=[3], values=[1.0])},
    payload={"title": "Portaria nº 7", "pages": [1, 2], "latest": True, "score": None},
)


class Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Local files with one point."""
    made = Settings(pipeline=PipelineSettings(data_dir=str(tmp_path / "data")))
    client = connect(made)
    vectors = {"dense": VectorParams(size=2, distance=Distance.COSINE)}
    client.create_collection("nic__1", vectors, sparse_vectors_config={"words": SparseVectorParams()})
    client.upsert("nic__1", [POINT])
    disconnect(made)
    return made


def test_points_are_read_as_they_were_written(settings: Settings) -> None:
    (found,) = connect(settings).retrieve("nic__1", [POINT.id], with_vectors=True)
    disconnect(settings)
    assert found.payload == POINT.payload
    assert isinstance(found.vector, dict)
    assert found.vector["words"] == POINT.vector["words"]  # type: ignore[call-overload, index]


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_that_would_run_something_is_damage(settings: Settings, tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "ran"
    (storage,) = tmp_path.glob("data/qdrant/collection/*/storage.sqlite")
    with contextlib.closing(sqlite3.connect(storage)) as db, db:
        db.execute("INSERT INTO points VALUES (?, ?)", ("x", pickle.dumps(Bomb(mark), protocol)))
    with pytest.raises(ConfigurationError, match="damaged"):
        connect(settings)
    assert not mark.exists()
