"""Every hostile kind of file ends as its table says, in the real stages, and the process goes on to the next."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from pipeline.chunk import chunk_document
from pipeline.convert import convert_document, load
from pipeline.datadir import files
from pipeline.engine import Engine, Job, open_engine
from pipeline.errors import PermanentError
from pipeline.schema import ChunkedDocument
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import (
    ChunkingSettings,
    ConversionSettings,
    EmbeddingSettings,
    PipelineSettings,
    Settings,
)
from tests.promises.hostile import images, markup, office, offices, pdfs, texts
from tests.promises.hostile.kinds import WORDS, Kind

pytestmark = pytest.mark.slow
KINDS = (*office.KINDS, *offices.KINDS, *markup.KINDS, *texts.KINDS, *pdfs.KINDS, *images.KINDS)
SOAK = {  # dear, and of a kind of which another one is tried each time
    "form-of-itself.pdf",
    "grey-alpha.png",
    "grey.jpeg",
    "large-but-allowed.png",
    "latin-1-of-1-mb.txt",
    "line-of-1-mb-of-words.txt",
    "palette.png",
    "upside-down-by-exif.jpg",
}
PATIENT = EngineSettings(document_timeout_s=300, memory_limit_mb=3000)
HASTY = EngineSettings(document_timeout_s=3, memory_limit_mb=1800)
CONVERSION, CHUNKING, EMBEDDING = ConversionSettings(), ChunkingSettings(), EmbeddingSettings()


def kinds(*, end_by_themselves: bool) -> list[ParameterSet]:
    return [
        pytest.param(kind, id=kind.name, marks=[pytest.mark.soak] * (kind.name in SOAK))
        for kind in KINDS
        if kind.ends_by_itself is end_by_themselves
    ]


def open_one(settings: EngineSettings) -> Engine:
    """One process for all kinds, so that what one leaves behind would show in the next."""
    return open_engine(Settings(pipeline=PipelineSettings(max_concurrent_documents=1), engine=settings))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """For what ends by itself."""
    made = open_one(PATIENT)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hasty() -> Iterator[Engine]:
    """For what ends at a limit."""
    made = open_one(HASTY)
    yield made
    made.close()


@pytest.fixture
def warm(hasty: Engine, tmp_path: Path) -> Engine:
    """With a process that has loaded its libraries, which the limit would count otherwise."""
    folder = tmp_path / "first"
    folder.mkdir()
    (folder / "source.md").write_text(WORDS, encoding="utf-8")
    arguments = (folder / "source.md", "md", folder / "document.json", folder / "conversion.json", CONVERSION)
    hasty.submit(Job("first", convert_document, arguments, time_limits=100))
    assert hasty.next().error is None
    return hasty


def ended(engine: Engine, kind: Kind, folder: Path, models_dir: Path) -> ChunkedDocument | Exception:
    """What the convert and chunk stages make of a file of this kind."""
    source = folder / f"source.{kind.extension}"
    source.write_bytes(kind.make())
    document, conversion, chunks = (folder / f"{name}.json" for name in ("document", "conversion", "chunks"))
    convert = (source, kind.extension, document, conversion, CONVERSION)
    chunk = (document, conversion, chunks, CHUNKING, EMBEDDING, models_dir)
    for function, arguments in ((convert_document, convert), (chunk_document, chunk)):
        prepare = partial(load, kind.extension, CONVERSION)
        engine.submit(Job(function.__name__, function, arguments, prepare=prepare))
        if error := engine.next().error:
            assert not chunks.exists()
            return error
    return files.read_model(chunks, ChunkedDocument)


@pytest.mark.parametrize("kind", kinds(end_by_themselves=True))
def test_a_hostile_file_ends_as_its_kind_says(engine: Engine, kind: Kind, tmp_path: Path, models_dir: Path) -> None:
    check(kind, ended(engine, kind, tmp_path, models_dir), tmp_path)


@pytest.mark.parametrize("kind", kinds(end_by_themselves=False))
def test_a_file_that_may_never_end_is_stopped_at_a_limit(
    warm: Engine, kind: Kind, tmp_path: Path, models_dir: Path
) -> None:
    check(kind, ended(warm, kind, tmp_path, models_dir), tmp_path)


def check(kind: Kind, result: ChunkedDocument | Exception, folder: Path) -> None:
    if kind.codes:
        assert isinstance(result, PermanentError), result
        assert result.code in kind.codes, result
        assert str(folder) not in str(result)
        return
    assert isinstance(result, ChunkedDocument), result
    text = "\n".join(chunk.embedded_text for chunk in result.chunks)
    assert [words for words in kind.words if words not in text] == []
