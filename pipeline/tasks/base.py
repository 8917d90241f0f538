"""What all tasks have: how they show failures and progress, and the files that they leave."""

from __future__ import annotations

import contextlib
import functools
import sys
from typing import Any

import luigi
from luigi.cmdline_parser import CmdlineParser

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.engine.interruption import INTERRUPTED, stoppable
from pipeline.errors import PipelineError
from pipeline.errors.escaping import for_luigid
from pipeline.monitoring.console import for_standard_error
from pipeline.monitoring.recorder import published_line
from pipeline.run.current import current_run, keep_privately
from pipeline.run.refusals import note_refusal
from pipeline.settings.secrets import public_message, terminal_message


def say(task: luigi.Task, message: str) -> None:
    """Show a message on the task's line of the visualiser; Luigi sets the attribute while the task runs."""
    if task.set_status_message:
        task.set_status_message(for_luigid(message))


class CommitParameter(luigi.Parameter):
    """A commit; empty means the branch's head, resolved when the task is made, so that a run is pinned to one SHA."""

    def normalize(self, x: str) -> str:
        """The commit, or the head if it is empty. In a command a PipelineError ends the process with its message."""
        try:
            with stoppable_command():
                return x or current_run().source.head()  # invalid settings show here, before any work
        except PipelineError as error:
            note_refusal(error)
            if CmdlineParser.get_instance():  # a person at a terminal needs the message, not a traceback
                sys.exit(for_standard_error(f"error: {terminal_message(error)}"))
            raise


class Task(luigi.Task):
    """Shows a failure to the scheduler, whose pages others read, in words made for that; never a traceback."""

    @classmethod
    @functools.cache
    def get_params(cls) -> list[tuple[str, luigi.Parameter[Any]]]:
        """A class's parameters do not change; Luigi looks for them again for every task, a fifth of its time."""
        return list(super().get_params())

    def on_failure(self, exception: BaseException) -> str:
        """What luigid shows: `public_message`. The traceback goes to the run's private errors.log."""
        keep_privately(self.task_id, exception)
        _note_error(exception)
        return public_message(exception)


@Task.event_handler(luigi.Event.BROKEN_TASK)
def _broken(_: luigi.Task, error: Exception) -> None:
    _note_error(error)


def _note_error(error: BaseException) -> None:
    """The first is why the run fails; others may follow from it."""
    run = current_run()
    if run.error is None and isinstance(error, Exception):
        run.error = error


class File(luigi.Target):
    """A file of the data directory, wherever that is."""

    def __init__(self, path: FilePath) -> None:
        self.path = str(path)
        self.file = path

    def exists(self) -> bool:
        """Asks the file system or object store each time."""
        return files.exists(self.file)


def stoppable_command() -> contextlib.AbstractContextManager[None]:
    """`stoppable` in a command of Luigi's; a program that calls Luigi as a library keeps its own signal handlers."""
    return stoppable(_interrupted_line) if CmdlineParser.get_instance() else contextlib.nullcontext()


def _interrupted_line() -> str:
    is_known = current_run.cache_info().currsize > 0  # a signal may come before the settings are read
    return (published_line(current_run()) if is_known else None) or INTERRUPTED
