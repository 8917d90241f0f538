"""Each stage of one document as a job: which function, on which files, with which settings, and where it must run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.convert.formats import PAGED_FORMATS
from pipeline.datadir.files import FilePath
from pipeline.embedding_models import runtime as embedding_runtime
from pipeline.engine import Job, Place
from pipeline.flow.store_document import store_document
from pipeline.run.current import Run
from pipeline.schema import Document, Stage

if TYPE_CHECKING:
    from pipeline.store.collection import Store

ORDER = tuple(Stage)
StageFunction = Callable[..., object]
_PAGED_WEIGHT = 10  # a byte of a page or picture costs as much time as ten of a text, which needs no model


def next_stage(stage: Stage) -> Stage | None:
    """The stage that works on what `stage` leaves; None after the last."""
    return ORDER[ORDER.index(stage) + 1] if stage is not ORDER[-1] else None


def priority(document: Document) -> float:
    """Long documents first, so that none is left over for one process when the others have nothing more to do."""
    return float(document.size_bytes * (_PAGED_WEIGHT if document.extension in PAGED_FORMATS else 1))


def job(run: Run, stage: Stage, document: Document) -> Job:
    """A stage up to embedding. Stage modules are imported here, where work begins."""
    settings, models = run.settings, run.data.models
    target = run.target(stage, document)
    key = str(target)
    if stage is Stage.FETCH:
        return Job(key, run.source.fetch, (document, target), Place.THREAD, priority(document))
    before = run.target(ORDER[ORDER.index(stage) - 1], document)
    if stage is Stage.CONVERT:
        return convert_job(run, document)
    if stage is Stage.CHUNK:
        from pipeline.chunk import chunk_document

        conversion = run.conversion_path(document)
        chunk_arguments = (before, conversion, target, settings.chunking, settings.embedding, models)
        return Job(key, chunk_document, chunk_arguments, priority=priority(document))
    from pipeline.embed import embed_document

    arguments = (before, run.terms_path(document), target, settings.embedding, models)
    return Job(key, embed_document, arguments, priority=priority(document))


def convert_job(run: Run, document: Document, pages: Sequence[FilePath] = ()) -> Job:
    """Converting, with the pages that were read ahead."""
    from pipeline.convert import convert_document

    source, target = run.target(Stage.FETCH, document), run.target(Stage.CONVERT, document)
    conversion, settings = run.conversion_path(document), run.settings.conversion
    arguments = (source, document.extension, target, conversion, settings, tuple(pages))
    return Job(str(target), convert_document, arguments, priority=priority(document))


def pools_embedding(run: Run) -> bool:
    """Whether documents are embedded many at a time: a GPU wants large batches, a CPU none."""
    return run.settings.engine.kind != "inline" and embedding_runtime(run.settings.embedding).device == "cuda"


def embed_job(run: Run, key: str, documents: Sequence[Document]) -> Job:
    """Embedding many documents; its result is an error or None for each."""
    from pipeline.embed import embed_documents

    paths = [(run.target(Stage.CHUNK, d), run.terms_path(d), run.target(Stage.EMBED, d)) for d in documents]
    arguments = (paths, run.settings.embedding, run.data.models)
    return Job(key, embed_documents, arguments, Place.GPU, time_limits=len(paths))


def store_job(run: Run, store: Store, commit: str, document: Document) -> Job:
    """Storing: in this process, which holds the connection; only a server takes several requests at once."""
    place = Place.THREAD if run.settings.qdrant.url else Place.MAIN_THREAD
    key = str(run.target(Stage.STORE, document))
    return Job(key, store_document, (run, store, commit, document), place, priority(document))
