"""Where every derived file lives, and how it is written so that a reader never sees half of it.

A stage's file is named after what went in and how (`pipeline.fingerprints`); a file that exists is finished.
"""

from __future__ import annotations

import contextlib
import glob
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)
TEMPORARY_SUFFIX = ".part"
_HOST = socket.gethostname()


@dataclass(frozen=True)
class DataDir:
    """The layout of the data directory. Every method gives a path; nothing is created."""

    root: Path

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    def snapshot(self, commit: str, fingerprint: str) -> Path:
        return self.snapshots / f"{commit}-{fingerprint}.json"

    def document(self, blob_sha: str) -> Path:
        return self.root / "documents" / blob_sha[:2] / blob_sha

    def source(self, blob_sha: str, extension: str) -> Path:
        return self.document(blob_sha) / f"source.{extension}"

    def converted(self, blob_sha: str, fingerprint: str) -> Path:
        return self.document(blob_sha) / f"document-{fingerprint}.json"

    def conversion(self, blob_sha: str, fingerprint: str) -> Path:
        return self.document(blob_sha) / f"conversion-{fingerprint}.json"

    def chunks(self, blob_sha: str, fingerprint: str) -> Path:
        return self.document(blob_sha) / f"chunks-{fingerprint}.json"

    def embeddings(self, blob_sha: str, fingerprint: str) -> Path:
        return self.document(blob_sha) / f"embeddings-{fingerprint}.npy"

    def failure(self, blob_sha: str, fingerprint: str) -> Path:
        return self.document(blob_sha) / f"failure-{fingerprint}.json"

    def index(self, collection: str) -> Path:
        return self.root / "index" / collection

    def receipt(self, collection: str, document_id: str, content_version: str) -> Path:
        return self.index(collection) / document_id[:2] / f"{document_id}-{content_version}.json"

    def shard(self, collection: str, index: int, count: int) -> Path:
        return self.index(collection) / "shards" / f"{index:05d}-of-{count:05d}.json"

    def published(self, alias: str) -> Path:
        return self.root / "index" / f"{alias}.json"

    def run(self, run_id: str) -> Path:
        return self.root / "runs" / run_id

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def qdrant(self) -> Path:
        return self.root / "qdrant"


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; on success it is flushed to disk and renamed, on failure removed.

    The directory is synced too, so that the new name survives a power cut (POSIX rename, fsync).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    prefix = f".{path.name}.{_HOST}-{os.getpid()}-"
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=TEMPORARY_SUFFIX, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write_bytes(path: Path, data: bytes) -> None:
    """Write atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: BaseModel) -> None:
    """Write a model atomically as JSON: UTF-8, fields in their order, absent ones left out, one trailing newline."""
    write_bytes(path, f"{value.model_dump_json(exclude_none=True)}\n".encode())


def read_model(path: Path, model: type[Model]) -> Model:
    """Read a file that `write_json` wrote. Raises FileNotFoundError, pydantic.ValidationError."""
    return model.model_validate_json(path.read_bytes())


def _remove_leftovers(path: Path) -> None:
    """Delete what a killed process of this machine left of an earlier attempt at the same file."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.{glob.escape(_HOST)}-*{TEMPORARY_SUFFIX}"):
        pid = leftover.name.removeprefix(f".{path.name}.{_HOST}-").partition("-")[0]
        if not psutil.pid_exists(int(pid)):
            leftover.unlink(missing_ok=True)
