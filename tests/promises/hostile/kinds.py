"""What a kind of hostile file is: how it is made, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import ErrorCode

WORDS = "O conselho aprova a licença"  # what a kind that must be stored says besides its mischief


@dataclass(frozen=True)
class Kind:
    """One hostile file; stored with these words in its chunks, or else quarantined with one of the codes."""

    name: str
    make: Callable[[], bytes]
    words: tuple[str, ...] = ()
    codes: tuple[ErrorCode, ...] = ()

    @property
    def extension(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def ends_by_itself(self) -> bool:
        """Whether no limit of time or memory may be what ends the work on it."""
        return not {ErrorCode.TIMEOUT, ErrorCode.WORKER_DIED} & {*self.codes}


def stored(name: str, make: Callable[[], bytes], *words: str) -> Kind:
    return Kind(name, make, words=words or (WORDS,))


def quarantined(name: str, make: Callable[[], bytes], *codes: ErrorCode) -> Kind:
    return Kind(name, make, codes=codes)
