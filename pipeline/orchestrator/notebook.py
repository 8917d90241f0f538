"""What the notebook shows and a terminal cannot: progress that moves, pages with the places of their chunks.

It decides nothing and computes nothing that the pipeline does not say; IPython is imported where it is used.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.datadir import files
from pipeline.embed import read_vectors
from pipeline.errors.escaping import for_html, for_page
from pipeline.orchestrator.api_types import ProgressReport
from pipeline.run.current import Run
from pipeline.run.facts import read_facts
from pipeline.run.summary import StageSummary
from pipeline.schema import ChunkedDocument, Document, Stage
from pipeline.search import Hit, nearest
from pipeline.search.page_image import has_places, page_with_boxes

if TYPE_CHECKING:
    from IPython.display import DisplayHandle
    from matplotlib.axes import Axes
    from PIL.Image import Image

__all__ = [
    "bars",
    "chunks",
    "example",
    "files_of",
    "first_page",
    "live_progress",
    "neighbours",
    "page_with_boxes",
    "progress_html",
    "readable_tables",
    "stage_table",
]
_WIDEST_CELL = 200  # characters
_EXAMPLES = 100  # to choose from: looking at all takes long where there are many


def live_progress() -> Callable[[ProgressReport], None]:
    """A bar for each stage under the cell, renewed by each report: `run_full_pipeline(on_progress=live_progress())`."""
    from IPython.display import HTML, display

    handle: DisplayHandle = display(HTML(""), display_id=True)  # type: ignore[no-untyped-call]
    return lambda report: handle.update(HTML(progress_html(report)))  # type: ignore[no-untyped-call]


def progress_html(report: ProgressReport) -> str:
    """A report as HTML; what it says of documents is escaped."""
    if not report.total_documents:
        return "<p>no document to work on</p>"
    bars = "".join(
        f"<div><code style='display:inline-block;width:14em'>{for_html(stage)}</code>"
        f"<progress max=1 value={share:.3f} aria-label='{for_html(stage)}'></progress> {share:.0%}</div>"
        for stage, share in report.stage_progress.items()
    )
    seconds = round(report.estimated_remaining or 0)
    left = f", about {seconds} s left" if seconds else ""
    return (
        f"{bars}<p><b>{report.documents_processed} of {report.total_documents} documents</b>, "
        f"{report.elapsed_time:.0f} s{left}, {report.errors_count} failed. "
        f"{for_html(report.current_document or '')}</p>"
    )


def readable_tables() -> None:
    """From here on, columns of a table begin at their left, and paths and messages are whole."""
    from IPython.display import HTML, display

    pd.set_option("display.max_colwidth", _WIDEST_CELL)
    style = "<style>table.dataframe :is(td, th) { text-align: left !important }</style>"
    display(HTML(style))  # type: ignore[no-untyped-call]


def stage_table(run: Run) -> pd.DataFrame:
    """What a run did, by stage: documents, those that failed, seconds; empty when everything was there already."""
    rows = {stage.value: done.model_dump() for stage, done in read_facts(run.log.folder).summaries().items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(StageSummary.model_fields))


def bars(values: Mapping[str, float] | pd.Series, title: str) -> str | None:
    """Draws horizontal bars, in their order from above; returns a sentence where a run had nothing to do."""
    found = pd.Series(values, dtype=float)
    if found.empty:
        return "nothing to draw: this run had nothing to do"
    axes: Axes = found.plot.barh(title=title, xlabel="", ylabel="")
    axes.invert_yaxis()
    return None


def example(run: Run, commit: str) -> Document | None:
    """A document to show: of the first stored ones that with most chunks, if possible with pages; None without any."""
    stored = (each for each in run.documents(commit).values() if run.is_done(Stage.STORE, each))
    sizes = {each: len(_chunked(run, each).chunks) for each in itertools.islice(stored, _EXAMPLES)}
    shown = [each for each, size in sizes.items() if size]
    return max(shown, key=lambda each: (has_places(run, each), sizes[each]), default=None)


def first_page(run: Run, document: Document) -> Image | str:
    """The first page on which a chunk stands, framed; a sentence for a format without pages."""
    places = (box.page for chunk in _chunked(run, document).chunks for box in chunk.bounding_boxes)
    page = min(places, default=None)
    if page is None or not has_places(run, document):
        return f"a {document.extension} file has no places on pages"
    return page_with_boxes(run, document, page)


def files_of(run: Run, document: Document) -> pd.DataFrame:
    """The file that each stage left of a document: stage, whether it is there, name and size in bytes."""
    targets = {stage: run.files_of(document).target(stage) for stage in Stage}
    sizes = {stage: path.stat().st_size if files.exists(path) else None for stage, path in targets.items()}
    return pd.DataFrame(
        [{"stage": stage.value, "file": path.name, "bytes": sizes[stage]} for stage, path in targets.items()]
    ).astype({"bytes": "Int64"})


def chunks(run: Run, document: Document) -> pd.DataFrame:
    """The document's chunks: index, page numbers, headings, type, tokens, text. Raises FileNotFoundError before they
    are made."""
    rows = [
        {
            "chunk": chunk.index,
            "pages": ", ".join(map(str, chunk.page_numbers)),
            "section": for_page(" › ".join(chunk.headings)),
            "type": chunk.chunk_type.value,
            "tokens": chunk.token_count,
            "text": for_page(chunk.text),
        }
        for chunk in _chunked(run, document).chunks
    ]
    return pd.DataFrame(rows).set_index("chunk")


def neighbours(run: Run, document: Document, chunk: int, top_k: int = 3) -> list[Hit]:
    """The chunks nearest in meaning to one of the document's, itself aside, best first; at most `top_k`.

    Raises FileNotFoundError before the document is embedded, IndexError for a chunk that it has not, and what
    `pipeline.search.nearest` raises.
    """
    vector = read_vectors(run.files_of(document).embeddings)[[chunk]]
    (hits,) = nearest(vector, top_k + 1, run.settings)
    return [hit for hit in hits if (hit.document_id, hit.chunk_index) != (document.document_id, chunk)][:top_k]


def _chunked(run: Run, document: Document) -> ChunkedDocument:
    return files.read_model(run.files_of(document).chunks, ChunkedDocument)
