"""Finds and erases what names a document in the folders of runs, in evaluations and in notes.

What is JSON loses the entries about it and keeps the rest; a report is made again from that; what cannot be read any
more goes as a whole. So does every `errors.log`: of what a library said nobody can tell whose text it quotes.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from pipeline.datadir import files, folders, leftovers
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.report import write_report
from pipeline.run.current import Run
from pipeline.run.summary import Summary

_LOG, _SUMMARY, _REPORT, _ERRORS = "log.jsonl", "summary.json", "report.html", "errors.log"
_OWN = {"snapshots", "documents", "index", "qdrant", "readers", "runs", "models", "tokens", "purged.json"}
EVALUATION = ("evaluation.json", "evaluation.html")


class Mentions:
    """Some names, found however a file spells them; not in `others`, names that one of them is a part of."""

    def __init__(self, names: Collection[str], others: Collection[str] = ()) -> None:
        self.names = frozenset(names)
        self._spelt = {each.encode() for name in names for each in _spellings(name)}
        known = self._spelt | {each.encode() for name in others for each in _spellings(name)}
        longest_first = sorted(known, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)) or rb"(?!)")

    def are_in(self, content: bytes | mmap.mmap) -> bool:
        """Whether one of the names stands there; a longer name that holds it does not count."""
        return any(found.group() in self._spelt for found in self._pattern.finditer(content))

    def are_in_file(self, path: FilePath) -> bool:
        """Of any size; one that is gone names nothing."""
        with contextlib.suppress(FileNotFoundError):
            if not isinstance(path, Path):
                return self.are_in(files.read_bytes(path))
            if path.stat().st_size:
                with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    return self.are_in(content)
        return False

    def without(self, value: Any) -> Any:
        """The JSON value without every entry that one of the names is a direct part of."""
        if isinstance(value, dict):
            return {
                key: self.without(each)
                for key, each in value.items()
                if key not in self.names and not self._is_about(each)
            }
        if isinstance(value, list):
            return [self.without(each) for each in value if not self._is_about(each)]
        return value

    def _is_about(self, value: Any) -> bool:
        parts = value.values() if isinstance(value, dict) else [value]
        return any(isinstance(part, str) and part in self.names for part in parts)

    def line_without(self, line: bytes) -> bytes:
        """The line of a log without the names; empty when it was about one of them, or cannot be read."""
        if not self.are_in(line):
            return line
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if not self._is_about(event):
                kept = json.dumps(self.without(event), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                return b"" if self.are_in(kept) else kept
        return b""


def with_names(mentions: Mentions, paths: Iterable[FilePath]) -> Iterator[FilePath]:
    """Those of the files that name one of them."""
    return (path for path in paths if mentions.are_in_file(path))


def entries_of(path: str) -> set[str]:
    """How listings, receipts and logs say that a document has this path."""
    quoted = {json.dumps(path, ensure_ascii=ascii_only) for ascii_only in (True, False)}
    return {f'"path":{gap}{each}' for gap in ("", " ") for each in quoted}


def files_of_runs(run: Run) -> Iterator[FilePath]:
    """Everything in the folders of runs, here and in an object store."""
    for folder in {run.data.runs, run.data.local_runs}:
        yield from folders.every_file(folder)


def files_of_index(run: Run) -> Iterator[FilePath]:
    """Everything in listings, receipts, manifests and notes of what is published."""
    for folder in (run.data.snapshots, run.data.root / "index"):
        yield from folders.every_file(folder)


def erase_from_runs(run: Run, mentions: Mentions) -> int:
    """How many files were changed or removed."""
    ids = files.names(run.data.runs) | files.names(run.data.local_runs)
    return sum(_erase_from_run(run, run_id, mentions) for run_id in sorted(ids))


def _erase_from_run(run: Run, run_id: str, mentions: Mentions) -> int:
    """In an object store, a run's log is in another place than its report."""
    folders = (run.data.runs / run_id, run.data.run(run_id))
    there = {name: folder / name for folder in folders for name in files.names(folder)}
    unread = {name for name in there if name == _ERRORS or leftovers.is_temporary(name)}
    found = {name for name in there.keys() - unread if mentions.are_in_file(there[name])}
    is_reported = _REPORT in there and not found.isdisjoint({_LOG, _SUMMARY, _REPORT})
    for name in unread | ({_REPORT} if is_reported else set()):  # it is made again from what names them no more
        files.remove(there[name])
    for name in found - {_REPORT}:
        _rewrite(there[name], mentions)
    if is_reported:
        _report(run, run_id)
    return len(unread | found)


def _rewrite(path: FilePath, mentions: Mentions) -> None:
    if path.name == _LOG:
        files.write_bytes(path, b"".join(map(mentions.line_without, _lines(path))))
    else:
        _rewrite_json(path, mentions)


def _lines(path: FilePath) -> list[bytes]:
    return files.read_bytes(path).splitlines(keepends=True)


def _rewrite_json(path: FilePath, mentions: Mentions) -> None:
    try:
        value = mentions.without(json.loads(files.read_sealed(path)))
    except (DamagedFileError, ValueError):
        files.remove(path)
        return
    content = f"{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n".encode()
    if mentions.are_in(content):
        files.remove(path)
    else:
        files.write_sealed(path, content)


def _report(run: Run, run_id: str) -> None:
    """A report that cannot be made is gone."""
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        summary = files.read_model(run.data.summary(run_id), Summary)
        write_report(summary, run.data.run(run_id), run.data.report(run_id), run.settings.pipeline.report_language)


def erase_evaluations(run: Run, mentions: Mentions) -> int:
    """Those that somebody had written into the data directory, page and figures together."""
    pages = [path for path in with_names(mentions, foreign_files(run)) if path.name in EVALUATION]
    folders = {path.parent for path in pages}
    for folder in folders:
        for name in EVALUATION:
            files.remove(folder / name)
    return len(folders)


def foreign_files(run: Run) -> Iterator[FilePath]:
    """Files in the data directory that are not the pipeline's own, and not the source's."""
    root = run.data.root
    for name in sorted(files.names(root) - _OWN):
        path = root / name
        if not _holds_source(run, path):
            yield from folders.every_file(path) if path.is_dir() else [path]


def _holds_source(run: Run, path: FilePath) -> bool:
    source = run.settings.source.folder_path.resolve()
    return isinstance(path, Path) and path.resolve() in (source, *source.parents)


def _spellings(name: str) -> set[str]:
    """Plain, in JSON, and on a page, where a line may break after a slash."""
    in_json = {json.dumps(name, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return {name, *in_json, str(escape(name)), str(Markup("/<wbr>").join(name.split("/")))}
