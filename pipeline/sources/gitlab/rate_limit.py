"""One pause for all threads: when GitLab says "not before", nobody asks before.

https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_PAUSE_S = 60.0  # GitLab counts requests by the minute; who asks for more is not believed
_SPREAD = 0.1  # of the pause, so that threads and hosts do not come back at the same moment
_TOO_MANY_REQUESTS = 429
_log = logging.getLogger(__name__)


class RateLimit:
    """Shared by everything that talks to one GitLab."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._not_before = 0.0

    def wait(self) -> None:
        """Sleep until the pause that any answer asked for is over, at most 66 s."""
        with self._lock:
            left_s = self._not_before - time.monotonic()
        if left_s > 0:
            time.sleep(left_s * random.uniform(1, 1 + _SPREAD))  # noqa: S311 - no secret

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers how long to pause."""
        pause_s = 0.0
        if status >= _TOO_MANY_REQUESTS:
            pause_s = retry_after_s(headers) or 0.0
        elif headers.get("RateLimit-Remaining", "").strip() == "0":
            pause_s = _seconds_until(headers.get("RateLimit-Reset", ""), headers)
        if pause_s > 0:
            self._pause(min(pause_s, LONGEST_PAUSE_S))

    def _pause(self, seconds: float) -> None:
        with self._lock:
            until = time.monotonic() + seconds
            if until <= self._not_before:
                return
            self._not_before = until
        _log.info("GitLab's rate limit is reached; pausing for %.0f s", seconds)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, which may be written as a number or as a date; None when it is neither or missing."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    date = _date(asked)
    return (date - _now(headers)).total_seconds() if date else None


def _seconds_until(unix_time: str, headers: Mapping[str, str]) -> float:
    return float(unix_time) - _now(headers).timestamp() if unix_time.strip().isdecimal() else 0.0


def _now(headers: Mapping[str, str]) -> datetime:
    """By the server's clock, which may differ from ours."""
    return _date(headers.get("Date", "")) or datetime.now(UTC)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
