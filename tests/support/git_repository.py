"""A real bare git repository for tests, filled and read with git's plumbing: any name that git takes is possible."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from pathlib import Path
from typing import Any


class GitRepository:
    """Commits are made of the folder's whole content: `files` maps path to bytes, or to a mode and an object."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[bytes, tuple[str, str]] = {}
        self.clock = 1_700_000_000
        self._lock = threading.Lock()
        self._cache: dict[Any, Any] = {}
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(root))
        self._reader: subprocess.Popen[bytes] | None = None

    def git(self, *arguments: str, stdin: bytes = b"", author: str = "Ana Lima") -> str:
        who = {"NAME": author, "EMAIL": "ana@example.org", "DATE": f"{self.clock} -0300"}
        environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        command = ["git", *([] if arguments[0] == "init" else ["-C", str(self.root)]), *arguments]
        done = subprocess.run(
            command, input=stdin, env={**environment, "PATH": "/usr/bin:/bin"}, check=True, capture_output=True
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str | bytes, content: bytes | str) -> None:
        """Put a file into the next commit."""
        data = content.encode() if isinstance(content, str) else content
        self.files[_raw(path)] = ("100644", self.git("hash-object", "-w", "--stdin", stdin=data))

    def write_many(self, contents: dict[str, bytes]) -> None:
        """Put many files into the next commit, with one process."""
        lines = b"".join(
            b"blob\nmark :%d\ndata %d\n%s\n" % (n, len(data), data) for n, data in enumerate(contents.values(), 1)
        )
        self.git("fast-import", "--quiet", stdin=lines)
        for path, data in contents.items():
            sha = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
            self.files[_raw(path)] = ("100644", sha)

    def link(self, path: str, target: str) -> None:
        self.files[_raw(path)] = ("120000", self.git("hash-object", "-w", "--stdin", stdin=target.encode()))

    def submodule(self, path: str, commit: str) -> None:
        self.files[_raw(path)] = ("160000", commit)

    def pointer(self, path: str, content: bytes) -> str:
        """Put a Git LFS pointer into the next commit; returns the oid of what it stands for."""
        oid = hashlib.sha256(content).hexdigest()
        self.write(path, f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n")
        return oid

    def remove(self, path: str) -> None:
        del self.files[_raw(path)]

    def commit(self, message: str = "docs", branch: str = "main", author: str = "Ana Lima") -> str:
        """Commit `files` on the branch; returns the SHA. Each commit is an hour after the one before."""
        self.clock += 3600
        lines = b"".join(
            b"%s %s\t%s\0" % (mode.encode(), sha.encode(), path) for path, (mode, sha) in self.files.items()
        )
        self.git("read-tree", "--empty")
        self.git("update-index", "-z", "--index-info", stdin=lines)
        parent = self.resolve(f"refs/heads/{branch}")
        parents = ["-p", parent] if parent else []
        sha = self.git("commit-tree", self.git("write-tree"), *parents, "-m", message, author=author)
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha

    # -- reading, as the server does -----------------------------------------------------------------------------

    def resolve(self, name: str) -> str | None:
        found = self._object(name)
        return found[0] if found else None

    def blob(self, sha: str) -> bytes:
        found = self._object(sha)
        assert found
        return found[1]

    def tree(self, commit: str, path: str, *, recursive: bool) -> list[dict[str, str]] | None:
        """Rows of the tree API in git's order; None when there is no such folder."""
        folder = f"{commit}:{path}".encode("utf-8", "surrogateescape")
        key = ("tree", folder, recursive)
        if key not in self._cache:
            if self.resolve(f"{commit}:{path}") is None:
                return None
            listed = self.git("ls-tree", "-z", *(["-r", "-t"] if recursive else []), f"{commit}:{path}")
            self._cache[key] = [_row(line, path) for line in listed.split("\0") if line]
        rows: list[dict[str, str]] = self._cache[key]
        return rows

    def history(self, commit: str, path: str) -> list[dict[str, Any]]:
        """Rows of the commits API: who touched the path, newest first."""
        with self._lock:
            if ("log", commit) not in self._cache:
                log = self.git("log", "--format=%x01%H%x02%an%x02%aI%x02", "--name-only", "-z", "--no-renames", commit)
                self._cache["log", commit] = _by_path(log)
            found: list[dict[str, Any]] = self._cache["log", commit].get(path, [])
        return found

    def close(self) -> None:
        if self._reader:
            assert self._reader.stdin
            self._reader.stdin.close()
            self._reader.wait()
            self._reader = None

    def _object(self, name: str) -> tuple[str, bytes] | None:
        if "\n" in name:
            return None
        with self._lock:
            if self._reader is None:
                command = ["git", "-C", str(self.root), "cat-file", "--batch"]
                self._reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert self._reader.stdin
            assert self._reader.stdout
            self._reader.stdin.write(name.encode("utf-8", "surrogateescape") + b"\n")
            self._reader.stdin.flush()
            head = self._reader.stdout.readline().split()
            if head[-1] in (b"missing", b"ambiguous"):
                return None
            content = self._reader.stdout.read(int(head[-1]) + 1)[:-1]
            return head[0].decode(), content


def _raw(path: str | bytes) -> bytes:
    return path if isinstance(path, bytes) else path.encode()


def _row(line: str, folder: str) -> dict[str, str]:
    facts, _, name = line.partition("\t")
    mode, kind, sha = facts.split()
    raw = name.encode("utf-8", "surrogateescape")
    try:
        shown = raw.decode()
    except UnicodeDecodeError:
        shown = raw.decode("latin-1")  # as GitLab converts names that are not UTF-8
    path = f"{folder}/{shown}" if folder else shown
    return {"id": sha, "name": path.rpartition("/")[2], "type": kind, "path": path, "mode": mode}


def _by_path(log: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in log.split("\x01")[1:]:
        commit, author, date, names = entry.split("\x02", 3)
        row = {"id": commit, "author_name": author, "authored_date": date, "committed_date": date}
        for path in filter(None, (name.lstrip("\n") for name in names.split("\0"))):
            found.setdefault(path, []).append(row)
    return found
