"""Luigi's worker, schedulers and command line, for very many documents and for people."""

from pipeline.scheduling.command_line import EXIT_CODES, install, run_main_job
from pipeline.scheduling.worker import ForgetfulScheduler

__all__ = ["EXIT_CODES", "ForgetfulScheduler", "install", "run_main_job"]
