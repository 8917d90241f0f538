"""Documents of a folder on this machine: a plain folder or a git checkout (whose commits give authors and dates)."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.datadir.files import FilePath, atomic
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from pipeline.schema import Document, SkippedFile, Snapshot, document_id
from pipeline.settings.sections import SourceSettings
from pipeline.sources.git import Checkout, History, moment
from pipeline.sources.git_objects import LfsPointer, blob_sha, blob_sha_of
from pipeline.sources.regular_file import opened
from pipeline.sources.selection import (
    HIDDEN_FOLDER,
    MEGA,
    extension,
    is_hidden_folder,
    reason_to_skip_name,
    refuse_too_large,
)

PROJECT = "folder"  # document ids must not depend on where the folder lies on this machine
SHALLOW = (
    "The checkout is a shallow clone that does not hold the last change: author and dates are unknown; "
    "run `git fetch --unshallow`."
)
WITHOUT_HISTORY = "Git cannot read the checkout's history: author and dates are unknown; run `git fsck`."
CHANGED = "the file changed during the run; run again"
OUTSIDE_CALENDAR = "The time of its last change lies outside the calendar; it was left out."
ONLY_A_POINTER = "only its Git LFS pointer is in the folder: get the content with `git lfs pull`"
log = logging.getLogger(__name__)


class FolderSource:
    """Reads `<folder_path>/<target_folder>`.

    A clean git checkout is identified by its commit. A plain folder, or a checkout with uncommitted changes, is read
    as it lies there and identified by the digest of its listing.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self.settings = settings
        self.root = settings.folder_path
        self._listing: Snapshot | None = None

    def head(self) -> str:
        """The checkout's commit, or the digest of the listing. Lists the folder, once for this source."""
        return self._list().commit

    def snapshot(self, commit: str) -> Snapshot:
        """The listing that `head` made; TransientError (CHANGED) for any other commit."""
        listing = self._list()
        if listing.commit != commit:
            raise TransientError("the folder changed while the run was reading it; run again", ErrorCode.CHANGED)
        return listing

    def fetch(self, document: Document, target: FilePath) -> None:
        """As `Source.fetch`; what is no longer as it was listed is a TransientError (CHANGED)."""
        refuse_too_large(document, self.settings.max_file_size_mb)
        try:
            content = opened(self.root / document.path)
        except OSError as error:
            raise TransientError(f"cannot read the file: {error.strerror}", ErrorCode.UNREADABLE) from None
        with content, atomic(target) as temporary:
            if os.fstat(content.fileno()).st_size != document.size_bytes:
                raise TransientError(CHANGED, ErrorCode.CHANGED)
            with temporary.open("wb") as copy:
                _copy(content, copy)
            if blob_sha(temporary) != document.blob_sha:
                raise TransientError(CHANGED, ErrorCode.CHANGED)
            if LfsPointer.of_file(temporary):
                raise PermanentError(ONLY_A_POINTER, ErrorCode.LFS_MISSING)

    def _list(self) -> Snapshot:
        if self._listing is None:
            self._listing = self._read_listing()
        return self._listing

    def _read_listing(self) -> Snapshot:
        folder = self.settings.target_folder.strip("/")
        if not (self.root / folder).is_dir():
            raise ConfigurationError(
                f"there is no folder {folder!r} in the source root; "
                "check NIC_FOLDER_PATH (the root) and NIC_TARGET_FOLDER (the folder inside it)",
                place=str((self.root / folder).absolute()),
            )
        self._refuse_links(folder)
        checkout = Checkout.at(self.root)
        history = checkout.history(folder) if checkout else {}
        notes = (WITHOUT_HISTORY,) if history is None else ()
        documents: list[Document] = []
        skipped: list[SkippedFile] = []
        for path, is_hidden in _walk(self.root, folder):
            reason = HIDDEN_FOLDER if is_hidden else self._reason_to_skip(path)
            if reason:
                skipped.append(SkippedFile(path=_printable(path), reason=reason))
            else:
                documents.append(self._document(path, history or {}, notes))
        return self._snapshot(folder, checkout, documents, skipped)

    def _refuse_links(self, folder: str) -> None:
        """The root may be a link, as its owner named it; what is in it is whoever may write there's."""
        for path in (Path(folder), *Path(folder).parents):
            if (self.root / path).is_symlink() and path != Path():
                raise ConfigurationError(
                    f"{path.as_posix()!r} in the source root is a symbolic link, which is not followed: "
                    "name the folder that it stands for with NIC_FOLDER_PATH and NIC_TARGET_FOLDER",
                    place=str((self.root / path).absolute()),
                )

    def _reason_to_skip(self, path: str) -> str | None:
        if _printable(path) != path:
            return "its name is not valid UTF-8; rename it"
        mode = _mode(self.root / path)
        if mode is not None and stat.S_ISLNK(mode):
            return "symbolic links are not followed"
        if mode is not None and not stat.S_ISREG(mode):
            return "not a regular file"
        return reason_to_skip_name(path, self.settings.supported_extensions)

    def _document(self, path: str, history: History, notes: tuple[str, ...]) -> Document:
        facts = history.get(path)
        found = _looked_at(self.root / path, self.settings.max_file_size_mb)
        modified = facts.modified if facts else moment(found.modified_s)
        is_cut_off = facts is not None and facts.commit is None
        return Document(
            document_id=document_id(PROJECT, path),
            path=path,
            blob_sha=found.blob_sha,
            size_bytes=found.size_bytes,
            extension=extension(path),
            created_date=facts.created if facts else None,
            modified_date=modified,
            author=facts.author if facts else None,
            commit=facts.commit if facts else None,
            warnings=(*notes, *((SHALLOW,) if is_cut_off else () if modified else (OUTSIDE_CALENDAR,))),
        )

    def _snapshot(
        self, folder: str, checkout: Checkout | None, documents: list[Document], skipped: list[SkippedFile]
    ) -> Snapshot:
        documents.sort(key=lambda document: document.path)
        snapshot = Snapshot(
            commit="",
            source="folder",
            project=PROJECT,
            branch=checkout.branch if checkout else None,
            folder=folder,
            documents=tuple(documents),
            skipped=tuple(sorted(skipped, key=lambda file: file.path)),
        )
        if checkout and checkout.is_clean(folder):
            return snapshot.model_copy(update={"commit": checkout.commit})
        if checkout:
            log.warning("%s has uncommitted changes; they are read as they lie there", folder)
        digest = hashlib.sha1(snapshot.model_dump_json().encode(), usedforsecurity=False).hexdigest()
        return snapshot.model_copy(update={"commit": digest})


