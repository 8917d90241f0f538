"""Compares what readers see with what was proven to be published."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.datadir.parted import in_parts
from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow.store_document import is_run_unfinished, open_store
from pipeline.publish.point_proof import differences, nothing
from pipeline.publish.published import published_documents, read_published
from pipeline.run.current import Run
from pipeline.schema import Record


class Verification(Record):
    """Whether the collection is exactly what was published; every difference is one line, by path."""

    commit: str
    collection: str
    documents: int
    points: int
    compared: Literal["points", "listing"] = Field(description="every point itself, or only which there are")
    changing: bool = Field(
        description="a run is at work or was stopped, so that the collection may be ahead of what is published"
    )
    differences: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return not self.differences


def verify(run: Run, *, quick: bool = False) -> Verification:
    """Compare the published collection with its snapshot, point by point: payload, terms and vector of each; `quick`
    compares only which points there are and of which version. Raises PipelineError before the first run."""
    published = read_published(run)
    if published is None:
        raise PipelineError("nothing is published yet: run `nic run` first", ErrorCode.INCOMPLETE)
    paths = {document.document_id: document.path for document in published_documents(run, published)}
    store = open_store(run, published.collection)
    different = differences(store, published.documents, nothing if quick else in_parts)
    named = [(paths.get(each.document_id, each.document_id), each) for each in different]
    found = [f"{each.kind}: {path}: {each.detail}" for path, each in sorted(named, key=lambda pair: pair[0])]
    if store.published_collection() != published.collection:
        found.append(f"alias: {run.settings.qdrant.collection_name} does not point at {published.collection}")
    return Verification(
        commit=published.commit,
        collection=published.collection,
        documents=len(published.documents),
        points=published.points,
        compared="listing" if quick else "points",
        changing=is_run_unfinished(run),
        differences=tuple(found),
    )
