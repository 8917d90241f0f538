"""Each stage of one document as a job: which function, on which files, with which settings, and where it must run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline.convert.formats import PAGED_FORMATS
from pipeline.datadir.files import FilePath
from pipeline.embedding_models import runtime as embedding_runtime
from pipeline.engine import Job, Place
from pipeline.flow.store_document import store_document
from pipeline.flow.whole_source import convert_whole
from pipeline.run.current import Run
from pipeline.schema import Document, Stage

if TYPE_CHECKING:
    from pipeline.store.collection import Store

ORDER = tuple(Stage)
StageFunction = Callable[..., object]
_PAGED_WEIGHT = 10  # a byte of a page or picture costs as much time as ten of a text, which needs no model
_SECONDS_A_BYTE = 4e-4  # the slowest of good files: a scan of 30 kB a page, read by OCR on a busy core


def next_stage(stage: Stage) -> Stage | None:
    """The stage that works on what `stage` leaves; None after the last."""
    return ORDER[ORDER.index(stage) + 1] if stage is not ORDER[-1] else None


def priority(document: Document) -> float:
    """Long documents first, so that none is left over for one process when the others have nothing more to do."""
    return float(document.size_bytes * (_PAGED_WEIGHT if document.extension in PAGED_FORMATS else 1))


def job(run: Run, stage: Stage, document: Document) -> Job:
    """A stage up to embedding. Stage modules are imported here, where work begins."""
    settings, models, its = run.settings, run.data.models, run.files_of(document)
    key = str(its.target(stage))
    if stage is Stage.FETCH:
        return Job(key, run.source.fetch, (document, its.source), Place.THREAD, priority(document))
    if stage is Stage.CONVERT:
        return convert_job(run, document)
    if stage is Stage.CHUNK:
        from pipeline.chunk import chunk_document, load

        arguments = (its.converted, its.conversion, its.chunks, settings.chunking, settings.embedding, models)
        prepare = partial(load, settings.embedding, models)
        return Job(key, chunk_document, arguments, priority=priority(document), prepare=prepare)
    from pipeline.embed import embed_document

    embed_arguments = (its.chunks, its.terms, its.embeddings, settings.embedding, models)
    return Job(key, embed_document, embed_arguments, priority=priority(document), prepare=_load_model(run))


def convert_job(run: Run, document: Document, pages: Sequence[FilePath] = ()) -> Job:
    """Converting, with the pages that were read ahead."""
    its, settings = run.files_of(document), run.settings.conversion
    arguments = (document, its.source, its.converted, its.conversion, settings, tuple(pages))
    return Job(
        str(its.converted),
        convert_whole,
        arguments,
        priority=priority(document),
        prepare=load_converter(run, document),
        usual_s=document.size_bytes * _SECONDS_A_BYTE,
    )


def load_converter(run: Run, document: Document) -> Callable[[], None]:
    """What converting and reading pages need in a process."""
    from pipeline.convert import load

    return partial(load, document.extension, run.settings.conversion)


def _load_model(run: Run) -> Callable[[], None]:
    from pipeline.embed import load_runtime

    return partial(load_runtime, run.settings.embedding, run.data.models)


def pools_embedding(run: Run) -> bool:
    """Whether documents are embedded many at a time: a GPU wants large batches, a CPU none."""
    return run.settings.engine.kind != "inline" and embedding_runtime(run.settings.embedding).device == "cuda"


def embed_job(run: Run, key: str, documents: Sequence[Document]) -> Job:
    """Embedding many documents; its result is an error or None for each."""
    from pipeline.embed import embed_documents

    paths = [(its.chunks, its.terms, its.embeddings) for its in map(run.files_of, documents)]
    arguments = (paths, run.settings.embedding, run.data.models)
    return Job(key, embed_documents, arguments, Place.GPU, time_limits=len(paths), prepare=_load_model(run))


def store_job(run: Run, store: Store, commit: str, document: Document) -> Job:
    """Storing: in this process, which holds the connection; only a server takes several requests at once."""
    place = Place.THREAD if run.settings.qdrant.url else Place.MAIN_THREAD
    key = str(run.files_of(document).receipt)
    return Job(key, store_document, (run, store, commit, document), place, priority(document))