@dataclass(frozen=True)
class _Found:
    """What a listing knows of a file."""

    blob_sha: str
    size_bytes: int
    modified_s: float


def _looked_at(file: Path, limit_mb: float) -> _Found:
    """A file that is not read, for its size or because it cannot be, is known by what the folder says of it.

    Fetching it says what is wrong, of this document alone.
    """
    try:
        with opened(file) as content:
            known = os.fstat(content.fileno())
            is_read = known.st_size <= limit_mb * MEGA
            sha = blob_sha_of(content) if is_read else _stand_in(known)
    except OSError:
        known = _stat(file)
        sha = _stand_in(known)
    return _Found(sha, known.st_size, known.st_mtime)


def _stat(file: Path) -> os.stat_result:
    """All zeros for a file that is gone or that may not be looked at."""
    try:
        return file.lstat()
    except OSError:
        return os.stat_result((0,) * 10)


def _mode(file: Path) -> int | None:
    return _stat(file).st_mode or None


def _stand_in(known: os.stat_result) -> str:
    """In the place of the content's hash: no content has it, and it changes when the file does."""
    said = f"unread {known.st_size} {known.st_mtime_ns}"
    return hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()


def _copy(content: BinaryIO, copy: BinaryIO) -> None:
    try:
        shutil.copyfileobj(content, copy)
    except OSError as error:
        if error.errno == errno.EIO:  # of the file; the target's own errors concern every document
            raise TransientError(f"cannot read the file: {error.strerror}", ErrorCode.UNREADABLE) from None
        raise


def _walk(root: Path, folder: str) -> Iterator[tuple[str, bool]]:
    """Every file below the folder, links to directories included, as paths from the root with forward slashes.

    A hidden folder is given once, with True, and not entered.
    """
    for parent, directories, files in os.walk(root / folder, onerror=_refuse):
        hidden = sorted(name for name in directories if is_hidden_folder(name))
        directories[:] = sorted(set(directories) - set(hidden))
        links = [name for name in directories if (Path(parent) / name).is_symlink()]
        for name in (*files, *links, *hidden):
            yield (Path(parent) / name).relative_to(root).as_posix(), name in hidden and name not in files


def _refuse(error: OSError) -> None:
    raise TransientError(
        f"a folder cannot be listed ({error.strerror}); nothing is changed on the strength of a partial listing",
        ErrorCode.SOURCE_INCOMPLETE,
    )


def _printable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
