"""Gives readers the collection again that was published before, and takes that back.

The note that forbids runs to publish is written first and removed last: killed at any instant, no run publishes what
somebody wanted to be rid of, and the same command, or its opposite, ends well.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow.store_document import open_store
from pipeline.publish.point_proof import differences
from pipeline.publish.published import (
    read_published,
    read_rollbacks,
    read_superseded,
    switch,
    write_rollbacks,
)
from pipeline.run.current import Run
from pipeline.run.records import Published, Rollback


def roll_back(run: Run) -> tuple[Rollback, Published]:
    """The active rollback, and what readers see since.

    Raises PipelineError: INCOMPLETE (there is nothing to go back to), STORE_MISMATCH (it is not what it was); nothing
    is changed then.
    """
    steps = read_rollbacks(run)
    step = _next_step(run, steps)
    target = _recorded(run, step.to)
    if target is None or not _is_whole(run, target):
        raise PipelineError(
            f"{step.to}, published before, is not what it was then: set the settings back and run `nic run`, which "
            "mends and publishes it",
            ErrorCode.STORE_MISMATCH,
        )
    if step not in steps:
        write_rollbacks(run, (*steps, step))
    switch(run, open_store(run, step.to), target)
    return step, target


def undo(run: Run) -> tuple[Rollback, Published | None]:
    """Take the latest rollback back: runs may publish its collection again. Readers are given it at once when it is
    still whole and nothing else was published since; then the second value is what they see.

    Raises PipelineError (INCOMPLETE) when no rollback is active.
    """
    steps = read_rollbacks(run)
    if not steps:
        raise PipelineError("no rollback is active, so there is nothing to undo", ErrorCode.INCOMPLETE)
    step, target = steps[-1], _undone(run, steps[-1])
    if target:
        switch(run, open_store(run, step.collection), target)
    write_rollbacks(run, steps[:-1])
    return step, target


def _undone(run: Run, step: Rollback) -> Published | None:
    """What readers are given when the step is undone; None when they keep what they have."""
    now, target = read_published(run), _recorded(run, step.collection)
    is_latest = now is not None and now.collection in (step.to, step.collection)
    return target if is_latest and target and _is_whole(run, target) else None


def _next_step(run: Run, steps: tuple[Rollback, ...]) -> Rollback:
    now = read_published(run)
    if now is None:
        raise PipelineError("nothing is published yet, so there is nothing to go back to", ErrorCode.INCOMPLETE)
    served = open_store(run, now.collection).published_collection()
    interrupted = now.collection if served in (None, now.collection) else served  # a run was killed while it published
    if steps and steps[-1].collection in (now.collection, interrupted):
        return steps[-1]  # this was killed before
    if interrupted != now.collection:
        return _step(interrupted, now.collection)
    if now.previous is None:
        raise PipelineError(
            f"there is nothing to go back to: {now.collection} is the first that was published", ErrorCode.INCOMPLETE
        )
    return _step(now.collection, now.previous)


def _step(collection: str, to: str) -> Rollback:
    return Rollback(collection=collection, to=to, time=datetime.now(UTC))


def _recorded(run: Run, collection: str) -> Published | None:
    now = read_published(run)
    return now if now and now.collection == collection else read_superseded(run, collection)


def _is_whole(run: Run, published: Published) -> bool:
    return not differences(open_store(run, published.collection), published.documents)
