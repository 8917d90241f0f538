"""What a git checkout knows about its files: the commit, and each path's author and dates (one `git log`)."""

from __future__ import annotations

import logging
import subprocess
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)
_TIMEOUT_S = 300


@dataclass(frozen=True)
class PathHistory:
    """Who touched a path last, and when it appeared."""

    commit: str
    author: str
    created: datetime
    modified: datetime


History = dict[str, PathHistory]


@dataclass(frozen=True)
class Checkout:
    """A working tree with at least one commit."""

    root: Path
    commit: str
    branch: str | None

    @classmethod
    def at(cls, root: Path) -> Checkout | None:
        """The checkout whose top is `root`, or None: a folder inside a larger repository is a plain folder."""
        if not (root / ".git").exists():
            return None
        try:
            commit = _git(root, "rev-parse", "--verify", "HEAD").strip()
            branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD").strip()
        except (OSError, subprocess.SubprocessError):
            log.warning("the folder looks like a git checkout but git cannot read it; treated as a plain folder")
            return None
        return cls(root, commit, None if branch == "HEAD" else branch)

    def is_clean(self, folder: str) -> bool:
        """True when the folder holds exactly what the commit holds."""
        return not _git(self.root, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored", "--", folder)

    def history(self, folder: str) -> History:
        """Path -> PathHistory, from the log of the folder, newest commit first (git-log(1), --name-only -z)."""
        text = _git(
            self.root, "log", "--format=%x01%H%x02%an%x02%aI%x02", "--name-only", "-z", "--no-renames", "--", folder
        )
        found: History = {}
        for entry in text.split("\x01")[1:]:
            commit, author, date, names = entry.split("\x02", 3)
            when = datetime.fromisoformat(date)
            for path in filter(None, (name.lstrip("\n") for name in names.split("\0"))):
                older = found.get(path)
                found[path] = (
                    replace(older, created=when) if older else PathHistory(commit, author, created=when, modified=when)
                )
        return found


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
    return done.stdout.decode("utf-8", "surrogateescape")
