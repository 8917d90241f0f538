"""What is purged is gone from every place that the pipeline keeps, and does not come back by itself."""

from __future__ import annotations

import shlex
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.datadir import files, folders
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError, TransientError
from pipeline.publish import purge, purge_proof, rollback
from pipeline.publish.erasure import Erasure
from pipeline.publish.verification import verify
from pipeline.run import quarantine
from pipeline.run.current import Run, current_run
from pipeline.run.purges import read_purges
from pipeline.schema import Document
from pipeline.settings.sections import PipelineSettings
from pipeline.store.connection import disconnect
from pipeline.web.library.standing import list_quarantined
from tests.conftest import forget_run
from tests.support.byte_scan import places
from tests.support.indexed import Texts, make_run, run_all, store_all
from tests.support.qdrant_server import QdrantServer

NAME = "Maria-da-Conceição-47"
PATH, OTHER, COPY = "30-Aprovados/atestado.txt", "30-Aprovados/norma.txt", "30-Aprovados/cópia do atestado.txt"
TEXTS: Texts = {PATH: [f"O atestado de {NAME}.", f"{NAME} fica em casa."], OTHER: ["O prazo da norma é de 8 dias."]}
WITH_COPY: Texts = {**TEXTS, COPY: TEXTS[PATH]}
NewRun = Callable[..., Run]


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[NewRun]:
    made: list[Run] = []

    def new(size: int = 500, url: str = "") -> Run:
        for run in made:
            disconnect(run.settings)
        made.append(make_run(tmp_path / "data", url, size))
        return made[-1]

    yield new
    for run in made:
        disconnect(run.settings)


def erase(run: Run, *names: str) -> purge.Erased:
    purge.request(run, names)
    erased = purge.finish(run)
    assert erased
    return erased


def listed(run: Run, path: str) -> Document:
    snapshot = run.listings.latest()
    assert snapshot
    return next(document for document in snapshot.documents if document.path == path)


def assert_forgotten(data: Path, *words: str) -> None:
    assert places([NAME, "atestado", *words], data) == []


