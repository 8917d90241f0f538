"""A published document's own file, and its pages as pictures."""

from __future__ import annotations

import contextlib
import functools
import io
import threading

from pydantic import NonNegativeInt

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow import whole_source
from pipeline.run.current import Run
from pipeline.schema import Document, Record
from pipeline.search.page_image import has_places, page_with_boxes

_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
_PDFIUM = threading.Lock()  # it is not safe to be used by two threads


class Original(Record):
    """What a document's file is called and what it is; `sha` names its content."""

    name: str
    media_type: str
    size_bytes: NonNegativeInt
    sha: str


def describe_original(document: Document) -> Original:
    """Only types that no browser runs are named; everything else is bytes to keep."""
    return Original(
        name=document.path.rpartition("/")[2],
        media_type=_MEDIA_TYPES.get(document.extension, "application/octet-stream"),
        size_bytes=document.size_bytes,
        sha=document.blob_sha,
    )


def original_path(run: Run, document: Document) -> FilePath:
    """Where it lies in the data directory; it may be gone once the document has left."""
    return run.files_of(document).source


def check_original(run: Run, document: Document) -> None:
    """Raises DamagedFileError for a file that is there and is not the document's."""
    source = original_path(run, document)
    _check(source, document.blob_sha, files.stamp(source))


def can_show_pages(run: Run, document: Document) -> bool:
    """Whether pages can be shown with frames where passages stand; not once its files are gone."""
    try:
        return has_places(run, document)
    except (FileNotFoundError, PipelineError):
        return False


def page_picture(run: Run, document: Document, page: int, passage: int | None) -> bytes:
    """A page as PNG, framed where the passage stands, or all of them. Raises IndexError where there is none."""
    try:
        check_original(run, document)
        with _PDFIUM:
            image = page_with_boxes(run, document, page, passage)
    except FileNotFoundError:
        raise IndexError(page) from None
    except PipelineError as error:
        if error.code is not ErrorCode.UNSUPPORTED:
            raise
        raise IndexError(page) from None
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@functools.lru_cache(maxsize=1024)
def _check(source: FilePath, blob_sha: str, _: str) -> None:
    """A file is read once for as long as it stays as it is: a reader of a long PDF asks for a hundred parts of it."""
    with contextlib.suppress(FileNotFoundError):
        whole_source.check(source, blob_sha)
