"""The complete listing of a folder at one commit, proven by git's own hashes: whatever GitLab leaves out is noticed.

GitLab gives the hash of every folder, and a folder's hash is made of its entries; so each folder's listing is hashed
and compared. A folder that does not agree is listed again on its own; if it still does not agree, it is an error.
"""

from __future__ import annotations

import itertools
import logging
import posixpath
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.sources.git_objects import TreeEntry, tree_sha
from pipeline.sources.gitlab.client import Client, incomplete, segment
from pipeline.sources.gitlab.errors import NotFoundError, known_form

PAGE_ENTRIES = "100"  # GitLab's most; a larger number is cut, and then old versions do not say that there is more
_MOST_MISREAD_NAMES = 2
_MOST_READINGS = 300  # of one folder, so that a large one with many accents takes seconds and not hours
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A file, symbolic link (mode 120000), submodule (type commit) or folder (type tree) of the repository."""

    id: str
    path: str
    type: str
    mode: str
    misread: bool = False  # the name is not UTF-8, and `path` is how GitLab shows it

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


class Repository:
    """The files of one project at one commit."""

    def __init__(self, client: Client, project_id: int, commit: str) -> None:
        self.client = client
        self.commit = commit
        self.api = f"/projects/{project_id}/repository"

    def files(self, folder: str) -> list[Entry]:
        """Everything below `folder` (no slashes at its ends; "" is the root) that is no folder itself.

        Raises ConfigurationError (no such folder), TransientError (SOURCE_INCOMPLETE: it cannot be proven complete).
        """
        digest = self._folder_id(folder) if folder else None
        listed: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._list(folder, recursive=True):
            listed[posixpath.dirname(entry.path)].append(entry)
        found: list[Entry] = []
        waiting = [(folder, digest)]
        while waiting:
            path, digest = waiting.pop()
            entries = self._proven(path, digest, listed[path])
            waiting += [(entry.path, entry.id) for entry in entries if entry.type == "tree"]
            found += [entry for entry in entries if entry.type != "tree"]
        return sorted(found, key=lambda entry: entry.path)

    def _proven(self, folder: str, digest: str | None, entries: list[Entry]) -> list[Entry]:
        if digest is None:
            return self._confirmed(folder, entries)
        if _hash(entries, (), len(digest)) == digest:
            return entries
        _log.debug("the listing of %s does not agree with its hash; listing it on its own", folder)
        try:
            again = self._list(folder, recursive=False)
        except NotFoundError:
            again = []
        proven = _agreeing(again, digest)
        if proven is None:
            raise _unproven(folder, again)
        return proven

    def _confirmed(self, root: str, entries: list[Entry]) -> list[Entry]:
        """The root's own hash is not to be had: two listings must agree, with and without what lies below."""
        if set(entries) != set(self._list(root, recursive=False)):
            raise _unproven(root, entries)
        return entries

    def _folder_id(self, folder: str) -> str:
        parent = posixpath.dirname(folder)
        try:
            beside = self._list(parent, recursive=False)
        except NotFoundError:
            raise _no_folder(folder, self.commit) from None
        found = next((entry for entry in beside if entry.path == folder and entry.type == "tree"), None)
        if found is None:
            raise _no_folder(folder, self.commit, [entry.name for entry in beside if entry.type == "tree"])
        return found.id

    def _list(self, folder: str, *, recursive: bool) -> list[Entry]:
        query = {"path": folder} if folder else {}
        pages = self.client.pages(
            f"{self.api}/tree",
            **query,
            ref=self.commit,
            recursive=str(recursive).lower(),
            per_page=PAGE_ENTRIES,
            pagination="keyset",
        )
        found: dict[str, Entry] = {}
        for page in pages:
            before = len(found)
            found |= dict(map(_entry, page))
            if page and len(found) == before:
                raise incomplete("GitLab gives the same page again and again")
        return list(found.values())

    def check(self) -> None:
        """Returns when GitLab gives this project's files in general. Raises what `Client` raises when it does not."""
        try:
            self.client.get(f"{self.api}/tree", per_page="1")
        except NotFoundError:  # no default branch, or no project
            self.client.get(self.api.removesuffix("/repository"))

    def blob_api(self, sha: str) -> str:
        """Address of a blob in the API, by its git hash; `/raw` behind it gives the content."""
        return f"{self.api}/blobs/{segment(sha)}"

    def file_api(self, path: str) -> str:
        """Address of a file in the API, by its path; the request names the commit as `ref`."""
        return f"{self.api}/files/{segment(path)}"


def _entry(row: Any) -> tuple[str, Entry]:
    with known_form():
        return str(row["path"]), Entry(str(row["id"]), str(row["path"]), str(row["type"]), str(row["mode"]))


def _agreeing(entries: list[Entry], digest: str) -> list[Entry] | None:
    """The entries, if they have this hash: read as UTF-8, or with a name or two in Latin-1, which GitLab converts."""
    foreign = [entry for entry in entries if not entry.name.isascii()]
    readings = itertools.chain.from_iterable(
        itertools.combinations(foreign, count) for count in range(_MOST_MISREAD_NAMES + 1)
    )
    for misread in itertools.islice(readings, _MOST_READINGS):
        if _hash(entries, misread, len(digest)) == digest:
            return [replace(entry, misread=entry in misread) for entry in entries]
    return None


def _hash(entries: Iterable[Entry], misread: tuple[Entry, ...], digits: int) -> str:
    return tree_sha(
        (
            TreeEntry(entry.mode, entry.name.encode("latin-1" if entry in misread else "utf-8", "replace"), entry.id)
            for entry in entries
        ),
        digits,
    )


def _unproven(folder: str, entries: list[Entry]) -> PipelineError:
    broken = [entry.path for entry in entries if "\ufffd" in entry.name]
    if broken:
        return incomplete(f"a name in {folder!r} is not UTF-8, rename it: {broken[0]!r}")
    return incomplete(f"GitLab's listing of {folder!r} is not the whole folder")


def _no_folder(folder: str, commit: str, beside: Iterable[str] = ()) -> ConfigurationError:
    there = f"; there are: {', '.join(sorted(beside)[:8])}" if beside else ""
    return ConfigurationError(
        f"there is no folder {folder!r} in the project at commit {commit[:12]}: check NIC_TARGET_FOLDER and "
        f"GITLAB_BRANCH{there}"
    )
