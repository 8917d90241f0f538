"""What happens in a run, as it happens: events appended to `runs/<run id>/log.jsonl`, readable by any process.

Each line is one JSON object with `event` (its kind), `time` (UTC) and the fields of the models below. What they add
up to is in `pipeline.run.facts`.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, TypeAdapter, ValidationError

from pipeline.datadir import files
from pipeline.errors import ErrorCode
from pipeline.run.findings import Findings
from pipeline.run.private_log import PrivateLog
from pipeline.schema import Failure, Record, Stage, Timestamp

log = logging.getLogger(__name__)
_LONGEST_END_BYTES = 65536


RunOutcome = Literal["finished", "incomplete", "interrupted", "failed"]


class Begun(Record):
    """The run's first event."""

    event: Literal["begun"] = "begun"
    time: Timestamp
    run_id: str
    pid: int
    host: str
    commit: str
    config_hash: str
    documents: NonNegativeInt = Field(description="in the snapshot")
    unfinished: NonNegativeInt = Field(description="documents of the shards that are not finished")
    workers: NonNegativeInt = Field(description="processes that work at the same time; 0: a cluster decides")


class ShardOpened(Record):
    """What a shard's documents still need; shards open one after the other. Of several for one shard the first counts:
    a task that waits for others begins again."""

    event: Literal["shard"] = "shard"
    time: Timestamp
    index: NonNegativeInt
    documents: NonNegativeInt
    pending: dict[Stage, NonNegativeInt]
    unreached: dict[Stage, NonNegativeInt] = Field(
        default_factory=dict, description="documents in quarantine that ended before the stage"
    )
    waiting: dict[Stage, dict[str, NonNegativeInt]] = Field(
        default_factory=dict, description="first stage that is pending -> path -> bytes, which tell how long it takes"
    )


class DocumentEnded(Findings):
    """One document's outcome in one stage; what was found about it is told when it is stored, or refused for it."""

    event: Literal["document"] = "document"
    time: Timestamp
    stage: Stage
    path: str
    seconds: NonNegativeFloat
    code: ErrorCode | None = None
    message: str | None = None


class Sampled(Record):
    """What the run's processes use, all together, and what is being worked on now."""

    event: Literal["sample"] = "sample"
    time: Timestamp
    memory_mb: NonNegativeFloat
    cpu_percent: NonNegativeFloat = Field(description="100 is one core")
    current: dict[Stage, tuple[str, ...]] = Field(default_factory=dict, description="stage -> paths")


class Publishing(Record):
    """All shards are done: the collection is being proven and published."""

    event: Literal["publishing"] = "publishing"
    time: Timestamp


class Ended(Record):
    """The run's last event, and the only one of a run that fails before its work; a killed run has none."""

    event: Literal["ended"] = "ended"
    time: Timestamp
    outcome: RunOutcome
    reason: str | None = Field(None, description="why it failed, or what was done when it was interrupted")


Event = Annotated[Begun | ShardOpened | DocumentEnded | Sampled | Publishing | Ended, Field(discriminator="event")]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def read_events(folder: Path) -> Iterator[Event]:
    """The events of a run's folder, in order; a line that is being written is left out."""
    return EventReader(folder).new()


def last_ended(folder: Path) -> Ended | None:
    """How a run said that it ended, without reading all that it did."""
    try:
        with (folder / "log.jsonl").open("rb") as lines:
            lines.seek(max(0, lines.seek(0, io.SEEK_END) - _LONGEST_END_BYTES))
            last = lines.read().rstrip(b"\n").rpartition(b"\n")[2]
        return Ended.model_validate_json(last)
    except (OSError, ValidationError):
        return None


def is_begun(folder: Path) -> bool:
    """Whether a run's folder has its first event: it knows what to do, or it failed before."""
    try:
        with (folder / "log.jsonl").open("rb") as lines:
            return lines.readline().startswith((b'{"event":"begun"', b'{"event":"ended"'))
    except OSError:
        return False


class EventReader:
    """Follows the events of a run's folder: each is handed over once, however often one asks."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "log.jsonl"
        self._read_bytes = 0

    def new(self) -> Iterator[Event]:
        """The events since the last time. A line of a kind that this version does not know is passed over."""
        if not self._file.exists():
            return
        with self._file.open("rb") as lines:
            lines.seek(self._read_bytes)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._read_bytes += len(line)
                with contextlib.suppress(ValidationError):
                    yield _EVENT.validate_json(line)


class RunLog:
    """Appends what happens in one run to its folder, from any process of the run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = datetime.now(UTC)
        self.private = PrivateLog(folder / "errors.log")
        self._stream: io.RawIOBase | None = None

    def document(
        self, stage: Stage, path: str, seconds: float, failure: Failure | None = None, found: Findings | None = None
    ) -> None:
        """Record one document's outcome in one stage."""
        outcome: dict[str, Any] = {"path": path, "seconds": round(seconds, 3)}
        if found:
            outcome |= found.model_dump(include={*Findings.model_fields}, exclude_defaults=True)
        if failure:
            outcome |= {"code": failure.code, "message": failure.message}
            log.warning("%s: %s: %s", stage, path, failure.reason)
        entry = {"event": "document", "time": datetime.now(UTC).isoformat(), "stage": stage, **outcome}
        self._append(json.dumps(entry, ensure_ascii=False))  # five times a document, so not by way of a model

    def append(self, event: Begun | ShardOpened | Sampled | Publishing | Ended) -> None:
        """Write one line at once. Raises TransientError (DATA_UNWRITABLE)."""
        self._append(event.model_dump_json())

    def _append(self, line: str) -> None:
        with files.disk_errors(files.MAKING_FOLDERS):
            if self._stream is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._stream = (self.folder / "log.jsonl").open("ab", buffering=0)  # a line is one write: it is whole
            self._stream.write(line.encode() + b"\n")
