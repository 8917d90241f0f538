"""One pause for all threads: when GitLab says "not before", nobody asks before.

https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from pipeline.settings.retries import LONGEST_WAIT_S, TOO_MANY_REQUESTS, retry_after_s, server_time, spread

_SAY_EVERY_S = 10.0  # eight threads hear the same
_log = logging.getLogger(__name__)


class RateLimit:
    """Shared by everything that talks to one GitLab."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._said_until = 0.0

    def wait(self) -> None:
        """Sleep until the pause that any answer asked for is over, at most 66 s."""
        left_s = self.left_s()
        if left_s > 0:
            time.sleep(spread(left_s))

    def left_s(self) -> float:
        """Seconds until GitLab wants to be asked again; 0 or less: it may be asked now."""
        with self._lock:
            return self._not_before - time.monotonic()

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers how long to pause."""
        pause_s = 0.0
        if status >= TOO_MANY_REQUESTS:
            pause_s = retry_after_s(headers) or 0.0
        elif headers.get("RateLimit-Remaining", "").strip() == "0":
            pause_s = _seconds_until(headers.get("RateLimit-Reset", ""), headers)
        if pause_s > 0 or status == TOO_MANY_REQUESTS:
            self._pause(min(max(pause_s, 0.0), LONGEST_WAIT_S))

    def _pause(self, seconds: float) -> None:
        with self._lock:
            now = time.monotonic()
            is_said = now < self._said_until
            self._not_before = max(self._not_before, now + seconds)
            if not is_said:
                self._said_until = now + max(seconds, _SAY_EVERY_S)
        if is_said:
            return
        if seconds:
            _log.info("GitLab asks to wait %.0f s; all requests wait", seconds)
        else:
            _log.info("GitLab asks for fewer requests; each is tried again a little later")


def _seconds_until(unix_time: str, headers: Mapping[str, str]) -> float:
    return float(unix_time) - server_time(headers).timestamp() if unix_time.strip().isdecimal() else 0.0
