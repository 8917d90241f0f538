"""Luigi's worker and local scheduler for very many documents: what a finished shard leaves behind is forgotten.

Luigi 3.8.1 keeps every task that it ever saw, in the scheduler, in the worker and in a cache of instances (28 KB a
document), and its local scheduler walks through all of them, done ones too, whenever it looks for work. Targets say
what is done, so a done document's tasks can go; time and memory then grow with the shard, not with the folder.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import luigi.interface
from luigi.metrics import MetricsCollectors
from luigi.rpc import RemoteScheduler, RequestsFetcher, RPCError
from luigi.scheduler import Scheduler
from luigi.task_register import Register
from luigi.task_status import BATCH_RUNNING, DONE, PENDING, RUNNING
from luigi.worker import Worker

from pipeline.errors import PipelineError
from pipeline.escaping import for_luigid
from pipeline.monitoring.logs import line
from pipeline.monitoring.recorder import Viewer, recorded
from pipeline.monitoring.terminal import viewer
from pipeline.monitoring.view import View
from pipeline.publish.purge import finished_around
from pipeline.report import printed
from pipeline.run.current import current_run
from pipeline.settings.environment import config_files
from pipeline.settings.secrets import is_loopback, public_message
from pipeline.tasks import DocumentTask, Shard, stoppable_command

log = logging.getLogger(__name__)
_TELL_EVERY_S = 5.0
_UNDER_WAY = (PENDING, RUNNING, BATCH_RUNNING)


class ForgetfulScheduler(Scheduler):
    """The scheduler inside this process."""

    def __init__(self) -> None:
        super().__init__(
            prune_on_get_work=False,
            record_task_history=False,
            metrics_collector=MetricsCollectors.none,  # nobody could ask for them
        )

    def forget(self, families: set[str]) -> None:
        """Drop the done tasks of these families, unless one of them is under way and may depend on those."""
        tasks = list(self._state.get_active_tasks())
        ours = [task for task in tasks if task.family in families]
        if any(task.status in _UNDER_WAY for task in ours):
            return
        done = {task for task in ours if task.status == DONE}
        self._state.inactivate_tasks([task.id for task in done])
        for worker in self._state.get_active_workers():
            worker.tasks -= done


class ForgetfulWorker(Worker):
    """Keeps what failed and what is not about one document, which is all that exit codes are made of."""

    def run(self) -> bool:
        run = current_run()
        log.info("settings %s from %s", run.settings.config_hash, ", ".join(config_files()) or "the environment alone")
        with (
            stoppable_command(),
            finished_around(run),
            recorded(run, self.worker_processes, self._viewers()) as recording,
        ):
            recording.succeeded = bool(super().run()) and run.error is None
        if recording.outcome() == "failed":
            printed.show_failed(recording.reason("failed"), run.id)
        return recording.succeeded

    def _viewers(self) -> list[Viewer]:
        is_local = isinstance(self._scheduler, ForgetfulScheduler)
        viewers: list[Viewer] = [viewer(is_shared=self.worker_processes > 1)]
        viewers += [] if is_local else [_Visualiser(self)]
        if file := current_run().settings.pipeline.metrics_file:
            from pipeline.monitoring.prometheus import MetricsFile

            viewers.append(MetricsFile(file, current_run().data))
        return viewers

    def _add_task(self, *args: Any, **kwargs: Any) -> None:
        super()._add_task(*args, **kwargs)
        if kwargs["family"] == Shard.get_task_family() and kwargs["status"] == DONE:
            self._forget()

    def _log_complete_error(self, task: luigi.Task, tb: str) -> None:
        current_run().log.private.write(tb)
        super()._log_complete_error(task, _public(tb))

    def _log_dependency_error(self, task: luigi.Task, tb: str) -> None:
        current_run().log.private.write(tb)
        super()._log_dependency_error(task, _public(tb))

    def _email_complete_error(self, task: luigi.Task, formatted_traceback: str) -> None:
        """Tells the scheduler too."""
        super()._email_complete_error(task, _public(formatted_traceback))

    def _email_dependency_error(self, task: luigi.Task, formatted_traceback: str) -> None:
        super()._email_dependency_error(task, _public(formatted_traceback))

    def _email_unexpected_error(self, task: luigi.Task, formatted_traceback: str) -> None:
        super()._email_unexpected_error(task, _public(formatted_traceback))

    def _keep_alive(self, get_work_response: Any) -> bool:
        """Luigi's assistants never end; ours do when what they were started for is done, or nobody can go on."""
        root = self._scheduled_tasks.get(self._first_task)
        is_stuck = not get_work_response.n_pending_tasks and not get_work_response.running_tasks
        if self._assistant and (is_stuck or root is None or root.complete()):
            return False
        return bool(super()._keep_alive(get_work_response))

    def _forget(self) -> None:
        if isinstance(self._scheduler, ForgetfulScheduler):
            self._scheduler.forget({task.get_task_family() for task in DocumentTask.__subclasses__()})
        history = self._add_task_history
        done = {task for task, status, _ in history if status == DONE and isinstance(task, DocumentTask)}
        self._add_task_history = list(dict.fromkeys(entry for entry in history if entry[0] not in done))
        for task in done:
            self._scheduled_tasks.pop(task.task_id, None)
        self._get_work_response_history = [r for r in self._get_work_response_history if r["task_id"] is None]
        Register.clear_instance_cache()


