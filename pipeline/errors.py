"""The errors a run can meet: permanent (quarantine the document) or transient (try again), each with a code.

What is raised here may reach targets, reports and web pages, so messages name what to do and carry no secret,
no absolute path and no document text; `sanitise` is the gate for messages of foreign exceptions.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path


class ErrorCode(StrEnum):
    """Why a document or a run failed; `docs/errors.md` says what to do about each."""

    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    LFS_MISSING = "lfs_missing"
    TIMEOUT = "timeout"
    WORKER_DIED = "worker_died"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    SOURCE_UNREACHABLE = "source_unreachable"
    SOURCE_INCOMPLETE = "source_incomplete"
    MASS_DELETE = "mass_delete"
    STORE_UNREACHABLE = "store_unreachable"
    DATA_UNREACHABLE = "data_unreachable"
    DATA_UNWRITABLE = "data_unwritable"
    ENGINE_UNREACHABLE = "engine_unreachable"
    STORE_MISMATCH = "store_mismatch"
    REJECTED = "rejected"
    MODEL = "model"
    CONFIGURATION = "configuration"
    INCOMPLETE = "incomplete"
    INTERNAL = "internal"


class PipelineError(Exception):
    """Base of every error of this package. `code` says which one, `str()` what to do next."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INTERNAL) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type, tuple[str, ErrorCode]]:
        return type(self), (str(self), self.code)


class PermanentError(PipelineError):
    """Trying again cannot help: the document is quarantined until its content or the stage changes."""


class TransientError(PipelineError):
    """The world may be better at the next run: the document is failed for this run only."""


class ConfigurationError(PipelineError):
    """The settings cannot work; stops everything and names the setting."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.CONFIGURATION) -> None:
        super().__init__(message, code)


_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])(?:/[^\s'\"/:]+){2,}/?|[A-Za-z]:\\[^\s'\"]+")
_URL_CREDENTIALS = re.compile(r"(\w+://)[^/\s:@]*:[^/\s@]*@")
_MAX_LENGTH = 300


def sanitise(message: str, secrets: tuple[str, ...] = ()) -> str:
    """One line of at most 300 characters without secrets, URL credentials or absolute paths of this machine.

    >>> sanitise("cannot open /home/ana/data/x.pdf")
    'cannot open …/x.pdf'
    """
    text = " ".join(message.split())
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    text = _URL_CREDENTIALS.sub(r"\1***@", text)
    text = _ABSOLUTE_PATH.sub(lambda match: f"…/{Path(match.group()).name}", text)
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1] + "…"
