"""Finds the files of the data directory that do not hold what was written to them, and removes them when asked."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.embed import read_vectors
from pipeline.errors import DamagedFileError
from pipeline.flow import whole_source
from pipeline.flow.healing import forget_what_rests_on, made_in
from pipeline.flow.store_document import begin_changes
from pipeline.publish.published import read_published
from pipeline.run.current import Run
from pipeline.schema import Document, Stage

_JSON, _NUMPY, _SOURCE = ".json", ".npy", "source"
_READ = (Stage.FETCH, Stage.CONVERT, Stage.CHUNK)


class Damage(NamedTuple):
    """A file that does not hold what was written to it, or is gone although its document is stored."""

    path: FilePath
    is_missing: bool


def damages(run: Run) -> Iterator[Damage]:
    """Every damaged or missing file, as it is found. Reads all of them: minutes with very many documents."""
    for path in _derived(run):
        with contextlib.suppress(FileNotFoundError):  # another run has removed it
            if not _is_whole(path):
                yield Damage(path, is_missing=False)
    for path in dict.fromkeys(_missing(run)):
        yield Damage(path, is_missing=True)


def mend(run: Run) -> Iterator[Damage]:
    """Remove every damaged file, and what came of it and of those that are missing: the next run makes all of that."""
    found = list(damages(run))
    begin_changes(run)  # what is gone is missed by the next run only if that has a look at all …
    manifests = run.data.shard(run.fingerprints.collection, 0, 1).parent
    for name in files.names(manifests) if found else ():  # … and takes no shard for finished
        files.remove(manifests / name)
    of_content: dict[str, list[FilePath]] = defaultdict(list)
    for each in found:
        of_content[each.path.parent.name].append(each.path)
    for document in _documents(run):
        for path in of_content.get(document.blob_sha, ()):
            forget_what_rests_on(run, path, document)
    for each in found:
        files.remove(each.path)
        yield each


def _documents(run: Run) -> Sequence[Document]:
    listing = run.listings.latest()
    return listing.documents if listing else ()


def _missing(run: Run) -> Iterator[FilePath]:
    """Readers need more of a stored document than a run does: its text, its pages and where its chunks stand."""
    published = read_published(run)
    known = published.documents if published else {}
    for document in _documents(run):
        version = known.get(document.document_id)
        is_stored = version and version.content_version == run.fingerprints.content_version(document)
        if is_stored or run.is_done(Stage.STORE, document):
            made = (path for stage in _READ for path in made_in(run, stage, document))
            yield from (path for path in made if not files.exists(path))


def _derived(run: Run) -> Iterator[FilePath]:
    for folder in (run.data.snapshots, run.data.root / "documents", run.data.root / "index"):
        yield from _below(folder)


def _below(folder: FilePath) -> Iterator[FilePath]:
    """Everything that is a file or should be one."""
    for name in sorted(files.names(folder)):
        path = folder / name
        if path.is_dir() and path.suffix not in {_JSON, _NUMPY} and path.stem != _SOURCE:
            yield from _below(path)
        else:
            yield path


def _is_whole(path: FilePath) -> bool:
    try:
        if path.stem == _SOURCE:
            whole_source.check(path, path.parent.name)
        elif path.suffix == _JSON:
            json.loads(files.read_sealed(path))
        elif path.suffix == _NUMPY:
            read_vectors(path)
    except (DamagedFileError, ValueError):
        return False
    return True
