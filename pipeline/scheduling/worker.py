"""Luigi's worker and local scheduler for very many documents: what a finished shard leaves behind is forgotten.

Luigi 3.8.1 keeps every task that it ever saw, in the scheduler, in the worker and in a cache of instances (28 KB a
document), and its local scheduler walks through all of them, done ones too, whenever it looks for work. Targets say
what is done, so a done document's tasks can go; time and memory then grow with the shard, not with the folder.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
from collections.abc import Iterator
from typing import Any

import luigi.interface
from luigi.metrics import MetricsCollectors
from luigi.rpc import RPCError
from luigi.scheduler import Scheduler
from luigi.task_register import Register
from luigi.task_status import BATCH_RUNNING, DONE, PENDING, RUNNING
from luigi.worker import Worker

from pipeline.errors import PipelineError
from pipeline.monitoring.recorder import Viewer, recorded
from pipeline.monitoring.terminal import viewer
from pipeline.publish.purge import finished_around
from pipeline.report import printed
from pipeline.run.current import current_run
from pipeline.scheduling.connection import Connection
from pipeline.scheduling.visualiser import Visualiser
from pipeline.settings.environment import config_files
from pipeline.settings.secrets import public_message
from pipeline.tasks import DocumentTask, Shard, stoppable_command

log = logging.getLogger(__name__)
_UNDER_WAY = (PENDING, RUNNING, BATCH_RUNNING)
_COLLECT_AFTER = 50_000


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # a Ctrl-C at the wrong moment leaves its thread waiting for ever, and so would the end of this process
        self._task_result_queue.cancel_join_thread()
        self._noting = threading.Lock()  # the recording's thread notes, Luigi's forgets
        self._visualiser: Visualiser | None = None
        self._is_known = False
        self._has_documents = False

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Which settings apply stands above all that a run says; a run without work says it here."""
        if not self._is_known:
            self._is_known = True
            origin = ", ".join(config_files()) or "the environment alone"
            log.info("settings %s from %s", current_run().settings.config_hash, origin)
        return bool(super().add(*args, **kwargs))

    def run(self) -> bool:
        run = current_run()
        with (
            stoppable_command(),
            _rarely_collected(),
            finished_around(run),
            recorded(run, self.worker_processes, self._viewers()) as recording,
        ):
            recording.succeeded = bool(super().run()) and run.error is None
        if recording.outcome() == "failed":
            printed.show_failed(recording.reason("failed"), run.id)
        return recording.succeeded

    def __exit__(self, *exception: Any) -> bool:
        """However it ends, luigid hears what it was not told yet."""
        is_handled = bool(super().__exit__(*exception))
        if isinstance(self._scheduler, Connection):
            with contextlib.suppress(RPCError):
                self._scheduler.for_pages().flush()
        return is_handled

    def _run_task(self, task_id: str) -> None:
        """What runs is shown while it runs, and a process that Luigi forks for it finds luigid told of it."""
        if isinstance(self._scheduler, Connection):
            self._scheduler.flush()
        super()._run_task(task_id)

    def _viewers(self) -> list[Viewer]:
        viewers: list[Viewer] = [viewer(is_shared=self.worker_processes > 1)]
        if isinstance(self._scheduler, Connection):
            folder = current_run().log.folder
            self._visualiser = Visualiser(self, self._scheduler.for_pages(), folder, self._note_done)
            viewers.append(self._visualiser)
        if file := current_run().settings.pipeline.metrics_file:
            from pipeline.monitoring.prometheus import MetricsFile

            viewers.append(MetricsFile(file, current_run().data))
        return viewers

    def _note_done(self, task: luigi.Task) -> None:
        """What luigid was told to be done need not run, and counts as a success."""
        with self._noting:
            self._add_task_history.append((task, DONE, True))

    def _add_task(self, *args: Any, **kwargs: Any) -> None:
        super()._add_task(*args, **kwargs)
        task = self._scheduled_tasks.get(kwargs["task_id"])
        self._has_documents |= isinstance(task, DocumentTask)
        if task is None or kwargs["status"] != DONE:
            return
        if self._visualiser:
            self._visualiser.ended(task)
        if isinstance(task, Shard) and self._has_documents:  # most of very many shards were finished before
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
        self._has_documents = False
        if isinstance(self._scheduler, ForgetfulScheduler):
            self._scheduler.forget({task.get_task_family() for task in DocumentTask.__subclasses__()})
        with self._noting:
            history = self._add_task_history
            done = {task for task, status, _ in history if status == DONE and isinstance(task, DocumentTask)}
            self._add_task_history = list(dict.fromkeys(entry for entry in history if entry[0] not in done))
        for task in done:
            self._scheduled_tasks.pop(task.task_id, None)
        self._get_work_response_history = [r for r in self._get_work_response_history if r["task_id"] is None]
        Register.clear_instance_cache()


@contextlib.contextmanager
def _rarely_collected() -> Iterator[None]:
    """Python looks for cycles after 700 new objects: a quarter of the time of a million records, which have none."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Factory(luigi.interface._WorkerSchedulerFactory):
    """What `luigi` and `luigi.build` make their worker and scheduler with."""

    def create_local_scheduler(self) -> Scheduler:
        return ForgetfulScheduler()

    def create_remote_scheduler(self, url: str) -> Connection:
        return Connection(url)

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
