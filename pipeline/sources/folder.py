"""Documents of a folder on this machine: a plain folder or a git checkout (whose commits give authors and dates)."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline.datadir.files import FilePath, atomic
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from pipeline.schema import Document, SkippedFile, Snapshot, document_id
from pipeline.settings.sections import SourceSettings
from pipeline.sources.git import Checkout, History, moment
from pipeline.sources.git_objects import LfsPointer, blob_sha
from pipeline.sources.selection import (
    HIDDEN_FOLDER,
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
        return self._list().commit

    def snapshot(self, commit: str) -> Snapshot:
        listing = self._list()
        if listing.commit != commit:
            raise TransientError("the folder changed while the run was reading it; run again", ErrorCode.CHANGED)
        return listing

    def fetch(self, document: Document, target: FilePath) -> None:
        refuse_too_large(document, self.settings.max_file_size_mb)
        try:
            content = (self.root / document.path).open("rb")
        except OSError as error:
            raise TransientError(f"cannot read the file: {error.strerror}", ErrorCode.UNREADABLE) from None
        with content, atomic(target) as temporary:
            with temporary.open("wb") as copy:
                shutil.copyfileobj(content, copy)
            if blob_sha(temporary) != document.blob_sha:
                raise TransientError("the file changed during the run; run again", ErrorCode.CHANGED)
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
        documents: list[Document] = []
        skipped: list[SkippedFile] = []
        for path, is_hidden in _walk(self.root, folder):
            reason = HIDDEN_FOLDER if is_hidden else self._reason_to_skip(path)
            if reason:
                skipped.append(SkippedFile(path=_printable(path), reason=reason))
            else:
                documents.append(self._document(path, history))
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
        if (self.root / path).is_symlink():
            return "symbolic links are not followed"
        if not (self.root / path).is_file():
            return "not a regular file"
        return reason_to_skip_name(path, self.settings.supported_extensions)

    def _document(self, path: str, history: History) -> Document:
        file = self.root / path
        facts = history.get(path)
        modified = facts.modified if facts else moment(file.stat().st_mtime)
        is_cut_off = facts is not None and facts.commit is None
        return Document(
            document_id=document_id(PROJECT, path),
            path=path,
            blob_sha=blob_sha(file),
            size_bytes=file.stat().st_size,
            extension=extension(path),
            created_date=facts.created if facts else None,
            modified_date=modified,
            author=facts.author if facts else None,
            commit=facts.commit if facts else None,
            warnings=(SHALLOW,) if is_cut_off else () if modified else (OUTSIDE_CALENDAR,),
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
