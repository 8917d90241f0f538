"""The errors a run can meet: permanent (quarantine the document) or transient (try again), each with a code.

What is raised here may reach targets, reports and web pages, so messages name what to do and carry no secret,
no absolute path and no document text; `sanitise` is the gate for messages of foreign exceptions.
"""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import quote


class ErrorCode(StrEnum):
    """Why a document or a run failed; `docs/errors.md` says what each means."""

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
    ROLLED_BACK = "rolled_back"
    QUALITY = "quality"
    REJECTED = "rejected"
    MODEL = "model"
    CONFIGURATION = "configuration"
    INCOMPLETE = "incomplete"
    INTERNAL = "internal"

    @property
    def remedy(self) -> str:
        """What to do about it, in one line; `docs/errors.md` says the same."""
        return _REMEDIES[self]


_REMEDIES = {
    ErrorCode.CORRUPT: "export it again from its origin",
    ErrorCode.ENCRYPTED: "publish it without a password",
    ErrorCode.UNSUPPORTED: "publish it in a supported format",
    ErrorCode.TOO_LARGE: "split the document or raise the limit",
    ErrorCode.TOO_LONG: "split the document or raise the limit",
    ErrorCode.LFS_MISSING: "`git lfs push --all origin`, then `nic retry`",
    ErrorCode.TIMEOUT: "split the document or raise the limit",
    ErrorCode.WORKER_DIED: "export it again from its origin, or raise the limit",
    ErrorCode.REJECTED: "correct the document's properties",
    ErrorCode.INTERNAL: "report what the run's errors.log says; after a fix, `nic retry`",
    ErrorCode.CHANGED: "run again",
    ErrorCode.UNREADABLE: "folder: check its permissions; GitLab: open the file in the browser; run again",
    ErrorCode.SOURCE_UNREACHABLE: "check the network and the source's address, run again",
    ErrorCode.SOURCE_INCOMPLETE: "check permissions of the folders, run again",
    ErrorCode.MASS_DELETE: "check the folder; if it is right, run once with `NIC_ALLOW_MASS_DELETE=true`",
    ErrorCode.STORE_UNREACHABLE: "check `QDRANT_URL`, or wait for the other process; run again",
    ErrorCode.DATA_UNREACHABLE: "check its address and credentials, run again",
    ErrorCode.DATA_UNWRITABLE: "free space or mend the permissions, run again",
    ErrorCode.ENGINE_UNREACHABLE: "look at its scheduler and workers, run again",
    ErrorCode.STORE_MISMATCH: "find out what else writes to it, then run again",
    ErrorCode.ROLLED_BACK: "change the settings, or `nic rollback --undo`; run again",
    ErrorCode.QUALITY: "`nic evaluate` shows more; change the settings or the questions, run again",
    ErrorCode.MODEL: "do what the message says",
    ErrorCode.CONFIGURATION: "correct the setting that the message names",
    ErrorCode.INCOMPLETE: "run again",
}


class PipelineError(Exception):
    """Base of every error of this package. `code` says which one, `str()` what to do next.

    `details` may hold anything, such as a library's own message: it is written to the private errors.log alone.
    """

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INTERNAL, details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.details = details

    def __reduce__(self) -> tuple[type, tuple[str, ErrorCode, str]]:
        return type(self), (str(self), self.code, self.details)


class PermanentError(PipelineError):
    """Trying again cannot help: the document is quarantined until its content or the stage changes."""


class TransientError(PipelineError):
    """The world may be better at the next run: the document is failed for this run only."""


class ConfigurationError(PipelineError):
    """The settings cannot work; stops everything and names the setting."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.CONFIGURATION, details: str = "") -> None:
        super().__init__(message, code, details)


_QUOTED_PATH = re.compile(r"(?P<quote>['\"`])(?:file://)?(?:/|[A-Za-z]:\\)[^'\"`]*(?P=quote)")  # may hold blanks
_ABSOLUTE_PATH = re.compile(
    r"(?:file://|(?<![\w.:/])|(?<=:)(?=/[^/]))(?:/[^\s'\"/:]+){2,}/?|(?:\b[A-Za-z]:|\B\\)\\[^\s'\"]+"
)
_URL_CREDENTIALS = re.compile(r"(\w+://)[^/\s@]+@")
_MAX_LENGTH = 300


def sanitise(message: str, secrets: tuple[str, ...] = (), max_length: int = _MAX_LENGTH) -> str:
    """One line of at most `max_length` characters without secrets, URL credentials or absolute paths of this machine.

    >>> sanitise("cannot open /home/ana/data/x.pdf")
    'cannot open …/x.pdf'
    """
    text = " ".join(message.split())
    for secret in filter(None, secrets):
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    text = _URL_CREDENTIALS.sub(r"\1***@", text)
    text = _QUOTED_PATH.sub(lambda match: f"{match['quote']}{_last_part(match.group()[1:-1])}{match['quote']}", text)
    text = _ABSOLUTE_PATH.sub(lambda match: _last_part(match.group()), text)
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def _last_part(path: str) -> str:
    return "…/" + re.split(r"[/\\]", path.rstrip("/"))[-1]
