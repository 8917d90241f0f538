"""Every hostile kind of file ends as its table says, in the real stages, and the process goes on to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import files
from pipeline.chunk import chunk_document
from pipeline.config import EngineSettings, PipelineSettings, Settings
from pipeline.convert import convert_document
from pipeline.engine import Engine, Job, open_engine
from pipeline.errors import PermanentError
from pipeline.schema import ChunkedDocument
from tests.hostile import images, markup, office, pdfs, texts
from tests.hostile.kinds import Kind

pytestmark = pytest.mark.slow
KINDS = (*office.KINDS, *markup.KINDS, *texts.KINDS, *pdfs.KINDS, *images.KINDS)
SETTINGS = Settings(
    pipeline=PipelineSettings(max_concurrent_documents=1),
    engine=EngineSettings(document_timeout_s=40, memory_limit_mb=3000),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One warm process for all kinds, so that what one leaves behind would show in the next."""
    made = open_engine(SETTINGS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def ended(engine: Engine, kind: Kind, folder: Path, models_dir: Path) -> ChunkedDocument | Exception:
    """What the convert and chunk stages make of a file of this kind."""
    source = folder / f"source.{kind.extension}"
    source.write_bytes(kind.make())
    document, conversion, chunks = (folder / f"{name}.json" for name in ("document", "conversion", "chunks"))
    convert = (source, kind.extension, document, conversion, SETTINGS.conversion)
    chunk = (document, conversion, chunks, SETTINGS.chunking, SETTINGS.embedding, models_dir)
    for function, arguments in ((convert_document, convert), (chunk_document, chunk)):
        engine.submit(Job(function.__name__, function, arguments))
        if error := engine.next().error:
            assert not chunks.exists()
            return error
    return files.read_model(chunks, ChunkedDocument)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_hostile_file_ends_as_its_kind_says(engine: Engine, kind: Kind, tmp_path: Path, models_dir: Path) -> None:
    result = ended(engine, kind, tmp_path, models_dir)
    if kind.codes:
        assert isinstance(result, PermanentError), result
        assert result.code in kind.codes, result
        assert str(tmp_path) not in str(result)
        return
    assert isinstance(result, ChunkedDocument), result
    text = "\n".join(chunk.embedded_text for chunk in result.chunks)
    assert [words for words in kind.words if words not in text] == []
