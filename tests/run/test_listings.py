"""A very long listing is kept in parts, which listings share; whatever is damaged is noticed and made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import DamagedFileError, ErrorCode, PipelineError
from pipeline.run.listing_file import Documents, by_id, by_path, parts_named, read_listing
from pipeline.run.listings import PART_SHARDS, Listings
from pipeline.schema import Document, Snapshot, document_id

MANY = 10 * PART_SHARDS


def document(number: int, content: str = "0") -> Document:
    path = f"30-Aprovados/{number:04d}.md"
    given = {"document_id": document_id("p", path), "blob_sha": content * 40, "size_bytes": number, "extension": "md"}
    return Document(path=path, **given)


def listing(commit: str, count: int = MANY, edited: int = -1) -> Snapshot:
    documents = tuple(document(number, "1" if number == edited else "0") for number in range(count))
    return Snapshot(commit=commit, source="folder", project="p", folder="30-Aprovados", documents=documents)


@pytest.fixture
def new(tmp_path: Path) -> Callable[[], Listings]:
    """As another process would begin; a shard has one document."""
    return lambda: Listings(DataDir(tmp_path), "f", 1)


def parts(folder: Path) -> set[Path]:
    return set((folder / "snapshots" / "parts").glob("*.json"))


def test_a_listing_in_parts_holds_what_it_was_made_of(new: Callable[[], Listings], tmp_path: Path) -> None:
    new().keep(listing("c1"))
    kept = new().read("c1")
    assert isinstance(kept.documents, Documents)
    assert (len(kept.documents), len(parts(tmp_path))) == (MANY, 16)
    assert sorted(kept.documents, key=lambda each: each.path) == list(listing("c1").documents)
    assert by_id(kept.documents)[document(7).document_id] == by_path(kept)[document(7).path] == document(7)
    assert len(kept.documents[:5]) == 5
    assert kept.documents[-1] in listing("c1").documents
    for part in (by_id(kept.documents).part(index) for index in range(16)):  # type: ignore[attr-defined]
        assert [each.path for each in part.values()] == sorted(each.path for each in part.values())


def test_a_short_listing_is_one_file_as_it_always_was(new: Callable[[], Listings], tmp_path: Path) -> None:
    new().keep(listing("c1", PART_SHARDS))
    assert not parts(tmp_path)
    assert files.read_model(tmp_path / "snapshots" / "c1-f.json", Snapshot) == listing("c1", PART_SHARDS)


def test_a_long_listing_of_an_earlier_version_is_one_file_and_is_read(
    new: Callable[[], Listings], tmp_path: Path
) -> None:
    files.write_json(tmp_path / "snapshots" / "c1-f.json", listing("c1"))
    assert new().is_there("c1")
    assert new().read("c1") == listing("c1")


def test_one_edited_document_costs_one_part(new: Callable[[], Listings], tmp_path: Path) -> None:
    new().keep(listing("c1"))
    before = parts(tmp_path)
    new().keep(listing("c2", edited=5))
    assert len(parts(tmp_path) - before) == 1
    assert by_path(new().read("c2"))[document(5).path].blob_sha == "1" * 40


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(file.read_bytes()[:-80])])
def test_a_damaged_part_is_noticed_and_made_again(
    new: Callable[[], Listings], tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    new().keep(listing("c1"))
    damaged = min(parts(tmp_path))
    damage(damaged)
    assert not new().is_there("c1")
    assert not new().is_listed("c1")
    with pytest.raises(DamagedFileError):
        list(new().read("c1").documents)
    new().keep(listing("c1"))
    assert new().is_there("c1")


def test_what_is_refused_is_no_listing(new: Callable[[], Listings]) -> None:
    def refuse(snapshot: Snapshot) -> None:
        assert len(snapshot.documents) == MANY
        raise PipelineError("too much would go", ErrorCode.MASS_DELETE)

    with pytest.raises(PipelineError):
        new().keep(listing("c1"), refuse)
    assert not new().is_there("c1")


def test_purged_documents_are_in_no_part_of_a_listing_written_again(
    new: Callable[[], Listings], tmp_path: Path
) -> None:
    new().keep(listing("c1"))
    path = new().path("c1")
    new().rewrite(path, new().read("c1"), {document(3).document_id}, ())
    left = read_listing(DataDir(tmp_path), path)
    assert document(3).path not in by_path(left)
    assert len(left.documents) == MANY - 1
    named = [tmp_path / "snapshots" / "parts" / name for name in parts_named(path)]
    assert not [part for part in named if b"0003.md" in part.read_bytes()]