def test_nothing_of_a_purged_document_is_left_and_all_else_is_exact(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    assert places([NAME], tmp_path / "data")

    erased = erase(new_run(), PATH)

    assert_forgotten(tmp_path / "data")
    assert erased.removed["points"] == 2
    found = verify(new_run())
    assert (found.exact, found.documents, found.points) == (True, 1, 1)


def test_the_proof_looks_at_the_copy_that_readers_open(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    run = new_run()
    purge.request(run, [PATH])
    erasure = Erasure(run, read_purges(run.data.purges).unfinished)
    (copy,) = (tmp_path / "data" / "readers").rglob("storage.sqlite")
    with pytest.raises(TransientError, match=f"{copy.parent.name}/storage.sqlite"):
        purge_proof.prove(run, erasure)
    purge.finish(run)
    purge_proof.prove(run, erasure)


def test_what_is_still_in_the_folder_is_quarantined_until_it_is_released(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    erase(new_run(), PATH)

    summary = run_all(new_run(), "c1", TEXTS)
    assert [(held.path, held.failure.code) for held in summary.quarantined] == [(PATH, ErrorCode.PURGED)]
    assert places([NAME], tmp_path / "data") == []
    edited = {**TEXTS, PATH: ["Uma outra versão."]}
    assert len(run_all(new_run(), "c2", edited).quarantined) == 1, "a path is refused whatever it holds"
    with pytest.raises(PipelineError, match="purge --release"):
        quarantine.release(new_run(), [PATH])
    (held,) = list_quarantined(new_run())
    assert held.release == f"nic purge --release {shlex.quote(PATH)}"

    assert purge.release(new_run(), PATH) == 1
    assert run_all(new_run(), "c1", TEXTS).quarantined == ()
    assert verify(new_run()).documents == 2
    with pytest.raises(ConfigurationError, match="was not purged"):
        purge.release(new_run(), PATH)


def test_a_purged_path_leaves_the_content_that_another_document_has_now(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", WITH_COPY)

    erased = erase(new_run(), PATH)

    assert erased.shared == (COPY,)
    assert places([PATH], tmp_path / "data") == []
    assert verify(new_run()).documents == 2
    summary = run_all(new_run(), "c1", WITH_COPY)
    assert [held.path for held in summary.quarantined] == [PATH]
    assert verify(new_run()).documents == 2


@pytest.mark.slow
def test_a_document_whose_name_contains_that_of_a_purged_one_stays(new_run: NewRun, tmp_path: Path) -> None:
    longer = f"{PATH}.v2.txt"
    texts = {PATH: ["Sai."], longer: ["Fica."], f"30-Aprovados/cópias/{PATH}": ["Fica também."]}
    run_all(new_run(), "c1", texts)
    log = new_run().data.run("20260101T000000.000Z-abcdef") / "log.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f'{{"event": "document", "path": "{path}"}}\n' for path in texts))

    erase(new_run(), PATH)

    assert verify(new_run()).documents == 2
    assert [line.count(longer) for line in log.read_text().splitlines()] == [1, 0]
    snapshot = new_run().listings.latest()
    assert snapshot
    assert len(snapshot.documents) == 2


def test_a_purged_content_goes_from_every_path(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", WITH_COPY)
    run = new_run()

    erase(run, listed(run, PATH).blob_sha)

    assert_forgotten(tmp_path / "data")
    assert verify(new_run()).documents == 1
    assert {held.path for held in run_all(new_run(), "c1", WITH_COPY).quarantined} == {PATH, COPY}
    (command,) = {held.release for held in list_quarantined(new_run())}
    assert purge.release(new_run(), command.removeprefix("nic purge --release ")) == 1
    assert run_all(new_run(), "c1", WITH_COPY).quarantined == ()


def test_an_old_version_goes_and_the_present_one_stays(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    run = new_run()
    old = listed(run, PATH).blob_sha
    run_all(new_run(), "c2", {**TEXTS, PATH: ["O atestado, sem o nome."]})
    assert places([NAME], tmp_path / "data"), "files of the old content stay for a rollback"

    erase(new_run(), old)

    assert places([NAME], tmp_path / "data") == []
    assert verify(new_run()).documents == 2
    assert run_all(new_run(), "c2", {**TEXTS, PATH: ["O atestado, sem o nome."]}).quarantined == ()


def test_every_generation_forgets_and_can_be_rolled_back_to(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(100), "c1", TEXTS)
    run_all(new_run(200), "c1", TEXTS)

    assert erase(new_run(200), PATH).removed["points"] == 4

    assert_forgotten(tmp_path / "data")
    run_all(new_run(200), "c2", {OTHER: TEXTS[OTHER]})
    rollback.roll_back(new_run(200))
    assert verify(new_run(200)).exact


def test_a_run_under_way_carries_a_purge_out_when_it_ends(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    with purge.finished_around(new_run()):
        run = new_run()
        purge.request(run, [PATH])
        with pytest.raises(TransientError, match="a run is under way"):
            purge.finish(run)
        assert places([NAME], tmp_path / "data")
    assert_forgotten(tmp_path / "data")
    assert purge.finish(new_run()) is None


def test_a_run_that_was_stopped_before_a_purge_is_not_forgotten(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    store_all(new_run(), "c2", {**TEXTS, OTHER: ["O prazo da norma é de 9 dias."]})
    assert verify(new_run()).changing
    erase(new_run(), PATH)
    assert verify(new_run()).changing


def test_a_purge_that_was_interrupted_is_finished_by_the_next_run(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    purge.request(new_run(), [PATH])
    with purge.finished_around(new_run()):
        assert_forgotten(tmp_path / "data")


@pytest.mark.slow
def test_a_purge_that_damaged_collection_files_stop_is_finished_by_the_next_run(
    new_run: NewRun, tmp_path: Path
) -> None:
    run_all(new_run(), "c1", TEXTS)
    run = new_run()
    (stored,) = (tmp_path / "data").glob("qdrant/collection/*/storage.sqlite")
    stored.write_bytes(b"garbage" + stored.read_bytes()[7:])
    purge.request(run, [PATH])
    with pytest.raises(PipelineError, match="damaged"):
        purge.finish(run)
    assert run_all(new_run(), "c1", TEXTS).quarantined
    purge.finish(new_run())
    assert places([NAME], tmp_path / "data") == []
    assert verify(new_run()).exact


@pytest.mark.slow
def test_a_purge_outlives_the_processes_of_a_run_that_was_killed_just_now(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    log = tmp_path / "data/runs/20260101T000000.000Z-abcdef/log.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"event":"begun"}\n')
    late = tmp_path / "data/documents" / listed(new_run(), PATH).blob_sha[:2] / listed(new_run(), PATH).blob_sha

    def write() -> None:
        late.mkdir(parents=True, exist_ok=True)
        (late / "x.json").write_text(NAME)

    orphan = threading.Timer(0.5, write)
    orphan.start()
    erase(new_run(), PATH)
    orphan.join()
    assert_forgotten(tmp_path / "data")


def test_the_command_erases_lists_and_releases(
    new_run: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all(new_run(), "c1", TEXTS)
    disconnect(new_run().settings)
    monkeypatch.setenv("NIC_DATA_DIR", str(tmp_path / "data"))

    def command(*words: str) -> str:
        forget_run()
        said = CliRunner().invoke(app, ["purge", *words])
        assert said.exit_code == 0, said.output
        return said.output

    assert command() == "0 purges\n"
    assert command(PATH).startswith("erased: 2 points, ")
    assert_forgotten(tmp_path / "data")
    assert not verify(current_run()).changing, "no run is at work, and none was stopped"
    assert " refused " in command()
    disconnect(current_run().settings)
    run_all(new_run(), "c1", TEXTS)
    forget_run()
    status = CliRunner().invoke(app, ["status"]).output
    assert f"purged {PATH}: " in status
    assert "1 purged, but still in the folder; `nic purge --release PATH`" in status
    assert "nic retry" not in status
    assert command("--release", PATH) == "1 purge ended; the next run takes in what the folder has of it\n"
    assert " released " in command()
    disconnect(current_run().settings)
    forget_run()


def test_the_list_keeps_ids_and_hashes_and_no_name(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    run = new_run()
    document = listed(run, PATH)
    erase(run, PATH)
    (kept,) = read_purges(run.data.purges).purges
    assert (kept.documents, kept.contents) == ((document.document_id,), (document.blob_sha,))
    assert kept.removed["contents"] == 1
    assert kept.unfinished is None


def test_a_purge_can_be_asked_for_again(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    run = new_run()
    purge.request(run, [PATH])
    erase(run, PATH)
    assert len(read_purges(run.data.purges).purges) == 1
    erase(new_run(), PATH)
    assert_forgotten(tmp_path / "data")
    assert run_all(new_run(), "c1", TEXTS).quarantined
    erase(new_run(), PATH)
    assert_forgotten(tmp_path / "data")
    assert verify(new_run()).exact, "what is published is known still"
    assert purge.release(new_run(), PATH) == 3


def test_who_asks_at_the_same_time_is_heard(new_run: NewRun, tmp_path: Path) -> None:
    texts = {f"30-Aprovados/atestado {number}.txt": [f"{NAME} {number}"] for number in range(16)}
    run_all(new_run(), "c1", {**texts, OTHER: TEXTS[OTHER]})
    run = new_run()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda path: purge.request(run, [path]), texts))
    assert len(read_purges(run.data.purges).unfinished) == 16
    purge.finish(run)
    assert_forgotten(tmp_path / "data")


def test_a_path_that_nobody_knows_is_refused_and_nothing_happens(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    with pytest.raises(ConfigurationError, match="no listing of the data directory names 30-Aprovados/atestad"):
        purge.request(new_run(), [OTHER, "30-Aprovados/atestad.txt"])
    assert not (tmp_path / "data" / "purged.json").exists()
    assert verify(new_run()).documents == 2


@pytest.mark.parametrize("name", ["", " ", "a", "atestado.txt", "30-Aprovados", "30-Aprovados/", "fetch", "path", "\n"])
def test_a_part_of_a_path_or_a_word_is_no_path_and_nothing_happens(new_run: NewRun, tmp_path: Path, name: str) -> None:
    run_all(new_run(), "c1", TEXTS)
    before = {file: file.read_bytes() for file in folders.every_file(tmp_path / "data") if "qdrant" not in file.parts}
    with pytest.raises(ConfigurationError, match="nothing was purged"):
        purge.request(new_run(), [PATH, name])
    assert {file: file.read_bytes() for file in before} == before
    assert not (tmp_path / "data" / "purged.json").exists()


@pytest.mark.parametrize(("stored", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_path_may_be_typed_with_its_accents_composed_or_not(
    new_run: NewRun, tmp_path: Path, stored: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"]
) -> None:
    path, asked = unicodedata.normalize(stored, COPY), unicodedata.normalize(typed, COPY)
    run_all(new_run(), "c1", {path: TEXTS[PATH], OTHER: TEXTS[OTHER]})
    assert erase(new_run(), asked).removed["points"] == 2
    assert_forgotten(tmp_path / "data")
    assert purge.release(new_run(), asked) == 1


def test_contents_that_no_listing_names_go_too(new_run: NewRun, tmp_path: Path) -> None:
    """A killed run, or one whose listing is gone, may have left another version of what is purged."""
    run_all(new_run(), "c1", TEXTS)
    unlisted = tmp_path / "data/documents/ab" / ("ab" * 20)
    unlisted.mkdir(parents=True)
    (unlisted / "source.txt").write_text(NAME)
    erase(new_run(), PATH)
    assert_forgotten(tmp_path / "data")


def test_what_is_damaged_and_names_a_purged_document_goes(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    index = tmp_path / "data" / "index"
    for file in [index / "nic.json", *index.glob("*/shards/*.json"), *(tmp_path / "data/snapshots").glob("c1*")]:
        file.write_bytes(b"[" + file.read_bytes())
    erase(new_run(), PATH, OTHER)
    assert_forgotten(tmp_path / "data")
    run_all(new_run(), "c2", {COPY: ["Um texto novo."]})
    assert verify(new_run()).documents == 1


def test_a_damaged_list_stops_a_run_in_one_line(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", TEXTS)
    erase(new_run(), PATH)
    (tmp_path / "data" / "purged.json").write_bytes(b"{")
    with pytest.raises(ConfigurationError, match=r"purged\.json of the data directory is damaged"):
        run_all(new_run(), "c1", TEXTS)


def test_a_server_is_asked_for_every_collection_as_its_description_says(new_run: NewRun, tmp_path: Path) -> None:
    with QdrantServer() as server:  # which fails for a request that the description does not know
        run_all(new_run(100, server.url), "c1", TEXTS)
        run_all(new_run(200, server.url), "c1", TEXTS)
        server.seen.clear()
        assert erase(new_run(200, server.url), PATH).removed["points"] == 4
        assert_forgotten(tmp_path / "data")
        assert sum("points/batch" in seen.what for seen in server.seen) == 2
        assert verify(new_run(200, server.url)).exact


@pytest.mark.slow
def test_an_object_store_and_the_logs_on_this_machine_forget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    where = f"memory://{tmp_path.name}"
    with QdrantServer() as server:

        def new() -> Run:
            made = make_run(tmp_path / "data", server.url)
            return Run(made.settings.model_copy(update={"pipeline": PipelineSettings(data_dir=where)}), made.id)

        run = new()
        run_all(run, "c1", TEXTS)
        run.log.folder.mkdir(parents=True)
        (run.log.folder / "log.jsonl").write_text(f'{{"event": "document", "path": "{PATH}"}}\n', encoding="utf-8")

        erase(new(), PATH)

        kept = {path.name: files.read_bytes(path) for path in folders.every_file(run.data.root)}
        assert len(kept) > 5
        assert [name for name, content in kept.items() if NAME.encode() in content or b"atestado" in content] == []
        assert_forgotten(tmp_path / "state")
        assert verify(new()).documents == 1
        disconnect(run.settings)
