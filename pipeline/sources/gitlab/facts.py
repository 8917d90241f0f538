"""What GitLab knows about each document: size, author, dates, last commit. Asked once for every content of a path."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from pipeline.schema import Document, Snapshot, document_id
from pipeline.sources.git_objects import LARGEST_POINTER_BYTES, LfsPointer
from pipeline.sources.gitlab.errors import NotFoundError, RefusedNameError
from pipeline.sources.gitlab.listing import PAGE_ENTRIES, Entry, Repository
from pipeline.sources.gitlab.session import CONCURRENT_REQUESTS
from pipeline.sources.selection import extension

_POINTER_BYTES = range(120, 201)  # the sizes at which GitLab itself looks whether a file is an LFS pointer
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
    if previous is None or (previous.source, previous.project) != ("gitlab", str(project_id)):
        return {}
    return {(document.path, document.blob_sha): document for document in previous.documents}


def _ask(repository: Repository, entries: list[Entry], project_id: int) -> Iterable[Document]:
    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as threads:
        asked = [threads.submit(_document, repository, entry, project_id) for entry in entries]
        try:
            return [future.result() for future in asked]
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _document(repository: Repository, entry: Entry, project_id: int) -> Document:
    return Document(
        document_id=document_id(str(project_id), entry.path),
        path=entry.path,
        blob_sha=entry.id,
        size_bytes=_size_bytes(repository, entry),
        extension=extension(entry.path),
        **_history(repository, entry.path),
    )


def _size_bytes(repository: Repository, entry: Entry) -> int:
    """Of the content itself: of a file in LFS its pointer says how long it is."""
    try:
        headers = repository.client.head(repository.file_api(entry.path), ref=repository.commit)
        size_bytes = int(headers["X-Gitlab-Size"]) if headers["X-Gitlab-Blob-Id"] == entry.id else None
    except (NotFoundError, RefusedNameError, KeyError, ValueError):
        size_bytes = None  # a name that the files API does not take, or a proxy that drops headers
    if size_bytes is None:
        size_bytes = int(repository.client.get(repository.blob_api(entry.id))["size"])
    pointer = read_pointer(repository, entry.id) if size_bytes in _POINTER_BYTES else None
    return pointer.size_bytes if pointer else size_bytes


def read_pointer(repository: Repository, sha: str) -> LfsPointer | None:
    """The LFS pointer that git holds under this hash, or None when it is something else."""
    api = f"{repository.blob_api(sha)}/raw"
    return LfsPointer.read(repository.client.content(api, LARGEST_POINTER_BYTES + 1))


def _history(repository: Repository, path: str) -> dict[str, Any]:
    """Last commit, its author and date; the first commit's date when they all fit on one page."""
    pages = repository.client.pages(
        f"{repository.api}/commits", ref_name=repository.commit, path=path, per_page=PAGE_ENTRIES
    )
    commits = next(pages)
    if not commits:
        return {}
    newest, oldest = commits[0], commits[-1]
    whole = len(commits) < int(PAGE_ENTRIES)
    return {
        "commit": newest["id"],
        "author": newest["author_name"],
        "modified_date": newest["authored_date"],
        "created_date": oldest["authored_date"] if whole else None,
    }
