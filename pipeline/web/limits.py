"""How often somebody may ask: a bucket that fills again, one for each token or address."""

from __future__ import annotations

import time
from collections import OrderedDict

_MOST_CALLERS = 10_000  # the longest unseen are forgotten: they have their full share again by then


class RateLimit:
    """So many requests a minute for each name; of one thread."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str, now: float | None = None) -> float:
        """Counts a request; 0 when it may pass, else the seconds until the next one may."""
        if not self._per_minute:
            return 0.0
        moment = time.monotonic() if now is None else now
        left, before = self._buckets.pop(name, (float(self._per_minute), moment))
        left = min(float(self._per_minute), left + (moment - before) * self._per_minute / 60)
        passes = left >= 1
        self._buckets[name] = (left - 1 if passes else left), moment
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - left) * 60 / self._per_minute
