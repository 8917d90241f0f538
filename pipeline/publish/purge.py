"""Makes the data directory and the collections forget documents at once, proves it, and keeps them out from then on.

What must go is written down first: killed at any instant, the next run or purge goes on. Nothing is erased while a run
is under way; such a run does it when it ends.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from pipeline.datadir import in_use
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.flow.store_document import note_erasure
from pipeline.publish import purge_proof
from pipeline.publish.erasure import Erasure
from pipeline.publish.purge_scope import Scope, spellings
from pipeline.run.current import Run
from pipeline.run.purges import Purge, ask, change, now, read_purges
from pipeline.schema import Record, document_id
from pipeline.settings.secrets import public_message


class Erased(Record):
    """What was done."""

    purges: int
    removed: dict[str, int]
    shared: tuple[str, ...] = Field(description="documents that have one of the contents, which therefore stays")
    elsewhere: tuple[str, ...] = Field(description="files in the data directory that somebody else put there")


_ORPHANS_END_S = 3.0
log = logging.getLogger(__name__)


def request(run: Run, names: Sequence[str]) -> None:
    """Write down that these paths and contents must go. Raises ConfigurationError for a path that nobody knows."""
    waiting = {name for purge in read_purges(run.data.purges).unfinished for name in purge.names}
    if asked := Scope(run).purges([name for name in dict.fromkeys(names) if name not in waiting]):
        ask(run.data, asked)
        note_erasure(run)
        run.forget_purges()


def finish(run: Run) -> Erased | None:
    """Erase all that was asked for and is still there, and prove it; None when there is nothing to erase.

    Raises TransientError while a run is under way, and PipelineError when something is left.
    """
    if not read_purges(run.data.purges).unfinished:
        return None
    with in_use.alone(run.data):
        _outlive_orphans(run)
        waiting = read_purges(run.data.purges).unfinished
        erasure = Erasure(run, waiting)
        removed = erasure.carry_out()
        purge_proof.prove(run, erasure)
        elsewhere = tuple(purge_proof.mentioned_elsewhere(run, erasure.names_in_runs))
        change(run.data, lambda each: _erased(each, removed) if each in waiting else each)
    run.forget_purges()
    shared = {path for each in waiting if each.unfinished for path in each.unfinished.shared}
    return Erased(purges=len(waiting), removed=removed, shared=tuple(sorted(shared)), elsewhere=elsewhere)


@contextlib.contextmanager
def finished_around(run: Run) -> Iterator[None]:
    """Around the work of a run: what others asked for, before it or meanwhile, is done before and after."""
    _finish_if_possible(run)
    with in_use.working(run.data):
        run.forget_purges()
        yield
    _finish_if_possible(run)


def release(run: Run, name: str) -> int:
    """Let the next run take a purged path or content in again; how many purges that ends.

    Raises ConfigurationError when it was not purged.
    """
    keys = {name, *(document_id(project, each) for project in Scope(run).projects for each in spellings(name))}
    held = [purge for purge in read_purges(run.data.purges).purges if _is_held(purge, keys)]
    if not held:
        raise ConfigurationError(f"{name} was not purged, or is released already; `nic purge` lists what was")
    ended = {"released": now()}
    change(run.data, lambda each: each.model_copy(update=ended) if each in held else each)
    run.forget_purges()
    return len(held)


def _outlive_orphans(run: Run) -> None:
    """Engine processes of a run that was killed just now may write for half a second longer."""
    logs = sorted(run.data.local_runs.glob("*Z-*/log.jsonl"))
    if logs and time.time() - logs[-1].stat().st_mtime < _ORPHANS_END_S and not _is_ended(logs[-1]):
        time.sleep(_ORPHANS_END_S)


def _is_ended(log_file: Path) -> bool:
    return b'"event":"ended"' in log_file.read_bytes().rpartition(b"\n{")[2]


def _erased(purge: Purge, removed: dict[str, int]) -> Purge:
    return purge.model_copy(update={"removed": removed, "unfinished": None})


def _is_held(purge: Purge, keys: set[str]) -> bool:
    return purge.released is None and any(map(purge.is_about, keys))


def _finish_if_possible(run: Run) -> None:
    try:
        finish(run)
    except PipelineError as error:
        log.warning("a purge is not finished: %s", public_message(error))
