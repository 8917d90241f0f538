"""What GitLab knows about each document: size, author, dates, last commit. Asked once for every content of a path."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import ErrorCode
from pipeline.schema import Document, Snapshot, Timestamp, document_id
from pipeline.settings.retries import NoAnswerError
from pipeline.sources.git_objects import LARGEST_POINTER_BYTES, LfsPointer, content_sha
from pipeline.sources.gitlab.errors import RefusedError, known_form
from pipeline.sources.gitlab.listing import PAGE_ENTRIES, Entry, Repository
from pipeline.sources.gitlab.session import CONCURRENT_REQUESTS
from pipeline.sources.selection import extension

_POINTER_BYTES = range(120, 201)  # the sizes at which GitLab itself looks whether a file is an LFS pointer
NO_SIZE = "GitLab did not tell the document's size; it was left out."
NO_HISTORY = "GitLab did not tell the document's author, dates and commit; they were left out."
OUTSIDE_CALENDAR = "A date that GitLab tells lies outside the calendar; it was left out."
_TIMESTAMP: TypeAdapter[Any] = TypeAdapter(Timestamp)
_MOST_UNANSWERED = 100  # each was asked for a quarter of a minute; then it is GitLab that is in trouble
_log = logging.getLogger(__name__)


def documents(
    repository: Repository, entries: list[Entry], project_id: int, web_url: str, previous: Snapshot | None
) -> list[Document]:
    """The documents that the entries are. Facts of a path whose content is that of the previous snapshot are kept.

    Raises what `Client` raises.
    """
    known = _known(project_id, previous)
    new = [entry for entry in entries if (entry.path, entry.id) not in known]
    _log.info("asking GitLab about %d new or changed documents of %d", len(new), len(entries))
    known |= {(document.path, document.blob_sha): document for document in _ask(repository, new, project_id)}
    found = [known[entry.path, entry.id] for entry in entries]
    return [document.model_copy(update={"url": file_url(web_url, document)}) for document in found]


def file_url(web_url: str, document: Document) -> str | None:
    """The page of the file at the commit that last changed it: it shows this content for ever, and does not change
    with commits that leave the document alone, which would store it again."""
    if document.commit is None:
        return None
    return f"{web_url}/-/blob/{document.commit}/{quote(document.path)}"


def _known(project_id: int, previous: Snapshot | None) -> dict[tuple[str, str], Document]:
    """Those of which everything is known; what could not be found out is asked again."""
    if previous is None or (previous.source, previous.project) != ("gitlab", str(project_id)):
        return {}
    return {(document.path, document.blob_sha): document for document in previous.documents if not document.warnings}


def _ask(repository: Repository, entries: list[Entry], project_id: int) -> Iterable[Document]:
    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as threads:
        unanswered = itertools.count(1)
        asked = [threads.submit(_document, repository, entry, project_id, unanswered) for entry in entries]
        try:
            return [future.result() for future in asked]
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _document(repository: Repository, entry: Entry, project_id: int, unanswered: Iterator[int]) -> Document:
    """One document. What GitLab does not tell of it alone is left out, with a warning."""
    warnings: list[str] = []
    facts: dict[str, Any] = {"size_bytes": 0}
    for warning, ask in ((NO_SIZE, _size), (NO_HISTORY, _history)):
        try:
            facts |= ask(repository, entry.path, entry.id)
        except (NoAnswerError, RefusedError) as error:
            repository.check()
            if isinstance(error, NoAnswerError) and next(unanswered) > _MOST_UNANSWERED:
                raise
            warnings.append(warning)
    facts |= dict(_dates(facts, warnings))
    return Document(
        document_id=document_id(str(project_id), entry.path),
        path=entry.path,
        blob_sha=entry.id,
        extension=extension(entry.path),
        warnings=tuple(dict.fromkeys(warnings)),
        **facts,
    )


def _dates(facts: dict[str, Any], warnings: list[str]) -> Iterator[tuple[str, Any]]:
    """The dates among the facts; None for those that are none."""
    for field in ("modified_date", "created_date"):
        try:
            yield field, _TIMESTAMP.validate_python(facts[field]) if facts.get(field) else None
        except (ValidationError, OverflowError):
            warnings.append(OUTSIDE_CALENDAR)
            yield field, None


def sized(repository: Repository, document: Document) -> Document:
    """The document with its size, which is asked for once more if the listing could not have it."""
    if document.size_bytes:
        return document
    return document.model_copy(update=_size(repository, document.path, document.blob_sha))


def _size(repository: Repository, path: str, sha: str) -> dict[str, Any]:
    """Of the content itself: of a file in LFS its pointer says how long it is."""
    try:
        headers = repository.client.head(repository.file_api(path), ref=repository.commit)
        size_bytes = int(headers["X-Gitlab-Size"]) if headers["X-Gitlab-Blob-Id"] == sha else None
    except (RefusedError, KeyError, ValueError):
        size_bytes = None  # a name that the files API does not take, or a proxy that drops headers
    if size_bytes is None:
        blob = repository.client.get(repository.blob_api(sha))
        with known_form():
            size_bytes = int(blob["size"])
    if size_bytes not in _POINTER_BYTES:
        return {"size_bytes": size_bytes}
    pointer = repository.client.with_retries(lambda: pointer_at(repository, sha))
    return {"size_bytes": pointer.size_bytes if pointer else size_bytes}


def pointer_at(repository: Repository, sha: str) -> LfsPointer | None:
    """The LFS pointer that git holds under this hash, or None when it is something else. One attempt."""
    content = repository.client.content(f"{repository.blob_api(sha)}/raw", LARGEST_POINTER_BYTES + 1)
    if len(content) <= LARGEST_POINTER_BYTES and content_sha(content, len(sha)) != sha:
        raise NoAnswerError("the download was cut off or damaged; run again", ErrorCode.SOURCE_UNREACHABLE)
    return LfsPointer.read(content)


def _history(repository: Repository, path: str, sha: str) -> dict[str, Any]:
    """Last commit, its author and date; the first commit's date when they all fit on one page."""
    pages = repository.client.pages(
        f"{repository.api}/commits", ref_name=repository.commit, path=path, per_page=PAGE_ENTRIES
    )
    commits = next(pages)
    if not commits:
        return {}
    with known_form():
        newest, oldest = commits[0], commits[-1]
        return {
            "commit": str(newest["id"]),
            "author": str(newest["author_name"] or "") or None,
            "modified_date": newest["authored_date"],
            "created_date": oldest["authored_date"] if len(commits) < int(PAGE_ENTRIES) else None,
        }
