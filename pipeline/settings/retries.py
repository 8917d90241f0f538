"""How often and how long a server is asked again: one policy for GitLab and Qdrant, whose clients have none of it.

Which faults may pass is known where the server's answers are read; those places raise `NoAnswerError`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.wait import wait_base

from pipeline.errors import TransientError

T = TypeVar("T")
LONGEST_WAIT_S = 60.0  # GitLab counts requests by the minute; who asks for more is not believed
TOO_MANY_REQUESTS = 429
_SPREAD = 0.1  # of a wait, so that threads and hosts do not come back at the same moment


class NoAnswerError(TransientError):
    """A fault that another attempt may outlive."""

    asked_wait_s: float | None = None
    """The server wants to be left alone for so long; 0: without saying for how long; None: it did not ask."""


@dataclass(frozen=True)
class RetryPolicy:
    """Bounded attempts with growing pauses between them.

    A wait that the server asks for (HTTP 429, Retry-After) uses up no attempt: the server works, and says when. All
    waits of a request together are bounded, so that one that asks for ever stops nobody for ever.
    """

    backoff: wait_base
    say: Callable[..., None]
    """Where the next attempt is announced, such as a logger's `info`."""
    say_wait: Callable[..., None] | None = None
    """Where a wait that the server asked for is announced; None: in the same place."""
    attempts: int = 5
    patience_s: float = 300.0

    def call(self, request: Callable[[], T]) -> T:
        """The answer of a request that is safe to repeat. Raises its last error."""
        tries = _Tries(self)
        retrying = Retrying(
            stop=tries.are_over,
            wait=tries.pause_s,
            retry=retry_if_exception_type(NoAnswerError),
            before_sleep=tries.announce,
            reraise=True,
        )
        return retrying(request)


@dataclass
class _Tries:
    """Those of one request so far."""

    policy: RetryPolicy
    waits: int = 0
    waited_s: float = 0.0

    def pause_s(self, state: RetryCallState) -> float:
        """Tenacity asks this first, and once for each attempt that failed."""
        pause_s = self.policy.backoff(state)
        asked_s = _error(state).asked_wait_s
        if asked_s is None:
            return pause_s
        wait_s = max(pause_s, spread(min(asked_s, LONGEST_WAIT_S)))
        self.waits += 1
        self.waited_s += max(1.0, wait_s)  # else a server that asks for no time at all would be asked for ever
        return wait_s

    def are_over(self, state: RetryCallState) -> bool:
        return state.attempt_number - self.waits >= self.policy.attempts or self.waited_s > self.policy.patience_s

    def announce(self, state: RetryCallState) -> None:
        error, used, attempts = _error(state), state.attempt_number - self.waits, self.policy.attempts
        if error.asked_wait_s is None:
            self.policy.say("%s; attempt %d of %d in %.1f s", error, used + 1, attempts, state.upcoming_sleep)
        else:
            say = self.policy.say_wait or self.policy.say
            say("%s; it is left alone for %.1f s", error, state.upcoming_sleep)


def spread(wait_s: float) -> float:
    """A little longer, at random."""
    return wait_s * random.uniform(1, 1 + _SPREAD)  # noqa: S311 - no secret


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, which may be written as a number or as a date; None when it is neither or missing."""
    asked = (headers.get("retry-after") or "").strip()
    if asked.isdecimal():
        return float(asked)
    date = _date(asked)
    return (date - server_time(headers)).total_seconds() if date else None


def asked_wait_s(status: int, headers: Mapping[str, str]) -> float | None:
    """How long an answer asks to be left alone, as `NoAnswerError` has it."""
    asked_s = retry_after_s(headers) or 0.0
    return asked_s if asked_s > 0 else 0.0 if status == TOO_MANY_REQUESTS else None


def server_time(headers: Mapping[str, str]) -> datetime:
    """By the server's clock, which may differ from ours."""
    return _date(headers.get("date") or "") or datetime.now(UTC)


def _error(state: RetryCallState) -> NoAnswerError:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, NoAnswerError) else NoAnswerError("no answer")


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
