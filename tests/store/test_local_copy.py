"""Readers of local files have a copy of their own: whole at every instant, swapped by a publication, and read only."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipeline.errors import TransientError
from pipeline.schema import Method
from pipeline.settings.sections import Settings
from pipeline.store import local_copy, local_files
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import connect, connect_reader, disconnect, is_present
from pipeline.store.read_only import READS, read_only
from pipeline.store.reader import open_published
from tests.support.stored import make_document, make_payloads, make_settings, make_terms, make_vectors

READING = "from pipeline.store.reader import open_published; print(open_published(settings).count())"


def store(settings: Settings, collection: str = "nic__a", chunks: int = 3, document: str = "a.pdf") -> Store:
    made = open_store(settings, collection)
    made.ensure_collection(8)
    given = make_document(f"30-Aprovados/{document}")
    made.replace_document(given.document_id, make_payloads(given, chunks), make_vectors(chunks), make_terms(chunks))
    return made


def publish(settings: Settings, **what: Any) -> None:
    store(settings, **what).publish()


def home(settings: Settings) -> Path:
    return Path(settings.pipeline.data_dir) / "readers" / settings.qdrant.collection_name


def count(settings: Settings) -> int:
    reader = open_published(settings)
    return reader.count() if reader else 0


def ordered(answers: list[list[tuple[float, dict[str, Any]]]]) -> list[list[tuple[float, int]]]:
    """Equal scores may come in any order, in which float32 adds up a little differently."""
    return [sorted((round(score, 4), payload["chunk_index"]) for score, payload in found) for found in answers]


def in_another_process(settings: Settings, code: str) -> str:
    program = "\n".join(
        [
            "from pipeline.settings.sections import Settings",
            f"settings = Settings.model_validate_json({settings.model_dump_json()!r})",
            code,
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.strip()


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    made = make_settings(tmp_path, timeout_s=0.2)
    yield made
    disconnect(made)


def test_nothing_is_read_before_anything_is_published(settings: Settings) -> None:
    assert open_published(settings) is None
    store(settings)
    assert open_published(settings) is None


@pytest.mark.slow
def test_others_read_while_a_run_holds_the_files(settings: Settings) -> None:
    publish(settings)
    assert in_another_process(settings, READING) == "3"
    with pytest.raises(subprocess.CalledProcessError):
        in_another_process(settings, "from pipeline.store.connection import connect; connect(settings)")


def test_readers_see_what_was_published_and_nothing_that_is_written_since(settings: Settings) -> None:
    publish(settings)
    store(settings, document="b.pdf")
    store(settings, collection="nic__b", chunks=9)
    assert count(settings) == 3
    publish(settings)
    assert count(settings) == 6
    publish(settings, collection="nic__b", chunks=9)
    assert count(settings) == 9


def test_a_reader_keeps_what_it_reads_when_another_edition_takes_its_place(settings: Settings) -> None:
    publish(settings)
    before = open_published(settings)
    assert before
    publish(settings, collection="nic__b", chunks=9)
    after = open_published(settings)
    assert after
    assert (before.collection, before.count(), after.collection, after.count()) == ("nic__a", 3, "nic__b", 9)
    assert not before.is_same(after)
    again = open_published(settings)
    assert again
    assert after.is_same(again)


def test_the_copy_answers_as_the_collection_does(settings: Settings) -> None:
    publish(settings, chunks=40)
    reader, whole = open_published(settings), open_store(settings, "nic__a")
    assert reader
    for method in Method:
        asked = make_vectors(5, seed=7), [{"texto": 1.0, "3": 2.0}] * 5, 100, ["chunk_index"], method
        assert ordered(reader.query(*asked)) == ordered(whole.query(*asked))
    assert reader.made_with() == whole.made_with()
    wanted = [("30-Aprovados/a.pdf", slot) for slot in range(50)]
    assert reader.slots(wanted, ["content"]) == whole.slots(wanted, ["content"])


def test_old_copies_are_removed(settings: Settings) -> None:
    publish(settings)
    (home(settings) / ".left.part").mkdir()
    publish(settings, document="b.pdf")
    publish(settings, collection="nic__b")
    current = local_copy.current(settings)
    assert current
    assert {path.name for path in home(settings).iterdir()} == {"current", current.folder}


def test_publishing_what_is_published_copies_nothing(settings: Settings) -> None:
    publish(settings)
    before = local_copy.current(settings)
    open_store(settings, "nic__a").publish()
    assert local_copy.current(settings) == before


def test_a_copy_holds_nothing_that_was_deleted(settings: Settings) -> None:
    made = store(settings, document="a.pdf")
    given = make_document("30-Aprovados/gone.pdf")
    payloads = make_payloads(given, 1, text="palavra-secreta")
    made.replace_document(given.document_id, payloads, make_vectors(1), make_terms(1))
    made.delete_documents([given.document_id])
    made.publish()
    assert not any(b"palavra-secreta" in path.read_bytes() for path in home(settings).rglob("*") if path.is_file())


def test_a_damaged_copy_is_told_and_made_again(settings: Settings) -> None:
    publish(settings)
    copy = local_copy.current(settings)
    assert copy
    (home(settings) / copy.folder / "storage.sqlite").write_bytes(b"noise" * 1000)
    with pytest.raises(TransientError, match="nic run"):
        open_published(settings)
    open_store(settings, "nic__a").publish()
    assert count(settings) == 3


def test_a_run_without_work_notices_that_readers_have_no_copy(settings: Settings) -> None:
    publish(settings)
    assert is_present(settings, "nic__a", 3)
    (home(settings) / "current").unlink()
    assert not is_present(settings, "nic__a", 3)
    open_store(settings, "nic__a").publish()
    assert is_present(settings, "nic__a", 3)


@pytest.mark.slow
def test_a_collection_of_before_there_were_copies_gets_one_by_its_first_reader(settings: Settings) -> None:
    publish(settings)
    disconnect(settings)
    (home(settings) / "current").unlink()
    assert in_another_process(settings, READING) == "3"
    assert local_copy.current(settings)


def _killed(settings: Settings, fails_at: str) -> None:
    """Ends the process as a kill would, at one of the steps of making a copy."""
    made = store(settings, document="b.pdf")
    target = {
        "copy": "os.fsync",
        "pointer": "pipeline.datadir.files.write_json",
        "tidy": "pipeline.datadir.files.names",
    }
    local_files.note_states(settings)  # what a publication does before
    with patch(target[fails_at], side_effect=lambda *_, **__: os._exit(9)):
        local_copy.make(settings, made.collection)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["copy", "pointer", "tidy"])
def test_a_kill_while_a_copy_is_made_leaves_readers_a_whole_one(settings: Settings, step: str) -> None:
    publish(settings)
    disconnect(settings)
    child = multiprocessing.get_context("spawn").Process(target=_killed, args=(settings, step))
    child.start()
    child.join(300)
    assert child.exitcode == 9
    assert count(settings) == (6 if step == "tidy" else 3)
    open_store(settings, "nic__a").publish()
    assert count(settings) == 6
    assert len(list(home(settings).iterdir())) == 2


def test_a_reader_has_nothing_that_writes(settings: Settings) -> None:
    publish(settings)
    for client in (connect_reader(settings), read_only(connect(settings))):
        assert client
        for name in dir(connect(settings)):
            if not name.startswith("_") and name not in READS:
                with pytest.raises(AttributeError, match="a reader of the collection has no"):
                    getattr(client, name)


def test_a_copy_is_a_plain_database_of_its_own(settings: Settings) -> None:
    publish(settings)
    copy = local_copy.current(settings)
    assert copy
    with sqlite3.connect(f"file:{home(settings) / copy.folder / 'storage.sqlite'}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("SELECT count(*) FROM points").fetchone() == (3,)
    assert copy.source == local_files.state(local_files.storage(settings, "nic__a"))
