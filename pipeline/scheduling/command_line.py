"""Luigi's own command line, which says in one line what is wrong with a command and exits as EXIT_CODES says."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import luigi.interface
from luigi.cmdline_parser import CmdlineParser
from luigi.execution_summary import LuigiRunResult
from luigi.task_register import Register

from pipeline.errors import ConfigurationError
from pipeline.errors.escaping import for_terminal, one_line
from pipeline.inspection import central_scheduler
from pipeline.monitoring.console import for_standard_error
from pipeline.run.current import keep_privately
from pipeline.run.refusals import note_refusal
from pipeline.scheduling.worker import Factory
from pipeline.settings.load import load_settings
from pipeline.settings.luigi_config import scheduler_url
from pipeline.settings.secrets import public_message

EXIT_CODES = {
    "already_running": 10,
    "missing_data": 20,
    "not_run": 25,
    "task_failed": 30,
    "scheduling_error": 35,
    "unhandled_exception": 40,
}
"""Luigi's names of the ways to fail -> exit code. Luigi itself exits with 0 where luigi.cfg has no [retcode]."""
_WRONG_USAGE = 2
_WORKER = re.compile(r"^\[pid \d+\] Worker \S.*?\) failed\s+")
"""Which process failed in a task, before the task: of no use to whoever reads what failed."""
_luigis_run, _luigis_parser = luigi.interface._run, CmdlineParser._build_parser


def install() -> None:
    """Make `luigi` and `luigi.build` use this package's worker, log nothing private, and exit as EXIT_CODES says."""
    logging.getLogger("luigi-interface").addFilter(_for_everyone)
    luigi.interface._WorkerSchedulerFactory = Factory  # type: ignore[misc]
    luigi.interface._run = _run
    CmdlineParser._build_parser = staticmethod(_build_parser)  # type: ignore[method-assign]
    config = luigi.configuration.get_config()
    for name, code in EXIT_CODES.items():
        if not config.has_option("retcode", name):
            config.set("retcode", name, str(code))


def run_main_job(options: Sequence[str], *, is_central: bool) -> None:
    """Luigi's own command line with the main job and these options; --scheduler-host and its kin imply `is_central`.

    Raises SystemExit with one of EXIT_CODES when the job does not succeed.
    """
    from luigi.cmdline import luigi_run

    is_central = is_central or any(option.startswith("--scheduler-") for option in options)
    luigi_run(["--module", "pipeline", "RunAll", *([] if is_central else ["--local-scheduler"]), *options])


def _run(cmdline_args: Sequence[str] | None = None, *args: Any, **kwargs: Any) -> LuigiRunResult:
    """Luigi's, after a look at what it would trip over: options that are no numbers, a scheduler that is not there."""
    given = list(sys.argv[1:] if cmdline_args is None else cmdline_args)
    with CmdlineParser.global_instance(given):
        try:
            options = luigi.interface.core()
        except (ValueError, luigi.parameter.ParameterException) as error:
            name = re.sub(r".* value of '(\w+)'.*", r"--\1", str(error)).replace("_", "-")
            _leave(f"the value of an option of Luigi is invalid, on the command line or in luigi.cfg: {name}")
        if options.assistant:
            _refuse_beside_local_files()
        if not (options.local_scheduler or kwargs.get("local_scheduler")):
            _refuse_without_scheduler()
    result: LuigiRunResult = _luigis_run(given, *args, **kwargs)
    return result


def _refuse_beside_local_files() -> None:
    """An assistant could take the main job's own task, fail in it, and have a run that published end as not run."""
    with contextlib.suppress(ConfigurationError):  # the settings are looked at when the job begins
        if not load_settings().qdrant.url:
            _leave("an assistant needs a Qdrant server (QDRANT_URL): local files serve one process")


def _refuse_without_scheduler() -> None:
    url = scheduler_url()
    try:
        central_scheduler.check(url)
    except ConfigurationError as error:
        note_refusal(error)
        _leave(public_message(error), EXIT_CODES["scheduling_error"])


def _build_parser(root_task: str | None = None, help_all: bool = False) -> argparse.ArgumentParser:
    """Luigi's parser of options; what is misspelt gives one line and not the list of all options."""
    families = [name for name in Register.task_names() if not issubclass(Register.get_task_cls(name), luigi.Config)]
    if root_task and root_task not in families:
        _leave(f"there is no task {root_task}{_hint(root_task, families)}")
    parser: argparse.ArgumentParser = _luigis_parser(root_task, help_all)

    def error(message: str) -> NoReturn:
        wrong = message.rpartition(": ")[2].split(" ")[0].split("=")[0]
        _leave(f"{message}{_hint(wrong, list(parser._option_string_actions))}")

    parser.error = error  # type: ignore[method-assign]
    return parser


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; is {close[0]} meant?" if close else ""


def _leave(message: str, code: int = _WRONG_USAGE) -> NoReturn:
    sys.stderr.write(for_standard_error(f"error: {one_line(message)}") + "\n")
    raise SystemExit(code)


def _for_everyone(record: logging.LogRecord) -> bool:
    """A line for an error that Luigi logs: what to do, if this package raised it; the traceback is kept privately."""
    error = record.exc_info[1] if record.exc_info else None
    message = _WORKER.sub("", record.getMessage())
    if error is not None:
        keep_privately(message, error)
        message = f"{message}: {public_message(error)}"
        record.exc_info = record.exc_text = None
    record.msg, record.args = for_terminal(message), ()
    return True
