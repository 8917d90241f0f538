"""What a git checkout knows about its files: the commit, and each path's author and dates (one `git log`)."""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import ConfigurationError

log = logging.getLogger(__name__)
_TIMEOUT_S = 300
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SECONDS = re.compile(r"-?\d+")
OTHER_OWNER = (
    "git refuses to read the checkout, because it belongs to another account: run `git config --global --add "
    "safe.directory PATH` with the checkout's absolute path as the account that runs the pipeline, or make it "
    "the owner"
)


@dataclass(frozen=True)
class PathHistory:
    """Who touched a path last, and when it appeared; None where a shallow clone does not reach back so far."""

    commit: str | None = None
    author: str | None = None
    created: datetime | None = None
    modified: datetime | None = None


History = dict[str, PathHistory]


@dataclass(frozen=True)
class Checkout:
    """A working tree with at least one commit."""

    root: Path
    commit: str
    branch: str | None

    @classmethod
    def at(cls, root: Path) -> Checkout | None:
        """The checkout whose top is `root`, or None: a folder inside a larger repository is a plain folder.

        Raises ConfigurationError for a checkout that git does not trust.
        """
        if not (root / ".git").exists():
            return None
        try:
            commit = _git(root, "rev-parse", "--verify", "HEAD").strip()
            branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD").strip()
        except (OSError, subprocess.SubprocessError) as error:
            if b"safe.directory" in (getattr(error, "stderr", None) or b""):
                raise ConfigurationError(OTHER_OWNER) from None
            log.warning("the folder looks like a git checkout but git cannot read it; treated as a plain folder")
            return None
        return cls(root, commit, None if branch == "HEAD" else branch)

    def is_clean(self, folder: str) -> bool:
        """True when the folder holds exactly what the commit holds; False when git cannot tell."""
        try:
            return not _git(
                self.root, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored", "--", folder
            )
        except (OSError, subprocess.SubprocessError):
            return False

    def history(self, folder: str) -> History | None:
        """Path -> PathHistory, from the log of the folder, newest commit first (git-log(1), --name-only -z).

        None when git cannot read it: an object is missing or damaged, or there is too much of it.
        """
        try:
            return self._history(folder)
        except (OSError, subprocess.SubprocessError):
            log.warning("git cannot read the history of the checkout: authors and dates are left out; run `git fsck`")
            return None

    def _history(self, folder: str) -> History:
        log_format = "--format=%H%x00%at%x00%an"  # only NUL is in no name
        found: History = {}
        grafts = self._grafts()
        for commit, when, author, paths in _commits(
            _git(self.root, "log", log_format, "--name-only", "-z", "--no-renames", "--", folder).split("\0")
        ):
            created = None if commit in grafts else when
            for path in paths:
                if newer := found.get(path):
                    found[path] = replace(newer, created=created)
                else:
                    found[path] = PathHistory() if commit in grafts else PathHistory(commit, author, created, when)
        return found

    def _grafts(self) -> set[str]:
        """The commits at which a shallow clone is cut off: to git they seem to add every file that they hold."""
        try:
            file = self.root / _git(self.root, "rev-parse", "--git-path", "shallow").strip()
            return set(file.read_text(encoding="ascii").split())
        except OSError:
            return set()


def _commits(fields: list[str]) -> Iterator[tuple[str, datetime | None, str, list[str]]]:
    """Commit, author date, author, paths. A date outside the calendar is None."""
    headers = [
        at for at, field in enumerate(fields[:-2]) if _COMMIT.fullmatch(field) and _SECONDS.fullmatch(fields[at + 1])
    ]
    for at, end in zip(headers, [*headers[1:], len(fields)], strict=True):
        first, *others = [*fields[at + 3 : end], ""]  # the first path stands on a line of its own
        paths = filter(None, (first.removeprefix("\n"), *others))
        yield fields[at], moment(int(fields[at + 1])), _in_words(fields[at + 2]), list(paths)


def _in_words(author: str) -> str:
    """A name that is not UTF-8 was written by a program of Windows: git takes the bytes as they come."""
    try:
        author.encode("utf-8")
    except UnicodeEncodeError:
        return author.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return author


def moment(seconds: float) -> datetime | None:
    """The time so many seconds after 1970, to the second; None for one outside the years 1 to 9999."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    english = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S, env=english)
    return done.stdout.decode("utf-8", "surrogateescape")