class _Visualiser:
    """Shows a run's progress on luigid's pages, on the lines of the main job and of the shard that is open."""

    def __init__(self, worker: ForgetfulWorker) -> None:
        self._worker = worker
        self._told = float("-inf")
        self._view: View | None = None

    def update(self, view: View) -> None:
        self._view = view
        if time.monotonic() - self._told >= _TELL_EVERY_S:
            self._told = time.monotonic()
            self._tell(view)

    def close(self) -> None:
        if self._view:
            self._tell(self._view.model_copy(update={"eta_s": None}))

    def _tell(self, view: View) -> None:
        """luigid may be gone; whether that matters Luigi decides."""
        with contextlib.suppress(RPCError):
            if self._worker._first_task:
                self._line(self._worker._first_task, line(view), view.done, view.to_do)
            if view.shard and (task := self._shard(view.shard[0])):
                _, done, total = view.shard
                self._line(task.task_id, f"{done} of {total} documents", done, total)

    def _line(self, task_id: str, message: str, done: int, total: int) -> None:
        scheduler = self._worker._scheduler
        scheduler.set_task_status_message(task_id, for_luigid(message))
        scheduler.set_task_progress_percentage(task_id, round(100 * done / max(1, total)))

    def _shard(self, index: int) -> Shard | None:
        tasks = list(self._worker._scheduled_tasks.values())  # Luigi goes on meanwhile
        return next((task for task in tasks if isinstance(task, Shard) and task.index == index), None)


class Factory(luigi.interface._WorkerSchedulerFactory):
    """What `luigi` and `luigi.build` make their worker and scheduler with."""

    def create_local_scheduler(self) -> Scheduler:
        return ForgetfulScheduler()

    def create_remote_scheduler(self, url: str) -> RemoteScheduler:
        scheduler = RemoteScheduler(url)
        if is_loopback(urlsplit(url).hostname or "") and isinstance(scheduler._fetcher, RequestsFetcher):
            scheduler._fetcher.session.trust_env = False  # looking for proxies is a third of a request's cost
        return scheduler

    def create_worker(self, scheduler: Any, worker_processes: int, assistant: bool = False) -> Worker:
        in_main_thread = threading.current_thread() is threading.main_thread()  # no other may set signal handlers
        options = {} if in_main_thread else {"no_install_shutdown_handler": True}
        return ForgetfulWorker(scheduler=scheduler, worker_processes=worker_processes, assistant=assistant, **options)


def _public(traceback: str) -> str:
    """The error at the end of a traceback, of which Luigi hands over nothing but the text."""
    name, _, message = traceback.rstrip().rpartition("\n")[2].partition(": ")
    if name.startswith("pipeline."):
        return public_message(PipelineError(message))
    return public_message(type(name.rpartition(".")[2], (Exception,), {})())
