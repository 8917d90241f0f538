"""Where a run stands, told from its events alone: the same in the run's own process and in any other."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pipeline.monitoring.eta import Estimate, PendingDocument
from pipeline.monitoring.left_to_do import Shards, StageLeft
from pipeline.monitoring.view import ErrorView, StageView, View
from pipeline.run.events import Begun, DocumentEnded, Ended, Event, EventReader, Publishing, Sampled, ShardOpened
from pipeline.run.facts import RunFacts
from pipeline.run.findings import Collected
from pipeline.run.run_id import run_moment
from pipeline.schema import Stage

_ERRORS_SHOWN = 20
_DOCUMENTS_NAMED = 20  # for each warning


class Monitor:
    """Follows the run of a folder (`runs/<run id>`). Each question reads only what is new; not for several threads."""

    def __init__(self, folder: Path) -> None:
        self.run_id = folder.name
        self._reader = EventReader(folder)
        self._fold: _RunState | None = None
        self._refused = RunFacts()

    def view(self) -> View:
        """Where the run stands now."""
        for event in self._reader.new():
            self.add(event)
        return self.at(datetime.now(UTC))

    @property
    def facts(self) -> RunFacts:
        """What the events add up to that were taken in; nothing before the run began."""
        return self._fold.facts if self._fold else self._refused

    def add(self, event: Event) -> None:
        """Take one event in, in their order."""
        if isinstance(event, Begun):
            self._fold = _RunState(event)
        elif self._fold:
            self._fold.add(event)
        elif isinstance(event, Ended):
            self._refused.add(event)

    def at(self, now: datetime, is_alive: bool | None = None) -> View:
        """Where the run stands at `now`, from the events that were taken in.

        `is_alive`: whether its process lives, for those who know; without it the system is asked.
        """
        if self._fold is None:
            return _without_work(self.run_id, self._refused)
        return self._fold.view(now, is_alive)


def _without_work(run_id: str, refused: RunFacts) -> View:
    """A run that knows not yet what to do, or failed before it knew."""
    return View(run_id=run_id, state=refused.outcome or "waiting", reason=refused.reason, started=run_moment(run_id))


class _RunState:
    """The facts of one run, and what is still to do."""

    def __init__(self, begun: Begun) -> None:
        self._begun = begun
        self._started = run_moment(begun.run_id) or begun.time  # its summary counts from there, too
        self.facts = RunFacts()
        self.facts.add(begun)
        self._shards = Shards(begun.unfinished)
        self._on_way: dict[str, PendingDocument] = {}
        self._stages = {stage: StageLeft() for stage in Stage}
        self._errors: deque[ErrorView] = deque(maxlen=_ERRORS_SHOWN)
        self._found = Collected(_DOCUMENTS_NAMED)
        self._estimate = Estimate(begun.workers)
        self._is_publishing = False

    def add(self, event: Event) -> None:
        self.facts.add(event)
        match event:
            case ShardOpened():
                self._open(event)
            case DocumentEnded():
                self._end(event)
            case Sampled():
                self._sampled(event)
            case Publishing():
                self._is_publishing = True

    def view(self, now: datetime, is_alive: bool | None) -> View:
        facts = self.facts
        state = facts.state(now, is_alive)
        until = now if state == "running" else facts.latest or now
        return View(
            run_id=self._begun.run_id,
            state=state,
            reason=facts.reason,
            commit=self._begun.commit,
            started=self._started,
            elapsed_s=max(0.0, (until - self._started).total_seconds()),
            eta_s=self._left_s(until) if state == "running" and not self._is_publishing else None,
            documents=self._begun.documents,
            to_do=round(self._shards.to_do),
            done=self._shards.done,
            is_publishing=self._is_publishing and state == "running",
            stages={stage: self._stage(stage, until) for stage in Stage},
            current=facts.sample.current if facts.sample and state == "running" else {},
            errors=tuple(self._errors),
            error_codes=dict(facts.failures),
            warnings=facts.warnings,
            warned=self._found.warned,
            text_coverage=self._found.text_coverage,
            memory_mb=facts.sample.memory_mb if facts.sample else None,
            cpu_percent=facts.sample.cpu_percent if facts.sample else None,
            shard=self._shards.latest,
        )

    def _open(self, event: ShardOpened) -> None:
        if not self._shards.open(event):
            return
        self._estimate.begin(event.time.timestamp())
        for stage, count in event.pending.items():
            self._stages[stage].total += count
        for stage, paths in event.waiting.items():
            for path, size_bytes in paths.items():
                self._on_way[path] = PendingDocument(stage, size_bytes, PurePosixPath(path).suffix[1:].lower())

    def _end(self, event: DocumentEnded) -> None:
        self._stages[event.stage].end(event.time.timestamp())
        if event.code:
            message = event.message or ""
            self._errors.append(ErrorView(stage=event.stage, path=event.path, code=event.code, message=message))
        self._found.add(event.path, event)
        document = self._on_way.get(event.path)
        if document:
            self._estimate.ended(event.stage, document, event.seconds)
            self._move_on(event, document)

    def _move_on(self, event: DocumentEnded, document: PendingDocument) -> None:
        """Stages that a document skipped (another's equal content was there), or will not reach, have less to do."""
        stages = list(Stage)
        reached = stages.index(event.stage)
        for stage in stages[stages.index(document.stage) : reached]:
            self._stages[stage].total -= 1
        if event.code is not None:
            for stage in stages[reached + 1 :]:
                self._stages[stage].total -= 1
        if event.code is not None or event.stage is stages[-1]:
            del self._on_way[event.path]
            self._shards.end(event.path)
        else:
            document.stage, document.since = stages[reached + 1], None

    def _sampled(self, event: Sampled) -> None:
        for path in (path for paths in event.current.values() for path in paths):
            document = self._on_way.get(path)
            if document and document.since is None:
                document.since = event.time.timestamp()

    def _stage(self, stage: Stage, now: datetime) -> StageView:
        expected, counted = self._stages[stage], self.facts.stages[stage]
        elapsed_s = (now - self._begun.time).total_seconds()
        return StageView(
            total=max(counted.documents, expected.total + round(self._shards.share(stage) * self._shards.unopened)),
            done=counted.documents,
            failed=counted.failed,
            rate_per_s=expected.rate(now.timestamp(), elapsed_s),
            before=self._shards.before(stage),
        )

    def _left_s(self, now: datetime) -> float | None:
        shards = self._shards
        return self._estimate.left_s(self._on_way.values(), shards.opened_to_do, shards.unopened_to_do, now.timestamp())
