"""What the readers of the alias are given: read, switched, and what was taken back from them.

`index/<alias>.json` is written after the alias moved, and says what it was last proven to serve. What it said of a
collection that made way for another stays beside that collection's receipts, for the way back.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.results import Published, Rollback, Rollbacks
from pipeline.run import Run

if TYPE_CHECKING:
    from pipeline.store.collection import Store


def read_published(run: Run) -> Published | None:
    """What the alias was last proven to serve, whatever the settings were then."""
    path = run.data.published(run.settings.qdrant.collection_name)
    return _parse_published(files.read_bytes(path)) if files.exists(path) else None


def read_superseded(run: Run, collection: str | None) -> Published | None:
    """What was proven of a collection that made way for another one."""
    if collection is None or not files.exists(path := run.data.superseded(collection)):
        return None
    return files.read_model(path, Published)


def switch(run: Run, store: Store, after: Published) -> None:
    """Give readers `after`, which `store` holds and somebody has proven.

    Killed at any instant it can be done again, and the way back to what was published before is never lost.
    """
    before = read_published(run)
    if before and before.collection != after.collection:
        files.write_json(run.data.superseded(before.collection), before)
    store.publish()
    files.write_json(run.data.published(run.settings.qdrant.collection_name), after)


def read_rollbacks(run: Run) -> tuple[Rollback, ...]:
    """The rollbacks in force, latest last."""
    path = run.data.rolled_back(run.settings.qdrant.collection_name)
    return files.read_model(path, Rollbacks).steps if files.exists(path) else ()


def write_rollbacks(run: Run, steps: tuple[Rollback, ...]) -> None:
    path = run.data.rolled_back(run.settings.qdrant.collection_name)
    if steps:
        files.write_json(path, Rollbacks(steps=steps))
    else:
        files.remove(path)


def rolled_back(run: Run) -> Rollback | None:
    """The rollback that keeps what these settings give from being published."""
    return next((step for step in read_rollbacks(run) if step.collection == run.fingerprints.collection), None)


def refuse_rolled_back(run: Run) -> None:
    """Raises ConfigurationError (ROLLED_BACK): what somebody took back does not return by the next scheduled run."""
    if step := rolled_back(run):
        raise ConfigurationError(
            f"{step.collection}, which these settings give, was rolled back at {step.time:%F %H:%M} UTC to {step.to}: "
            "set what was changed back or otherwise, or `nic rollback --undo`, and run again",
            ErrorCode.ROLLED_BACK,
        )


@functools.lru_cache(maxsize=1)
def _parse_published(content: bytes) -> Published:
    """A run asks several times, and with very many documents each parsing is felt."""
    return Published.model_validate_json(content)
