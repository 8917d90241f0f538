"""`python -m benchmarks.by_hand`: what a plain loop would do with the same stage functions, settings and files.

It looks for nothing that is done already but equal content, and has no scheduler, log, receipts' check or proof: the
least that the work itself costs.
"""

from __future__ import annotations

from pipeline.chunk import chunk_document
from pipeline.convert import convert_document
from pipeline.datadir import files
from pipeline.embed import embed_document
from pipeline.errors import PermanentError
from pipeline.flow.store_document import open_collection, store_document
from pipeline.run.current import Run, current_run
from pipeline.schema import Document, Stage


def main() -> None:
    """Fetch, convert, chunk, embed and store every document of the folder, one after the other."""
    run = current_run()
    snapshot = run.source.snapshot(run.source.head())
    files.write_json(run.listings.path(snapshot.commit), snapshot)
    store = open_collection(run)
    for document in snapshot.documents:
        try:
            _prepare(run, document)
            store_document(run, store, snapshot.commit, document)
        except PermanentError:
            continue
    store.close()


def _prepare(run: Run, document: Document) -> None:
    settings, models = run.settings, run.data.models
    fetched, converted, chunks, embeddings = (run.files_of(document).target(stage) for stage in list(Stage)[:4])
    if embeddings.exists():
        return
    conversion = run.files_of(document).conversion
    run.source.fetch(document, fetched)
    convert_document(fetched, document.extension, converted, conversion, settings.conversion)
    chunk_document(converted, conversion, chunks, settings.chunking, settings.embedding, models)
    embed_document(chunks, run.files_of(document).terms, embeddings, settings.embedding, models)


if __name__ == "__main__":
    main()
