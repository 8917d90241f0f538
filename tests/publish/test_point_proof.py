"""Whatever is changed in the collection behind the pipeline's back is noticed, named, and mended by the next run."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from pipeline.datadir import files
from pipeline.flow import shards
from pipeline.flow.store_document import open_collection
from pipeline.publish import point_proof, published_file
from pipeline.publish.published import is_published, note_success, read_published
from pipeline.publish.published_file import StoredParts
from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.schema import document_id
from pipeline.store import local_files
from pipeline.store.connection import connect, disconnect
from pipeline.store.points import SPARSE_VECTOR, VECTOR
from tests.support.indexed import Texts, make_run, run_all, store_all
from tests.support.qdrant_server import QdrantServer
from tests.support.stored import DIMENSION

TEXTS: Texts = {f"30-Aprovados/{name}.txt": [f"{name} 0", f"{name} 1", f"{name} 2"] for name in "abcde"}


@pytest.fixture(params=["local", "http"])
def new_run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Run]]:
    """A run as another process would begin it, after TEXTS were published."""
    with QdrantServer() as server:
        url = server.url if request.param == "http" else ""
        made: list[Run] = []

        def new() -> Run:
            for run in made:
                disconnect(run.settings)
            made.append(make_run(tmp_path / "data", url))
            return made[-1]

        run_all(new(), "c1", TEXTS)
        yield new
        disconnect(made[-1].settings)


def rewrite(client: QdrantClient, collection: str, *, vectors: dict[str, Any] | None = None, **payload: str) -> None:
    """Give the first point other vectors or other facts."""
    (point,), _ = client.scroll(collection, limit=1, with_payload=True, with_vectors=True)
    assert isinstance(point.vector, dict)
    changed = models.PointStruct(
        id=point.id, vector=point.vector | (vectors or {}), payload=(point.payload or {}) | payload
    )
    upsert = models.UpsertOperation(upsert=models.PointsList(points=[changed]))
    client.batch_update_points(collection, [upsert])


def change_text(client: QdrantClient, collection: str) -> None:
    rewrite(client, collection, content="outro texto")


def change_title(client: QdrantClient, collection: str) -> None:
    rewrite(client, collection, title="Outro título")


def change_vector(client: QdrantClient, collection: str) -> None:
    rewrite(client, collection, vectors={VECTOR: [0.5] * DIMENSION})


def change_terms(client: QdrantClient, collection: str) -> None:
    rewrite(client, collection, vectors={SPARSE_VECTOR: models.SparseVector(indices=[7], values=[1.0])})


@pytest.mark.slow
@pytest.mark.parametrize("change", [change_text, change_title, change_vector, change_terms])
def test_a_changed_point_is_named_and_the_next_run_mends_it(
    new_run: Callable[[], Run], change: Callable[[QdrantClient, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(point_proof, "PARTS", 1)
    run = new_run()
    collection = run.fingerprints.collection
    assert verify(run).exact

    change(connect(run.settings), collection)

    found = verify(new_run())
    assert [line.split(":")[0] for line in found.differences] == ["changed"]
    assert "1 points are not what was stored (slots " in found.differences[0]
    assert verify(new_run(), quick=True).exact, "else the quick comparison promises more than it does"
    run_all(new_run(), "c2", TEXTS)
    assert verify(new_run()).exact


@pytest.mark.slow
def test_on_a_server_each_run_compares_a_part_and_all_runs_together_everything(new_run: Callable[[], Run]) -> None:
    run = new_run()
    if not run.settings.qdrant.url:
        pytest.skip("local files are compared whole")
    change_text(connect(run.settings), run.fingerprints.collection)

    for number in range(point_proof.PARTS):
        run_all(new_run(), f"c{number + 2}", TEXTS)

    assert verify(new_run()).exact


@pytest.mark.parametrize("shard_size", [100, 1], ids=["whole", "in parts"])
def test_on_a_server_a_run_compares_its_turn_and_what_it_stored(tmp_path: Path, shard_size: int) -> None:
    texts: Texts = {f"30-Aprovados/{number}.txt": [f"norma {number}"] for number in range(40)}
    edited = document_id("p", "30-Aprovados/7.txt")
    with QdrantServer() as server:
        run = make_run(tmp_path / "data", server.url, shard_size=shard_size)
        run_all(run, "c1", texts)
        published = read_published(run)
        assert published
        store_all(run, "c2", {**texts, "30-Aprovados/7.txt": ["outra norma"]})
        wanted = shards.stored(run, shards.count(run.snapshot("c2"), shard_size))
        kept = published_file.keep(run.data, run.fingerprints.collection, wanted)
        compared: list[str] = []
        for turn in range(point_proof.PARTS):
            note_success(run, part=turn)
            part = [key for some in point_proof.due(run, open_collection(run))(kept) for key in some]
            assert edited in part
            compared += part
        disconnect(run.settings)
    assert isinstance(kept, StoredParts) == (shard_size == 1)
    assert sorted(compared) == sorted([*published.documents, *[edited] * (point_proof.PARTS - 1)])


def test_points_stored_before_they_were_proven_are_named_and_stored_again(
    new_run: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(point_proof, "PARTS", 1)
    run = new_run()
    published = read_published(run)
    assert published
    document_id, version = next(iter(published.documents.items()))
    unproven = {**published.documents, document_id: version.model_copy(update={"proof": ""})}
    path = run.data.published(run.settings.qdrant.collection_name)
    files.write_json(path, published.model_copy(update={"documents": unproven}))

    assert [line.split(":")[0] for line in verify(new_run()).differences] == ["unproven"]
    run_all(new_run(), "c2", TEXTS)
    assert verify(new_run()).exact


# -- is it there at all --------------------------------------------------------------------------------------------


def test_without_the_alias_nothing_is_taken_for_published(new_run: Callable[[], Run]) -> None:
    run = new_run()
    assert is_published(run, "c1")
    alias = models.DeleteAlias(alias_name=run.settings.qdrant.collection_name)
    connect(run.settings).update_collection_aliases([models.DeleteAliasOperation(delete_alias=alias)])

    assert not is_published(new_run(), "c1")
    run_all(new_run(), "c1", TEXTS)
    assert is_published(new_run(), "c1")
    assert verify(new_run()).exact


def storage(run: Run) -> Path:
    return local_files.folder(run.settings) / "collection" / run.fingerprints.collection / "storage.sqlite"


def delete_description(run: Run) -> None:
    (local_files.folder(run.settings) / "meta.json").unlink()


def cut_description(run: Run) -> None:
    description = local_files.folder(run.settings) / "meta.json"
    description.write_bytes(description.read_bytes()[:40])


def cut_storage(run: Run) -> None:
    storage(run).write_bytes(storage(run).read_bytes()[:5000])


def zero_storage(run: Run) -> None:
    storage(run).write_bytes(bytes(storage(run).stat().st_size))


def break_a_point(run: Run) -> None:
    with contextlib.closing(sqlite3.connect(storage(run))) as database, database:
        database.execute("UPDATE points SET point = x'80' WHERE rowid = 1")


def change_a_letter(run: Run) -> None:
    storage(run).write_bytes(storage(run).read_bytes().replace(b"b 1", b"b 9"))


def delete_everything(run: Run) -> None:
    shutil.rmtree(local_files.folder(run.settings))


@pytest.mark.parametrize(
    "damage",
    [
        delete_description,
        cut_description,
        cut_storage,
        zero_storage,
        break_a_point,
        change_a_letter,
        delete_everything,
    ],
)
def test_damaged_local_files_are_noticed_and_the_next_run_makes_them_whole(
    tmp_path: Path, damage: Callable[[Run], None]
) -> None:
    def new() -> Run:
        disconnect(runs[-1].settings)
        runs.append(make_run(tmp_path / "data"))
        return runs[-1]

    runs = [make_run(tmp_path / "data")]
    run_all(new(), "c1", TEXTS)
    assert is_published(new(), "c1")

    damage(new())

    assert not is_published(new(), "c1")
    run_all(new(), "c1", TEXTS)
    assert is_published(new(), "c1")
    assert verify(new()).exact
    disconnect(runs[-1].settings)
