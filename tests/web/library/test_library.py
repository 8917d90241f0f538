"""The library follows what is published, and gives of it what there is and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import embed
from pipeline.embed import Vectors, embed_queries
from pipeline.errors import DamagedFileError, ErrorCode, TransientError
from pipeline.run.current import Run
from pipeline.run.run_id import new_run_id
from pipeline.schema import document_id
from pipeline.settings.sections import EmbeddingSettings, PipelineSettings, Settings
from pipeline.store.connection import disconnect
from pipeline.web.library.library import Library, NotPublishedError
from pipeline.web.library.selection import Selection
from tests.support.indexed import make_run, run_all
from tests.support.samples_run import SamplesRun

PLAN, TRIP = "30-Aprovados/RH/Plano de Férias.txt", "30-Aprovados/Viagens/diárias.txt"
FIRST, SECOND = "c" * 40, "d" * 40


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = make_run(tmp_path / "data")
    yield made
    disconnect(made.settings)


@pytest.fixture
def library(run: Run) -> Library:
    run_all(run, FIRST, {PLAN: ["um", "dois", "três"], TRIP: ["quatro"]})
    return Library(run)


def publish(run: Run, texts: dict[str, list[str]]) -> None:
    run_all(make_run(Path(str(run.data.root))), SECOND, texts)


def test_before_anything_is_published_it_says_so(run: Run) -> None:
    with pytest.raises(TransientError) as error:
        Library(run).edition()
    assert error.value.code is ErrorCode.INCOMPLETE


def test_what_is_published_later_is_taken_up_by_a_refresh(library: Library) -> None:
    before = library.edition()
    library.refresh()
    assert library.edition() is before
    publish(library.run, {PLAN: ["um", "outro"]})
    assert library.edition() is before
    assert [passage.text for passage in library.passages(document_id("p", PLAN))] == ["um", "dois", "três"]
    library.refresh()
    assert library.edition().commit == SECOND
    assert [passage.text for passage in library.passages(document_id("p", PLAN))] == ["um", "outro"]
    with pytest.raises(NotPublishedError):
        library.card(document_id("p", TRIP))


def test_a_publication_that_cannot_be_opened_leaves_readers_what_they_have(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    before = library.edition()
    publish(library.run, {PLAN: ["um"]})
    for file in Path(str(library.run.data.root)).glob("readers/*/*/storage.sqlite"):
        file.write_bytes(b"noise" * 100)
    for _ in range(3):
        library.refresh()
    assert library.edition() is before
    assert len([record for record in caplog.records if "cannot be opened" in record.getMessage()]) == 1


def test_a_question_that_words_leave_undecided_is_embedded_once(
    samples_run: SamplesRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []

    def counted(texts: list[str], settings: EmbeddingSettings, models: Path) -> Vectors:
        embedded.extend(texts)
        return embed_queries(texts, settings, models)

    monkeypatch.setattr(embed, "embed_queries", counted)
    settings = Settings(pipeline=PipelineSettings(data_dir=str(samples_run.copy_to(tmp_path / "data"))))
    assert not Library(Run(settings, new_run_id())).find("receita de bolo").is_relevant
    disconnect(settings)
    assert embedded == ["receita de bolo"]


def test_documents_are_listed_by_path_with_their_facts(library: Library) -> None:
    listing = library.documents(Selection())
    assert [card.path for card in listing.documents] == [PLAN, TRIP]
    assert [(card.chunks, card.extension) for card in listing.documents] == [(3, "txt"), (1, "txt")]
    assert library.documents(Selection(folder="rh")).total == 1


def test_passages_are_given_in_parts(library: Library) -> None:
    plan = document_id("p", PLAN)
    assert [passage.index for passage in library.passages(plan, 1, 1)] == [1]
    assert [passage.index for passage in library.passages(plan, 2, 10)] == [2]
    assert library.passages(plan, 7, 10) == []


@pytest.mark.parametrize("name", ["none", "", "../../etc/passwd", document_id("p", "30-Aprovados/outro.txt")])
def test_what_is_not_published_is_not_there(library: Library, name: str) -> None:
    for ask in (library.card, library.passages, library.outline, library.original):
        with pytest.raises(NotPublishedError):
            ask(name)
    with pytest.raises(NotPublishedError):
        library.page_picture(name, 1)
    assert not library.can_show_pages(name)


def test_an_original_whose_file_is_gone_is_not_there(library: Library) -> None:
    plan = document_id("p", PLAN)
    original, path = library.original(plan)
    assert (original.name, original.size_bytes) == ("Plano de Férias.txt", len("um\ndois\ntrês".encode()))
    path.unlink()
    with pytest.raises(NotPublishedError):
        library.original(plan)


def test_a_damaged_file_is_not_given_as_the_original(library: Library) -> None:
    plan = document_id("p", PLAN)
    _, path = library.original(plan)
    path.write_bytes(b"um\ndois\nonze")
    with pytest.raises(DamagedFileError, match="`nic doctor --mend` removes it"):
        library.original(plan)
    assert library.has_original(plan), "the document's page is shown all the same"


def test_how_things_stand_is_read_without_opening_the_collection(library: Library) -> None:
    standing = library.standing()
    assert (standing.commit, standing.documents, standing.points) == (FIRST, 2, 4)
    assert standing.is_current
    assert standing.proven
    assert not standing.is_changing


@pytest.mark.parametrize("name", ["", "..", "../index", "none", "20260101T000000.000Z-000000"])
def test_a_run_that_never_was_has_neither_state_nor_report(library: Library, name: str) -> None:
    assert library.view_run(name) is None
    assert library.report(name) is None
