"""What a run still has to do, told from the shards that have opened."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from pipeline.run.events import ShardOpened
from pipeline.schema import Stage

_RECENT_S = 30.0


class Shards:
    """How many documents the shards hold, those that have not opened yet too: they are taken to be like the others."""

    def __init__(self, unfinished: int) -> None:
        self._unfinished = unfinished
        self._opened = 0
        self._pending: Counter[Stage] = Counter()
        self._unreached: Counter[Stage] = Counter()
        self._indices: set[int] = set()
        self._left: dict[int, set[str]] = {}
        self._latest: tuple[int, int] | None = None
        self._shard_of: dict[str, int] = {}
        self.opened_to_do = 0
        self.done = 0

    def open(self, event: ShardOpened) -> bool:
        """False when it is open already."""
        if event.index in self._indices:
            return False
        self._indices.add(event.index)
        self._opened += event.documents
        self._pending.update(event.pending)
        self._unreached.update(event.unreached)
        paths = {path for waiting in event.waiting.values() for path in waiting}
        self.opened_to_do += len(paths)
        self._left[event.index] = paths
        self._shard_of |= dict.fromkeys(paths, event.index)
        self._latest = event.index, len(paths)
        return True

    def end(self, path: str) -> None:
        """A document of an open shard has ended its last stage, or failed."""
        self.done += 1
        left = self._left[self._shard_of.pop(path)]
        left.discard(path)

    def share(self, stage: Stage) -> float:
        """Of a shard's documents, those that need the stage."""
        return self._pending[stage] / self._opened if self._opened else 1.0

    def before(self, stage: Stage) -> int:
        """Of the open shards' documents, those that had the stage behind them, which not all in quarantine had."""
        return self._opened - self._pending[stage] - self._unreached[stage]

    @property
    def unopened(self) -> int:
        """Documents of the shards that have not opened and are not finished."""
        return max(0, self._unfinished - self._opened)

    @property
    def unopened_to_do(self) -> float:
        """How many of them need work, estimated from the open shards."""
        return self.unopened * (self.opened_to_do / self._opened if self._opened else 1.0)

    @property
    def to_do(self) -> float:
        """Documents that this run had or has to do; an estimate while shards are unopened."""
        return self.opened_to_do + self.unopened_to_do

    @property
    def latest(self) -> tuple[int, int, int] | None:
        """The shard that opened last: its number, documents done, documents to do."""
        if self._latest is None:
            return None
        index, total = self._latest
        return index, total - len(self._left[index]), total


@dataclass
class StageLeft:
    """What the open shards need of one stage, and when its documents ended of late."""

    total: int = 0
    ends: deque[float] = field(default_factory=deque)

    def end(self, time: float) -> None:
        """A document ended the stage at `time`, in seconds of the epoch."""
        self.ends.append(time)
        while self.ends[0] < time - _RECENT_S:
            self.ends.popleft()

    def rate(self, now: float, elapsed_s: float) -> float:
        """Documents a second of late."""
        recent = sum(time > now - _RECENT_S for time in self.ends)
        return recent / max(1.0, min(_RECENT_S, elapsed_s))
