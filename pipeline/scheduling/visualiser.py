"""What luigid's pages show of a run while it happens: each document's stages as they end, and how far the run is.

Luigi has one colour and one message for all documents of a batch, and the flow is stages ahead of Luigi's batches. So
luigid is told from the run's own log what each document has behind it, as far as a part of the time allows.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import luigi
from luigi.rpc import RPCError
from luigi.task_status import DISABLED, DONE, RUNNING
from luigi.worker import Worker

from pipeline.errors.escaping import for_luigid
from pipeline.monitoring.lines import line
from pipeline.monitoring.view import View
from pipeline.run.events import Begun, DocumentEnded, EventReader
from pipeline.schema import Stage
from pipeline.tasks import DocumentTask, Shard, encode

_LINES_EVERY_S = 5.0
_TELLING_S = 0.15  # of each second: luigid takes a request for every task, and work does not wait for its pages
_TASKS = {task.stage: task for task in DocumentTask.__subclasses__()}
_STAGES = list(Stage)


class Visualiser:
    """Tells luigid where a run stands. Nothing here stops a run: whether luigid is needed, Luigi decides."""

    def __init__(self, worker: Worker, scheduler: Any, folder: Path, note_done: Callable[[luigi.Task], None]) -> None:
        """`scheduler`: a Connection for pages; `note_done`: hears of what need not run any more."""
        self._worker = worker
        self._scheduler = scheduler
        self._stages = _DocumentStages(worker, scheduler, folder, note_done)
        self._lock = threading.RLock()  # Luigi's thread ends shards while the recording's thread tells
        self._told = float("-inf")
        self._ended: set[str] = set()
        self._view: View | None = None

    def update(self, view: View) -> None:
        """Send what is new since the last view, for as long as a view may take."""
        self._view = view
        with self._telling():
            self._stages.tell(_TELLING_S)
        if time.monotonic() - self._told >= _LINES_EVERY_S:
            self._told = time.monotonic()
            self._tell(view)
        with contextlib.suppress(RPCError):
            self._scheduler.flush(wait=False)

    def ended(self, task: luigi.Task) -> None:
        """Luigi itself has told that a task is done."""
        with self._telling():
            if isinstance(task, DocumentTask):
                self._stages.ended(task)
            elif isinstance(task, Shard):
                self._ended.add(task.task_id)
                self._stages.settle()
                if task.outcome:
                    self._line(task.task_id, task.outcome, 1, 1)

    def close(self) -> None:
        """Send what is left of documents and of the last view, and wait until luigid has it."""
        with self._telling():
            self._stages.settle()
        if self._view:
            self._tell(self._view.model_copy(update={"eta_s": None, "is_publishing": False}))
        with contextlib.suppress(RPCError):
            self._scheduler.flush()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        with self._lock, contextlib.suppress(RPCError):
            yield

    def _tell(self, view: View) -> None:
        """On the lines of the main job and of the shard that is open."""
        with self._telling():
            if self._worker._first_task:
                self._line(self._worker._first_task, line(view), view.done, view.to_do)
            if view.shard and (task := self._open_shard(view.shard[0])):
                _, done, total = view.shard
                self._line(task.task_id, f"{done} of {total} documents", done, total)

    def _line(self, task_id: str, message: str, done: int, total: int) -> None:
        self._scheduler.set_task_status_message(task_id, for_luigid(message))
        self._scheduler.set_task_progress_percentage(task_id, round(100 * done / max(1, total)))

    def _open_shard(self, index: int) -> Shard | None:
        tasks = list(self._worker._scheduled_tasks.values())  # Luigi goes on meanwhile
        found = next((task for task in tasks if isinstance(task, Shard) and task.index == index), None)
        return None if found is None or found.task_id in self._ended else found


class _DocumentStages:
    """The tasks of single documents, by the events of the run."""

    def __init__(self, worker: Worker, scheduler: Any, folder: Path, note_done: Callable[[luigi.Task], None]) -> None:
        self._worker = worker
        self._scheduler = scheduler
        self._note_done = note_done
        self._events = EventReader(folder)
        self._commit = ""
        self._waiting: deque[DocumentEnded] = deque()
        self._failed: dict[str, DocumentEnded] = {}  # by path; later stages pass for done until the shard's end

    def tell(self, for_s: float) -> None:
        """Tell what ended since the last time, oldest first. What the time is too short for Luigi tells with the
        batch, or the next call."""
        self._read()
        until = time.monotonic() + for_s
        while self._waiting and time.monotonic() < until:
            self._tell(self._waiting.popleft())

    def ended(self, task: DocumentTask) -> None:
        """Luigi has told these documents' stage to be done; of those that failed in it that is not the whole truth."""
        self._read()
        paths = set(task.document.split(","))

        def is_its(event: DocumentEnded) -> bool:
            return event.stage == task.stage and encode(event.path) in paths

        failed = [event for event in (*self._failed.values(), *self._waiting) if event.code and is_its(event)]
        self._waiting = deque(event for event in self._waiting if not is_its(event))
        for event in failed:
            self._tell(event)

    def settle(self) -> None:
        """Nothing waits for the failed documents any more: what they did not reach need no longer pass for done."""
        self._read()
        failed = [*self._failed.values(), *(event for event in self._waiting if event.code)]
        self._failed, self._waiting = {}, deque()
        for event in failed:
            for stage in (event.stage, *_after(event.stage)):
                self._disable(stage, event)

    def _read(self) -> None:
        for event in self._events.new():
            if isinstance(event, Begun):
                self._commit = event.commit
            elif isinstance(event, DocumentEnded):
                self._waiting.append(event)

    def _tell(self, event: DocumentEnded) -> None:
        """A document's later stages first, if it failed: with a disabled task before them, Luigi would give them up.
        Storing passes for done until the shard's end, as the shard waits for it."""
        if event.code:
            self._failed[event.path] = event
            for stage in reversed(_after(event.stage)):
                self._done(stage, event)
        task = self._done(event.stage, event)
        if task and event.code and event.stage is not Stage.STORE:
            self._disable(event.stage, event)
        elif task and event.code:
            self._scheduler.set_task_status_message(task.task_id, for_luigid(_reason(event.stage, event)))

    def _done(self, stage: Stage, event: DocumentEnded) -> luigi.Task | None:
        if task := self._task(stage, event):
            self._set(task, DONE)
            self._note_done(task)
        return task

    def _disable(self, stage: Stage, event: DocumentEnded) -> None:
        """Disabled and not failed: Luigi would take up what failed again, in this run. An explanation only when the
        task's batch is over, as luigid passes it on to all documents of it."""
        task, reason = self._task(stage, event), _reason(stage, event)
        if task is None:
            return
        more = {} if self._is_running(stage, event) else {"expl": reason}
        if more:
            self._set(task, RUNNING)  # luigid's metrics fail over a disabled task that never ran
        self._set(task, DONE)
        self._set(task, DISABLED, **more)
        self._scheduler.set_task_status_message(task.task_id, for_luigid(reason))

    def _set(self, task: luigi.Task, status: str, **more: str) -> None:
        self._scheduler.add_task(worker=self._worker._id, task_id=task.task_id, status=status, runnable=None, **more)

    def _is_running(self, stage: Stage, event: DocumentEnded) -> bool:
        """Whether Luigi is at the document's stage; the flow may be ahead of it. What luigid is told of a running
        document of a batch that it runs, or that it has an explanation, it takes for all documents of the batch."""
        running = [self._worker._scheduled_tasks.get(task_id) for task_id in list(self._worker._running_tasks)]
        batches = [task for task in running if isinstance(task, DocumentTask) and task.stage is stage]
        return any(encode(event.path) in task.document.split(",") for task in batches)

    def _task(self, stage: Stage, event: DocumentEnded) -> luigi.Task | None:
        """None for a task that Luigi does not know, because its target was there."""
        task_id = _TASKS[stage](commit=self._commit, document=encode(event.path)).task_id
        found: luigi.Task | None = self._worker._scheduled_tasks.get(task_id)
        return found


def _reason(stage: Stage, event: DocumentEnded) -> str:
    reason = f"{event.message} ({event.code})"
    return reason if stage is event.stage else f"not reached: {event.stage} failed: {reason}"


def _after(stage: Stage) -> list[Stage]:
    return _STAGES[_STAGES.index(stage) + 1 :]
