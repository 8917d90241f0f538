"""Another collection takes the place of the published one, and gives it back; readers never notice the work."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
from qdrant_client import QdrantClient, models
from typer.testing import CliRunner, Result

from pipeline import sparse
from pipeline.cli import app
from pipeline.datadir import files
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError
from pipeline.flow.store_document import begin_changes
from pipeline.inspection.status import status
from pipeline.publish import finalize, retirement, rollback
from pipeline.publish.published import is_published, read_published, read_rollbacks, refuse_rolled_back
from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.schema import document_id
from pipeline.search import nearest
from pipeline.store import generations
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import connect, disconnect
from pipeline.store.points import VECTOR
from tests.conftest import Workspace, forget_run
from tests.support.indexed import Texts, make_run, run_all, store_all
from tests.support.qdrant_server import Fault, QdrantServer
from tests.support.stored import make_vectors, stored_in

BEFORE: Texts = {"30-Aprovados/a.txt": ["a 0", "a 1", "a 2"], "30-Aprovados/b.txt": ["b 0"]}
AFTER: Texts = {"30-Aprovados/a.txt": ["a 0 1", "a 2"], "30-Aprovados/b.txt": ["b 0"]}
FIRST, SECOND, THIRD = 100, 200, 300
"""Sizes of chunks, each with a collection of its own."""


class Killed(BaseException):
    """Nothing of the product catches it."""


@dataclass
class Place:
    """One data directory and one Qdrant."""

    data: Path
    url: str = ""
    runs: list[Run] = field(default_factory=list)

    def run(self, size: int, keep: int = 1, model: str = "small") -> Run:
        self.runs.append(make_run(self.data, self.url, size, model, keep))
        return self.runs[-1]

    def collection(self, size: int) -> str:
        return self.run(size).fingerprints.collection

    def readers_see(self) -> str | None:
        """What the alias gives, after a proof that it is whole."""
        run = self.runs[-1]
        served = open_store(run.settings, "any").published_collection()
        assert served is None or verify_collection(run, served), f"{served} is served and not whole"
        return served

    def collections(self) -> set[str]:
        return set(generations.names(self.runs[-1].settings))


def verify_collection(run: Run, collection: str) -> bool:
    stored = stored_in(open_store(run.settings, collection))
    wanted = {document_id("p", path): len(chunks) for path, chunks in texts_of(run, collection).items()}
    return {key: len(found.slots) for key, found in stored.items()} == wanted


def texts_of(run: Run, collection: str) -> Texts:
    first = make_run(Path(run.settings.pipeline.data_dir), run.settings.qdrant.url, FIRST)
    return BEFORE if collection == first.fingerprints.collection else AFTER


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with QdrantServer() as server:
        made = Place(tmp_path / "data", server.url if getattr(request, "param", "local") == "http" else "")
        yield made
        close(made)


both = pytest.mark.parametrize("place", ["local", "http"], indirect=True)


@pytest.fixture
def reindexed(place: Place) -> Place:
    """The second collection is published, the first was before."""
    return reindex(place)


def reindex(place: Place) -> Place:
    run_all(place.run(FIRST), "c1", BEFORE)
    run_all(place.run(SECOND), "c1", AFTER)
    return place


def close(place: Place) -> None:
    for run in place.runs:
        disconnect(run.settings)


# -- going back ----------------------------------------------------------------------------------------------------


@both
def test_after_a_rollback_readers_see_what_was_published_before_and_all_commands_say_so(reindexed: Place) -> None:
    first, second = reindexed.collection(FIRST), reindexed.collection(SECOND)
    assert reindexed.readers_see() == second
    step, published = rollback.roll_back(reindexed.run(SECOND))
    assert (step.collection, step.to, published.points) == (second, first, 4)
    assert reindexed.readers_see() == first
    assert verify(reindexed.run(SECOND)).exact
    told = status(reindexed.run(SECOND))
    assert (told.readers_see, told.rolled_back, told.published) == (first, step, False)
    again = status(reindexed.run(FIRST))
    assert (again.readers_see, again.rolled_back, again.published) == (first, None, True)


def test_what_was_rolled_back_is_not_published_again_by_any_run(reindexed: Place) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    assert not is_published(reindexed.run(SECOND), "c1"), "else a run would find nothing to do, and not say why"
    with pytest.raises(ConfigurationError, match=r"nic__\w+, which these settings give, was rolled back") as caught:
        run_all(reindexed.run(SECOND), "c2", AFTER)  # one that had begun before
    assert caught.value.code is ErrorCode.ROLLED_BACK
    assert reindexed.readers_see() == reindexed.collection(FIRST)


def test_settings_that_give_another_collection_are_published_after_a_rollback(reindexed: Place) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    run_all(reindexed.run(THIRD), "c1", AFTER)
    assert reindexed.readers_see() == reindexed.collection(THIRD)
    published = read_published(reindexed.run(THIRD))
    assert published
    assert published.previous == reindexed.collection(FIRST)
    with pytest.raises(ConfigurationError):
        refuse_rolled_back(reindexed.run(SECOND))


def test_settings_set_back_keep_the_old_collection_in_step(reindexed: Place) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    assert is_published(reindexed.run(FIRST), "c1")
    run_all(reindexed.run(FIRST), "c2", BEFORE)
    assert is_published(reindexed.run(FIRST), "c2")
    assert reindexed.readers_see() == reindexed.collection(FIRST)


def test_undo_gives_readers_the_new_collection_at_once(reindexed: Place) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    _, published = rollback.undo(reindexed.run(SECOND))
    assert published
    assert reindexed.readers_see() == reindexed.collection(SECOND)
    assert is_published(reindexed.run(SECOND), "c1")
    with pytest.raises(PipelineError, match="nothing to undo"):
        rollback.undo(reindexed.run(SECOND))


def test_undo_leaves_readers_alone_when_something_else_was_published_since(reindexed: Place) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    run_all(reindexed.run(THIRD), "c1", AFTER)
    assert rollback.undo(reindexed.run(SECOND))[1] is None
    assert reindexed.readers_see() == reindexed.collection(THIRD)
    refuse_rolled_back(reindexed.run(SECOND))  # no longer


def test_there_is_nothing_to_go_back_to_before_the_second_collection(place: Place) -> None:
    with pytest.raises(PipelineError, match="nothing is published yet"):
        rollback.roll_back(place.run(FIRST))
    run_all(place.run(FIRST), "c1", BEFORE)
    run_all(place.run(FIRST), "c2", BEFORE)
    with pytest.raises(PipelineError, match="nothing to go back to") as caught:
        rollback.roll_back(place.run(FIRST))
    assert caught.value.code is ErrorCode.INCOMPLETE


def test_a_collection_that_is_not_what_it_was_is_not_given_to_readers(reindexed: Place) -> None:
    first = open_store(reindexed.run(SECOND).settings, reindexed.collection(FIRST))
    first.delete_documents([document_id("p", "30-Aprovados/b.txt")])
    with pytest.raises(PipelineError) as caught:
        rollback.roll_back(reindexed.run(SECOND))
    assert caught.value.code is ErrorCode.STORE_MISMATCH
    assert reindexed.readers_see() == reindexed.collection(SECOND)
    refuse_rolled_back(reindexed.run(SECOND))  # nothing was noted either


@both
def test_searching_needs_the_same_model_and_analysis_not_the_same_chunks(
    reindexed: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    (hits,) = nearest(make_vectors(1), 10, reindexed.run(SECOND).settings)
    assert sorted(hit.text for hit in hits) == ["a 0", "a 1", "a 2", "b 0"]
    with pytest.raises(ConfigurationError, match="NIC_EMBEDDING_MODEL"):
        nearest(make_vectors(1), 10, reindexed.run(SECOND, model="other").settings)
    monkeypatch.setattr("pipeline.sparse.analysis.VERSION", 99)
    sparse.identity.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="analysis"):
            nearest(make_vectors(1), 10, reindexed.run(SECOND).settings)
    finally:
        monkeypatch.undo()
        sparse.identity.cache_clear()


# -- killed in between ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def killed_before(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The process dies before the n-th thing that outlives it: a file written or removed, the alias moved."""
    seen: list[str] = []

    def dying(name: str, act: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object) -> object:
            seen.append(name)
            if len(seen) > step:
                raise Killed
            return act(*arguments)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_bytes", dying("write", files.write_bytes))
        patch.setattr(files, "remove", dying("remove", files.remove))
        patch.setattr(Store, "publish", dying("alias", Store.publish))
        yield seen


