"""Ends a run that is asked to stop, by Ctrl-C or SIGTERM: within seconds, with one line and no process left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_GRACE_PERIOD_S = 8.0  # for what is under way; then this process ends as if it were killed, which every target survives
_AGAIN_S = 1.0
INTERRUPTED = "nothing that was finished is lost; run again to go on"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _StopRequestedError(KeyboardInterrupt):
    """Luigi lets a KeyboardInterrupt through and makes a failed task of all else."""

    def __init__(self, request: _Request, signum: int) -> None:
        super().__init__()
        self.request = request
        self.exit_code = 128 + signum


@contextlib.contextmanager
def stoppable(line: Callable[[], str] = lambda: INTERRUPTED) -> Iterator[None]:
    """Raises SystemExit, 130 or 143 as a shell has it, when this process is asked to stop. For the main thread.

    `line`: what to say then.
    """
    request = _Request()
    before = {each: signal.signal(each, request.take) for each in _SIGNALS}
    try:
        with _quiet_where_lost():
            yield
    except _StopRequestedError as stop:
        hear(stop)
        sys.stderr.write(f"interrupted: {line()}\n")
        raise SystemExit(stop.exit_code) from None
    for each, handler in before.items():
        signal.signal(each, handler)


@contextlib.contextmanager
def raised_until_heard() -> Iterator[None]:
    """For a program that calls us as a library and leaves Ctrl-C to Python, which loses it where a library catches it.
    Each further one is raised, too."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    request = _Request(ends_process=False)
    signal.signal(signal.SIGINT, request.take)
    try:
        with _quiet_where_lost():
            yield
    finally:
        request.is_heard = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextlib.contextmanager
def _quiet_where_lost() -> Iterator[None]:
    """A finaliser, or a library in another language, prints what it cannot raise, with the object at hand, which may be
    a document's text. The request is raised again."""
    before = sys.unraisablehook

    def show(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            before(unraisable)

    sys.unraisablehook = show
    try:
        yield
    finally:
        sys.unraisablehook = before


class _Request:
    """The request to stop: raised in the main thread, and again until it is heard, as libraries catch whatever is
    raised while they are imported."""

    def __init__(self, *, ends_process: bool = True) -> None:
        self.is_heard = False
        self._ends_process = ends_process
        self._pid = os.getpid()
        self._first: int | None = None

    def take(self, signum: int, _: FrameType | None) -> None:
        """The handler of both signals."""
        if os.getpid() != self._pid:  # forked by Luigi
            os._exit(128 + signum)
        if _beginnings.are_going_on:
            _beginnings.asked = signum
            return
        if self._first is None:
            self._first = signum
            if self._ends_process:
                self._later(_GRACE_PERIOD_S, _end_as_if_killed, 128 + signum)
        if not self.is_heard:
            self._later(_AGAIN_S, self._remind)
        if not self.is_heard or not self._ends_process:
            raise _StopRequestedError(self, self._first)

    def _remind(self) -> None:
        if not self.is_heard and self._first is not None:
            signal.pthread_kill(threading.main_thread().ident or 0, self._first)

    @staticmethod
    def _later(seconds: float, function: Callable[..., object], *arguments: int) -> None:
        timer = threading.Timer(seconds, function, arguments)
        timer.daemon = True
        timer.start()


def _end_as_if_killed(exit_code: int) -> None:
    """With the processes of this one: what is still starting would miss the semaphores and print a traceback."""
    for process in multiprocessing.active_children():
        process.kill()
    os._exit(exit_code)


def hear(interrupt: KeyboardInterrupt) -> None:
    """Whoever begins to tidy up because of it is not interrupted again."""
    if isinstance(interrupt, _StopRequestedError):
        interrupt.request.is_heard = True


@contextlib.contextmanager
def sigint_blocked() -> Iterator[None]:
    """Threads and processes that begin here never see a Ctrl-C: this process alone decides what it ends, and only when
    they have begun. One that gets half of what it begins with prints a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _beginnings.to_their_end():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _beginnings.catch_up()


class _Beginnings:
    """Holds a request to stop back. Masks do not: the system gives the signal to another thread, and Python runs its
    handler in the main thread all the same."""

    are_going_on = False
    asked: int | None = None

    @contextlib.contextmanager
    def to_their_end(self) -> Iterator[None]:
        """Handlers interrupt the main thread alone, so that others need no such care."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.are_going_on = True
        try:
            yield
        finally:
            self.are_going_on = False

    def catch_up(self) -> None:
        """Stop now, if that was asked for meanwhile."""
        asked, self.asked = self.asked, None
        if asked is not None:
            signal.raise_signal(asked)


_beginnings = _Beginnings()
