"""Downloads of documents: streamed to disk, proven by git's hash or the LFS pointer's, repeated when damaged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.datadir.files import FilePath, atomic, write_sealed
from pipeline.datadir.paths import lfs_oid
from pipeline.errors import ErrorCode, PermanentError, PipelineError, TransientError
from pipeline.schema import Document
from pipeline.settings.retries import NoAnswerError
from pipeline.sources.git_objects import LARGEST_POINTER_BYTES, LfsPointer, blob_sha
from pipeline.sources.gitlab.errors import LostContentError, NotFoundError, RefusedError, RefusedNameError
from pipeline.sources.gitlab.facts import pointer_at
from pipeline.sources.gitlab.listing import Repository

_NOT_UPLOADED = "only its Git LFS pointer is in GitLab: upload the content with `git lfs push --all origin`"
_NOT_RESOLVED = (
    "GitLab gives only its Git LFS pointer: switch LFS on in the project's settings; if it is on, "
    "the file's name has something that the API refuses (a newline, ../): rename it"
)
_OTHER_OBJECT = (
    "the Git LFS object in GitLab is not what the file's pointer names: upload the content anew, or commit a right "
    "pointer"
)


class _DamagedObjectError(NoAnswerError):
    """What came is not the LFS object that the pointer names, or not all of it."""


def download(repository: Repository, document: Document, target: FilePath) -> None:
    """Write the document's bytes to `target`, atomically and verified.

    Raises PermanentError (LFS_MISSING, WITHHELD), TransientError (UNREADABLE: this document; SOURCE_UNREACHABLE:
    GitLab), ConfigurationError.
    """
    with atomic(target) as temporary:
        with of_one_document(repository):
            pointer = repository.client.with_retries(lambda: _once(repository, document, temporary))
        if pointer:  # written first: whoever finds the document can prove it
            write_sealed(lfs_oid(target), pointer.oid.encode())


@contextlib.contextmanager
def of_one_document(repository: Repository) -> Iterator[None]:
    """What GitLab does not give of one document concerns that document, unless it gives nothing else either.

    Raises PermanentError (LFS_MISSING, WITHHELD), TransientError (UNREADABLE), and what `Repository.check` raises.
    """
    try:
        yield
    except (NoAnswerError, RefusedError) as error:
        repository.check()
        if isinstance(error, _DamagedObjectError):
            raise PermanentError(_OTHER_OBJECT, ErrorCode.LFS_MISSING) from None
        if isinstance(error, RefusedError):
            raise PermanentError(
                f"GitLab gives other documents, but not this one ({error.answer}): open it there as the token's user",
                ErrorCode.WITHHELD,
            ) from None
        raise TransientError(f"GitLab gives everything but this document: {error}", ErrorCode.UNREADABLE) from None


def _once(repository: Repository, document: Document, file: Path) -> LfsPointer | None:
    client = repository.client
    refusal: RefusedError | None = None
    # A pointer may be longer than what it stands for, and must come whole to be known as one.
    most_bytes = max(document.size_bytes, LARGEST_POINTER_BYTES)
    try:
        if document.commit is None:
            raise RefusedNameError("no commit is known to hold this name")
        api = f"{repository.file_api(document.path)}/raw"
        client.download(api, file, most_bytes, ref=document.commit, lfs="true")
    except RefusedError as error:  # the content's hash needs no name
        refusal = error
        client.download(f"{repository.blob_api(document.blob_sha)}/raw", file, most_bytes)
    return _verify(repository, document, file, refusal)


def _verify(repository: Repository, document: Document, file: Path, refusal: RefusedError | None) -> LfsPointer | None:
    """The pointer that git holds in the file's place, if any. Raises when the file is not the document."""
    if blob_sha(file, len(document.blob_sha)) == document.blob_sha:
        if LfsPointer.of_file(file):
            raise _without_content(refusal)
        return None
    pointer = pointer_at(repository, document.blob_sha)
    if pointer is None:
        raise NoAnswerError("the download was cut off or damaged; run again", ErrorCode.UNREADABLE)
    if not pointer.matches(file):
        if pointer.is_disproved_by(file):
            raise PermanentError(_OTHER_OBJECT, ErrorCode.LFS_MISSING)
        raise _DamagedObjectError("the download was cut off or damaged; run again", ErrorCode.UNREADABLE)
    return pointer


def _without_content(refusal: RefusedError | None) -> PipelineError:
    """Why only a pointer can be had, from what GitLab said when it was asked for the content."""
    if isinstance(refusal, NotFoundError | LostContentError):
        return PermanentError(_NOT_UPLOADED, ErrorCode.LFS_MISSING)
    if refusal is None or isinstance(refusal, RefusedNameError):
        return PermanentError(_NOT_RESOLVED, ErrorCode.LFS_MISSING)
    return refusal