def each_kill(
    folder: Path, prepare: Callable[[Place], object], act: Callable[[Place], object], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A place after `prepare` and an `act` killed at its first, second … step, until it is not killed any more."""
    prepared = Place(folder / "prepared")
    prepare(prepared)
    close(prepared)
    for step in itertools.count():
        place = Place(shutil.copytree(prepared.data, folder / f"{step}", symlinks=True))
        try:
            with killed_before(step, monkeypatch) as seen:
                act(place)
        except Killed:
            yield place
        else:
            assert "alias" in seen
            assert step > 2
            return
        finally:
            close(place)


def ready_to_publish(place: Place) -> None:
    run_all(place.run(FIRST), "c1", BEFORE)
    store_all(place.run(SECOND), "c1", AFTER)


def finish(place: Place) -> None:
    finalize.finalize(place.run(SECOND), "c1", 1)


def back(place: Place) -> None:
    rollback.roll_back(place.run(SECOND))


def forth(place: Place) -> None:
    rollback.undo(place.run(SECOND))


def rolled_back(place: Place) -> None:
    back(reindex(place))


def published_collection(place: Place) -> str:
    published = read_published(place.runs[-1])
    assert published
    return published.collection


@pytest.mark.slow
def test_a_publication_killed_anywhere_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in each_kill(tmp_path, ready_to_publish, finish, monkeypatch):
        assert place.readers_see() in (place.collection(FIRST), place.collection(SECOND))
        run_all(place.run(SECOND), "c1", AFTER)
        assert is_published(place.run(SECOND), "c1")
        assert place.readers_see() == place.collection(SECOND)
        back(place)
        assert place.readers_see() == place.collection(FIRST)


@pytest.mark.slow
def test_after_a_publication_killed_anywhere_a_rollback_gives_what_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in each_kill(tmp_path, ready_to_publish, finish, monkeypatch):
        if place.readers_see() == place.collection(FIRST):
            with pytest.raises(PipelineError, match="nothing to go back to"):
                back(place)
        else:
            back(place)
            with pytest.raises(ConfigurationError):
                run_all(place.run(SECOND), "c1", AFTER)
            forth(place)
            run_all(place.run(SECOND), "c1", AFTER)
            assert place.readers_see() == place.collection(SECOND)
            back(place)
        assert place.readers_see() == place.collection(FIRST)
        assert verify(place.run(FIRST)).exact


@pytest.mark.parametrize("prepare_and_kill", [(reindex, back), (rolled_back, forth)], ids=["rollback", "undo"])
@pytest.mark.parametrize("then", [back, forth])
def test_a_rollback_or_its_undoing_killed_anywhere_can_be_finished_or_reversed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare_and_kill: tuple[Callable[[Place], object], Callable[[Place], object]],
    then: Callable[[Place], object],
) -> None:
    for place in each_kill(tmp_path, *prepare_and_kill, monkeypatch):
        if read_rollbacks(place.run(SECOND)):
            assert not is_published(place.run(SECOND), "c1"), "a scheduled run must not take sides"
        elif then is forth:
            continue  # killed before anything was done
        if then is back and place.readers_see() == published_collection(place) == place.collection(FIRST):
            with pytest.raises(PipelineError, match="nothing to go back to"):  # the undoing had changed nothing yet
                back(place)
        else:
            then(place)
        assert place.readers_see() == place.collection(FIRST if then is back else SECOND)
        assert verify(place.run(SECOND)).exact
        assert is_published(place.run(FIRST if then is back else SECOND), "c1")


# -- removing old collections --------------------------------------------------------------------------------------


@pytest.mark.slow
@both
def test_as_many_earlier_collections_stay_as_the_setting_says(place: Place) -> None:
    for size in (FIRST, SECOND, THIRD):
        run_all(place.run(size), "c1", BEFORE if size == FIRST else AFTER)
    assert place.collections() == {place.collection(SECOND), place.collection(THIRD)}
    assert not files.exists(place.run(FIRST).data.index(place.collection(FIRST)))
    run_all(place.run(THIRD, keep=0), "c2", AFTER)
    assert place.collections() == {place.collection(THIRD)}
    with pytest.raises(PipelineError, match="set the settings back"):
        rollback.roll_back(place.run(THIRD))
    run_all(place.run(FIRST), "c2", BEFORE)
    assert place.readers_see() == place.collection(FIRST)


def test_two_earlier_collections_can_be_kept_and_gone_back_to(place: Place) -> None:
    for size in (FIRST, SECOND, THIRD):
        run_all(place.run(size, keep=2), "c1", BEFORE if size == FIRST else AFTER)
    rollback.roll_back(place.run(THIRD))
    rollback.roll_back(place.run(THIRD))
    assert place.readers_see() == place.collection(FIRST)
    rollback.undo(place.run(THIRD))
    assert place.readers_see() == place.collection(SECOND)


@both
def test_no_collection_is_removed_that_somebody_may_need(reindexed: Place) -> None:
    run = reindexed.run(SECOND, keep=0)
    client = connect(run.settings)
    foreign = ["nic__notes", "nic__0123456789ab__x", "xnic__0123456789ab", "nic_0123456789ab"]
    aliased, orphan = "nic__aaaaaaaaaaaa", "nic__bbbbbbbbbbbb"
    for name in (*foreign, aliased, orphan):
        open_store(run.settings, name).ensure_collection(3)
    alias = models.CreateAlias(collection_name=aliased, alias_name="somebody-elses")
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])
    removed = [each.collection for each in retirement.review(run) if each.kept is None]
    assert set(removed) == {orphan, reindexed.collection(FIRST)}
    begin_changes(run)
    growing = {each.collection: each.kept or "" for each in retirement.review(run)}
    assert "a run is building it" in growing[orphan]
    retirement.retire(run, retirement.review(run))
    assert reindexed.collections() == {*foreign, aliased, orphan, reindexed.collection(SECOND)}


def test_what_was_rolled_back_stays_until_something_else_is_published(reindexed: Place) -> None:
    rollback.roll_back(reindexed.run(SECOND))
    run_all(reindexed.run(FIRST), "c2", BEFORE)
    assert reindexed.collection(SECOND) in reindexed.collections()
    run_all(reindexed.run(THIRD), "c2", AFTER)
    assert reindexed.collections() == {reindexed.collection(FIRST), reindexed.collection(THIRD)}


def test_a_run_ends_well_when_an_old_collection_cannot_be_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with QdrantServer() as server:
        place = reindex(Place(tmp_path / "data", server.url))
        server.faults.append(Fault("DELETE /collections", status=403))
        assert run_all(place.run(THIRD), "c1", AFTER).outcome == "finished"
        assert "old collections and files stay" in caplog.text
        assert place.collection(FIRST) in place.collections()
        run_all(place.run(THIRD), "c2", AFTER)
        assert place.collection(FIRST) not in place.collections()
        close(place)


# -- readers meanwhile ---------------------------------------------------------------------------------------------

Reading = dict[str, list[tuple[str, int]]]
"""Document -> content version and slot of each of its points."""


def read(client: QdrantClient, turn: int) -> Reading:
    """All points of the alias by one request: listed, or found by a question."""
    fields = ["document_id", "content_version", "chunk_index"]
    if turn % 2:
        points: list[models.Record | models.ScoredPoint] = list(
            client.scroll("nic", limit=1000, with_payload=fields)[0]
        )
    else:
        everything = client.query_batch_points(
            "nic", [models.QueryRequest(query=[1.0] * 8, using=VECTOR, limit=1000, with_payload=fields)]
        )
        points = list(everything[0].points)
    found: Reading = defaultdict(list)
    for point in points:
        payload = point.payload or {}
        found[payload["document_id"]].append((payload["content_version"], payload["chunk_index"]))
    return {key: sorted(slots) for key, slots in found.items()}


def versions(run: Run, texts: Texts, commit: str) -> Reading:
    """What a reader sees of these texts when they are stored whole."""
    return {
        document.document_id: [
            (run.fingerprints.content_version(document), slot) for slot in range(len(texts[document.path]))
        ]
        for document in run.snapshot(commit).documents
    }


class Reader(Thread):
    """Reads on and on until it is stopped."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.answers: list[Reading] = []
        self.trouble: list[Exception] = []
        self._url = url
        self._done = Event()

    def run(self) -> None:
        client = QdrantClient(url=self._url, check_compatibility=False)
        for turn in itertools.count():
            if self._done.is_set():
                break
            self._done.wait(0.003)  # leaves the writer some of one processor
            try:
                self.answers.append(read(client, turn))
            except Exception as error:
                self.trouble.append(error)
        client.close()

    def stop(self) -> None:
        self._done.set()
        self.join()


@pytest.mark.slow
def test_a_reader_sees_whole_documents_during_updates_and_one_collection_across_a_reindexing(tmp_path: Path) -> None:
    """Every single answer of the alias holds each document once and whole, and is of one collection."""
    paths = [f"30-Aprovados/{number}.txt" for number in range(5)]
    stored: list[tuple[str, Reading]] = []

    def index_again(place: Place, size: int) -> None:
        number = len(stored)
        run, chunks = place.run(size), 2 + number % 3 * 4  # documents grow, grow, and shrink
        texts = {path: [f"{path} {number} {slot}" for slot in range(chunks)] for path in paths}
        run_all(run, f"c{number}", texts)
        stored.append((run.fingerprints.collection, versions(run, texts, f"c{number}")))

    with QdrantServer() as server:
        place, reader = Place(tmp_path / "data", server.url), Reader(server.url)
        index_again(place, FIRST)
        reader.start()
        try:
            for size in (FIRST, FIRST, SECOND, SECOND, THIRD):
                index_again(place, size)
            rollback.roll_back(place.run(THIRD))
        finally:
            reader.stop()
            close(place)
    assert not reader.trouble
    seen = set()
    for answer in reader.answers:
        assert len(answer) == len(paths), "a document is missing"
        sources = [
            {collection for collection, whole in stored if whole[key] == points} for key, points in answer.items()
        ]
        assert all(sources), "a document is doubled, mixed or in part"
        assert set.intersection(*sources), "an answer is of two collections"
        seen |= set.intersection(*sources)
    assert len(seen) >= 2, "the reader was there before and after the alias moved"


def test_between_any_two_writes_in_local_mode_every_document_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "data")
    run_all(place.run(FIRST), "c1", BEFORE)
    client = connect(place.runs[0].settings)
    seen: list[dict[str, int]] = []
    for name in ("batch_update_points", "update_collection_aliases", "create_collection", "delete_collection"):
        act = getattr(client, name)

        def watched(*arguments: object, act: Callable[..., object] = act, **options: object) -> object:
            result = act(*arguments, **options)
            seen.append({key: len(points) for key, points in read(client, 1).items()})
            return result

        monkeypatch.setattr(client, name, watched)
    run_all(place.run(FIRST), "c2", {**BEFORE, "30-Aprovados/a.txt": ["a new"] * 5})
    run_all(place.run(SECOND), "c2", AFTER)
    run_all(place.run(THIRD), "c2", AFTER)
    close(place)
    a, b = (document_id("p", path) for path in BEFORE)
    assert len(seen) > 8
    assert all(answer in ({a: 3, b: 1}, {a: 5, b: 1}, {a: 2, b: 1}) for answer in seen)


# -- the commands --------------------------------------------------------------------------------------------------


def command(*arguments: str) -> Result:
    forget_run()
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.slow
def test_rollback_and_retire_on_the_command_line(workspace: Workspace) -> None:
    workspace.write("ferias.txt", "O servidor pode vender dez dias de férias por ano.\n")
    workspace.run_all()
    assert command("rollback").exit_code == 1
    workspace.set("chunking", "target_chunk_size", "300")
    workspace.run_all()
    assert "`rollback` leads to it" in command("retire", "--dry-run").output
    told = command("rollback")
    assert told.exit_code == 0, told.output
    assert "readers of nic see nic__" in told.output
    assert "rolled back from nic__" in command("status").output
    assert command("verify").exit_code == 0
    assert command("search", "férias", "--top-k", "1").exit_code == 0
    refused = workspace.run_all()
    assert not refused.scheduling_succeeded
    assert command("rollback", "--undo").exit_code == 0
    assert workspace.run_all().scheduling_succeeded
    workspace.set("qdrant", "keep_collections", "0")
    assert "would remove" in command("retire", "--dry-run").output
    assert "removed" in command("retire").output
    assert "would remove" not in command("retire", "--dry-run").output
