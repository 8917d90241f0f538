"""Which results a change of settings or content makes anew, and which it keeps."""

import importlib.metadata
from typing import Any

import pytest

from pipeline.run.fingerprints import Fingerprints
from pipeline.schema import Document, Stage
from pipeline.settings.sections import Settings


def fingerprints(**sections: dict[str, Any]) -> Fingerprints:
    return Fingerprints(Settings.model_validate(sections))


def changed_stages(**sections: dict[str, Any]) -> set[Stage]:
    before, after = fingerprints(), fingerprints(**sections)
    return {stage for stage in Stage if before.stage(stage, "pdf") != after.stage(stage, "pdf")}


@pytest.mark.parametrize(
    ("section", "option", "value", "expected"),
    [
        ("conversion", "ocr_engine", "none", {Stage.CONVERT, Stage.CHUNK, Stage.EMBED, Stage.STORE}),
        ("chunking", "target_chunk_size", 300, {Stage.CHUNK, Stage.EMBED, Stage.STORE}),
        ("embedding", "model_name", "BAAI/bge-m3", {Stage.CHUNK, Stage.EMBED, Stage.STORE}),
        ("embedding", "precision", "fp32", {Stage.EMBED, Stage.STORE}),
        ("embedding", "batch_tokens", 1000, set()),
        ("pipeline", "organization", "Other", {Stage.STORE}),
        ("source", "max_file_size_mb", 1, set()),
        ("conversion", "max_pages", 10, set()),
        ("engine", "kind", "inline", set()),
        ("qdrant", "timeout_s", 5, set()),
    ],
)
def test_a_setting_makes_anew_what_it_changes_and_nothing_before(
    section: str, option: str, value: object, expected: set[Stage]
) -> None:
    assert changed_stages(**{section: {option: value}}) == expected


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("source", "max_file_size_mb", 200),
        ("conversion", "max_pages", 3000),
        ("conversion", "max_unpacked_mb", 900),
        ("conversion", "max_megapixels", 150),
        ("conversion", "max_characters", 20_000_000),
        ("engine", "document_timeout_s", 1800),
        ("engine", "memory_limit_mb", 9000),
    ],
)
def test_another_limit_releases_what_was_refused_and_makes_nothing_else_anew(
    section: str, option: str, value: float
) -> None:
    before, after = fingerprints(), fingerprints(**{section: {option: value}})
    document = Document(document_id="1", path="a.pdf", blob_sha="0" * 40, size_bytes=1, extension="pdf")
    assert before.content_version(document) == after.content_version(document)
    assert all(before.failure(stage, "pdf") != after.failure(stage, "pdf") for stage in Stage)
    assert before.all != after.all  # the run looks, although nothing changed in the folder


def test_what_changes_many_points_at_once_makes_another_collection() -> None:
    assert fingerprints().collection != fingerprints(chunking={"target_chunk_size": 300}).collection
    assert fingerprints().collection == fingerprints(embedding={"precision": "fp32"}).collection
    assert fingerprints().collection != fingerprints(embedding={"model_name": "BAAI/bge-m3"}).collection


def test_the_same_bytes_under_another_format_are_another_result() -> None:
    prints = fingerprints()
    assert prints.stage(Stage.CONVERT, "md") != prints.stage(Stage.CONVERT, "txt")


def test_content_and_facts_decide_the_content_version() -> None:
    prints = fingerprints()
    document = Document(document_id="1", path="a.md", blob_sha="0" * 40, size_bytes=1, extension="md")
    versions = {
        prints.content_version(document),
        prints.content_version(document.model_copy(update={"blob_sha": "1" * 40})),
        prints.content_version(document.model_copy(update={"author": "Ana"})),
    }
    assert len(versions) == 3


def test_the_versions_of_libraries_are_read_once_however_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    made = fingerprints()
    first = made.terms("pdf")

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is looked for again")

    monkeypatch.setattr(importlib.metadata.Distribution, "from_name", refuse)
    assert made.terms("pdf") == first
