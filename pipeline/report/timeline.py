"""How a run went over time, from its log: when each stage was at work, how much it finished, what it all used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.run.facts import read_facts
from pipeline.schema import Stage

_SLOTS = 60
_PIXELS = 400  # of a plot's width: shorter gaps than one would not be seen


@dataclass(frozen=True)
class Timeline:
    """Times are seconds since the run began; `samples` has rows of time, memory in MB, CPU in per cent of a core."""

    duration_s: float
    spans: dict[Stage, list[tuple[float, float]]]
    ends: dict[Stage, NDArray[np.float64]]
    samples: NDArray[np.float64]

    @property
    def slots(self) -> NDArray[np.float64]:
        """Edges of the equal parts that throughput is counted in; none is shorter than a second."""
        return np.linspace(0, self.duration_s, max(2, min(_SLOTS, int(self.duration_s)) + 1))

    def rate(self, stage: Stage) -> NDArray[np.float64]:
        """Documents per second that the stage finished in each slot."""
        counts, edges = np.histogram(self.ends[stage], self.slots)
        return np.asarray(counts / np.diff(edges), dtype=np.float64)


def read_timeline(folder: Path, started: datetime, seconds: float) -> Timeline:
    """The timeline of the run whose log is in `folder`; empty when there is no log."""
    facts, begin = read_facts(folder), started.timestamp()
    ended = {stage: found for stage, found in facts.ended.items() if found.paths}
    done = {stage: np.array(found.ends) - begin for stage, found in ended.items()}
    samples = np.array(facts.samples).reshape(-1, 3) - (begin, 0, 0)
    duration = max([seconds, 1.0, *(float(times.max()) for times in done.values())])
    return Timeline(
        duration_s=duration,
        spans={
            stage: _merged(ends - np.array(ended[stage].seconds), ends, duration / _PIXELS)
            for stage, ends in done.items()
        },
        ends=done,
        samples=_thinned(samples),
    )


def _thinned(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most as many as a plot can show: of neighbours the first time, the most memory and the mean of CPU."""
    groups = np.array_split(samples, min(len(samples), _PIXELS)) if len(samples) else []
    rows = [(group[0, 0], group[:, 1].max(), group[:, 2].mean()) for group in groups]
    return np.array(rows).reshape(-1, 3)


def _merged(begins: NDArray[np.float64], ends: NDArray[np.float64], gap: float) -> list[tuple[float, float]]:
    """Spans joined where they overlap or nearly touch, in order; none is shorter than `gap`."""
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(zip(begins.clip(0).tolist(), ends.tolist(), strict=True)):
        if joined and begin <= joined[-1][1] + gap:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, max(end, begin + gap)))
    return joined
