"""How much longer a run will take: from the work that is left, not from the documents that are.

A scanned PDF takes a hundred times as long as a text, and long documents go first, so that the share of documents that
are done says little. A document's work is guessed from its format and size, and the guess corrected by what documents
of about its size took in this run.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.schema import Stage

_BUCKETS_AKIN = 1.5  # doublings of the size over which what one document took tells of another
_OWN_GUESS_WEIGHT = 2.0  # documents of this run that outweigh the guess made beforehand
_GUESS_S = 3.0  # seconds of work after which the whole run's ratio counts for more than the guess
_RECENT_SHARE = 0.2  # of the work so far, over which a machine that becomes busier or idler is noticed
_LEAST_RECENT_S = 60.0
_FEWEST_DOCUMENTS = 3
_LATE_SHARE = 0.3  # of the time so far, that a document still takes which should have ended: few are very long

# Seconds, and seconds a byte, measured over the development corpus on two cores of a 2020s server; only their
# proportions matter. Scanned and printed PDFs are one format here: these are the mean of both.
_CONVERT = {
    "pdf": (0.1, 4e-5),
    "png": (1.0, 1.2e-5),
    "jpg": (1.0, 2e-5),
    "jpeg": (1.0, 2e-5),
    **dict.fromkeys(("tiff", "tif", "webp", "bmp", "gif"), (1.0, 1.2e-5)),
    **dict.fromkeys(
        ["doc", "dot", "xls", "xlt", "ppt", "pot", "pps", "xlsb"], (3.0, 1e-6)
    ),  # LibreOffice starts for each
    "html": (0.02, 1e-5),
    "md": (0.02, 1e-6),
    "txt": (0.02, 1e-6),
}
_EMBED = {"md": (0.15, 7e-5), "txt": (0.15, 7e-5), "html": (0.2, 4e-5)}
_GUESSES: dict[Stage, dict[str, tuple[float, float]]] = {Stage.CONVERT: _CONVERT, Stage.EMBED: _EMBED}
_DEFAULTS = {
    Stage.FETCH: (0.02, 1e-8),
    Stage.CONVERT: (0.05, 1e-6),
    Stage.CHUNK: (0.02, 1e-8),
    Stage.EMBED: (0.3, 1e-6),
    Stage.STORE: (0.03, 1e-8),
}
POOLED = (Stage.CONVERT, Stage.CHUNK, Stage.EMBED)
"""Stages that share the processes; the others wait for a network or a disk meanwhile."""


@dataclass
class PendingDocument:
    """One that is on its way: the stage it needs next, and since when it is worked on (monotonic or epoch seconds)."""

    stage: Stage
    size_bytes: int
    extension: str
    since: float | None = None


@dataclass
class _Sums:
    seconds: float = 0.0
    guessed: float = 0.0

    @property
    def ratio(self) -> float:
        return (self.seconds + _GUESS_S) / (self.guessed + _GUESS_S)


@dataclass
class WorkModel:
    """What a stage takes for a document: learned from those that ended."""

    warm_ups: int = 1
    """Outcomes of each stage that teach nothing: their processes loaded models meanwhile."""
    _seen: Counter[Stage] = field(default_factory=Counter)
    _stages: dict[Stage, _Sums] = field(default_factory=lambda: defaultdict(_Sums))
    _buckets: dict[tuple[Stage, str], dict[int, _Sums]] = field(default_factory=lambda: defaultdict(dict))

    def learn(self, stage: Stage, extension: str, size_bytes: int, seconds: float) -> bool:
        """False when this one teaches nothing."""
        self._seen[stage] += 1
        if self._seen[stage] <= self.warm_ups:
            return False
        guess = _guess(stage, extension, size_bytes)
        bucket = self._buckets[stage, extension].setdefault(_bucket(size_bytes), _Sums())
        for sums in (self._stages[stage], bucket):
            sums.seconds += seconds
            sums.guessed += guess
        return True

    def seconds(self, stage: Stage, extension: str, size_bytes: int) -> float:
        """What this stage of such a document will take."""
        guess, here = _guess(stage, extension, size_bytes), _bucket(size_bytes)
        guessed = _OWN_GUESS_WEIGHT * guess
        taken = guessed * self._stages[stage].ratio
        for bucket, sums in self._buckets[stage, extension].items():
            akin = math.exp(-(((bucket - here) / _BUCKETS_AKIN) ** 2) / 2)
            taken += akin * sums.seconds
            guessed += akin * sums.guessed
        return guess * taken / guessed


class Estimate:
    """Seconds left of a run, from the outcomes so far."""

    def __init__(self, workers: int) -> None:
        """`workers`: processes that share the work; 0 when that is not known."""
        self._workers = workers
        self._model = WorkModel(warm_ups=max(1, workers))
        self._recent = _Sums()
        self._busy_s = self._alone_s = 0.0
        self._ended = 0
        self._began: float | None = None

    def begin(self, time: float) -> None:
        """Work begins; called again it changes nothing."""
        self._began = time if self._began is None else self._began

    def ended(self, stage: Stage, document: PendingDocument, seconds: float) -> None:
        """A stage of a document came to its end."""
        of_a_kind = stage, document.extension, document.size_bytes
        if self._model.learn(*of_a_kind, seconds) and stage in POOLED:
            self._notice(seconds, self._model.seconds(*of_a_kind))  # of all so far, else a wrong guess counts twice
        if stage in POOLED:
            self._busy_s += seconds
            self._ended += 1
        elif stage is Stage.STORE:
            self._alone_s += seconds

    def _notice(self, seconds: float, expected_s: float) -> None:
        """How the latest work compares with what was expected of it: other programs come and go."""
        kept = math.exp(-seconds / max(_LEAST_RECENT_S, _RECENT_SHARE * self._busy_s))
        self._recent.seconds = kept * self._recent.seconds + seconds
        self._recent.guessed = kept * self._recent.guessed + expected_s

    def left_s(self, documents: Iterable[PendingDocument], known: int, unknown: float, time: float) -> float | None:
        """Seconds from `time` until all stages of these documents are done; None while there is no evidence.

        They are what is left of `known` ones; so many `unknown` ones will come, and are taken to be like those.
        """
        if self._began is None or self._ended < _FEWEST_DOCUMENTS or time <= self._began:
            return None
        pooled = alone = longest = 0.0
        under_way_s = 0.0
        for document in documents:
            own, own_alone = self._document(document, time)
            own *= self._recent.ratio
            pooled, alone, longest = pooled + own, alone + own_alone, max(longest, own)
            under_way_s += time - document.since if document.since and document.stage in POOLED else 0.0
        at_once = self._at_once((self._busy_s + under_way_s) / (time - self._began))
        more = unknown / max(1, known)
        pooled += (self._busy_s + pooled) * more
        alone += (self._alone_s + alone) * more
        return max(pooled / at_once, alone, longest)

    def _document(self, document: PendingDocument, time: float) -> tuple[float, float]:
        """Seconds that its stages still take in the processes, and in the process that stores."""
        pooled = alone = 0.0
        stages = list(Stage)
        for stage in stages[stages.index(document.stage) :]:
            seconds = self._model.seconds(stage, document.extension, document.size_bytes)
            if stage is document.stage and document.since is not None:
                so_far_s = time - document.since
                seconds = max(seconds - so_far_s, _LATE_SHARE * so_far_s)
            pooled += seconds if stage in POOLED else 0.0
            alone += seconds if stage is Stage.STORE else 0.0
        return pooled, alone

    def _at_once(self, measured: float) -> float:
        """Documents that are worked on at the same time. Parts of a document that several processes work on are not
        in the log, so that less than all workers may seem busy."""
        if not self._workers:
            return max(measured, 0.1)
        return min(max(measured, 0.5 * self._workers), self._workers)


def _guess(stage: Stage, extension: str, size_bytes: int) -> float:
    fixed, per_byte = _GUESSES.get(stage, {}).get(extension, _DEFAULTS[stage])
    return fixed + per_byte * size_bytes


def _bucket(size_bytes: int) -> int:
    return int(math.log2(max(1, size_bytes)))
