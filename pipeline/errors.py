"""The errors a run can meet, each with a code.

    PipelineError
    ├── PermanentError        quarantines the document until its content, the stage or a limit changes
    ├── TransientError        fails the document, or the run, this time; the next run tries again
    └── ConfigurationError    stops the run and names the setting

What is raised here may reach targets, reports and web pages, so messages name what to do and carry no secret,
no absolute path and no document text; `sanitise` is the gate for messages of foreign exceptions.
"""

from __future__ import annotations

import errno
import re
from enum import StrEnum
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pipeline.escaping import one_line


class Severity(StrEnum):
    """What an error ends: the document until something changes, the document for this run, or the run."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    RUN = "whole run"


class ErrorCode(StrEnum):
    """Why a document or a run failed."""

    severity: Severity
    meaning: str
    remedy: str
    """What to do about it, in one line."""

    def __new__(cls, value: str, severity: Severity, meaning: str, remedy: str) -> ErrorCode:
        code = str.__new__(cls, value)
        code._value_ = value
        code.severity, code.meaning, code.remedy = severity, meaning, remedy
        return code

    CORRUPT = (
        "corrupt",
        Severity.PERMANENT,
        "the file is damaged, truncated or empty",
        "export it again from its origin",
    )
    ENCRYPTED = (
        "encrypted",
        Severity.PERMANENT,
        "the file asks for a password",
        "publish it without a password",
    )
    UNSUPPORTED = (
        "unsupported",
        Severity.PERMANENT,
        "the content is of a kind that cannot be converted, whatever the extension says, or HTML nested more than 256 "
        "deep",
        "publish it in a supported format",
    )
    TOO_LARGE = (
        "too_large",
        Severity.PERMANENT,
        "over `[source] max_file_size_mb`, `[conversion] max_unpacked_mb` or `max_megapixels`, or one chunk is "
        "over Qdrant's request limit",
        "split the document or raise the limit",
    )
    TOO_LONG = (
        "too_long",
        Severity.PERMANENT,
        "over `[conversion] max_pages` or `max_characters`",
        "split the document or raise the limit",
    )
    INCOMPLETE_TEXT = (
        "incomplete_text",
        Severity.PERMANENT,
        "a smaller share of the file's words was extracted than `[quality] min_text_coverage` asks for",
        "`nic coverage PATH` shows what is missing; publish it in another format or lower the limit",
    )
    LFS_MISSING = (
        "lfs_missing",
        Severity.PERMANENT,
        "only a Git LFS pointer is there: the content was never uploaded or fetched, was lost, is not what the pointer "
        "names, or LFS is switched off",
        "`git lfs push --all origin`, or `git lfs pull` in a checkout, then `nic retry`",
    )
    WITHHELD = (
        "withheld",
        Severity.PERMANENT,
        "GitLab lists the file and does not give its content (HTTP 403, 404 or the like), while it gives others",
        "open the file in GitLab as the token's user; when it opens, `nic retry`",
    )
    TIMEOUT = (
        "timeout",
        Severity.PERMANENT,
        "one stage took longer than `[engine] document_timeout_s`",
        "split the document or raise the limit",
    )
    WORKER_DIED = (
        "worker_died",
        Severity.PERMANENT,
        "the process that worked on it ended twice, by a crash or at `[engine] memory_limit_mb`",
        "export it again from its origin, or raise the limit",
    )
    PURGED = (
        "purged",
        Severity.PERMANENT,
        "the document, or its content, was purged with `nic purge`, and the folder still has it",
        "delete it from the folder, or `nic purge --release PATH`; run again",
    )
    CHANGED = (
        "changed",
        Severity.TRANSIENT,
        "a file changed or vanished while the run was reading it",
        "run again",
    )
    UNREADABLE = (
        "unreadable",
        Severity.TRANSIENT,
        "one file of the source cannot be read, while the others can",
        "folder: check its permissions; GitLab: open the file in the browser; run again",
    )
    SOURCE_UNREACHABLE = (
        "source_unreachable",
        Severity.RUN,
        "the source does not answer",
        "check the network and the source's address, run again",
    )
    SOURCE_INCOMPLETE = (
        "source_incomplete",
        Severity.RUN,
        "the listing could not be completed; nothing is changed on the strength of a part of it",
        "check permissions of the folders, run again",
    )
    MASS_DELETE = (
        "mass_delete",
        Severity.RUN,
        "more documents would be removed than `[pipeline] max_delete_fraction` allows",
        "check the folder; if it is right, run once with `NIC_ALLOW_MASS_DELETE=true`",
    )
    STORE_UNREACHABLE = (
        "store_unreachable",
        Severity.RUN,
        "Qdrant does not answer, or another process is using the local files",
        "check `QDRANT_URL`, or wait for the other process; run again",
    )
    DATA_UNREACHABLE = (
        "data_unreachable",
        Severity.RUN,
        "the object store that `NIC_DATA_DIR` names does not answer",
        "check its address and credentials, run again",
    )
    DATA_UNWRITABLE = (
        "data_unwritable",
        Severity.RUN,
        "the data directory cannot be written: the disk is full, read-only, or permission is denied",
        "free space or mend the permissions, run again",
    )
    ENGINE_UNREACHABLE = (
        "engine_unreachable",
        Severity.RUN,
        "the Dask cluster that `NIC_DASK_ADDRESS` names stopped answering",
        "look at its scheduler and workers, run again",
    )
    STORE_MISMATCH = (
        "store_mismatch",
        Severity.RUN,
        "the collection is not what was stored, although it was stored again",
        "find out what else writes to it, then run again",
    )
    ROLLED_BACK = (
        "rolled_back",
        Severity.RUN,
        "the settings give the collection that was taken back with `nic rollback`",
        "change the settings, or `nic rollback --undo`; run again",
    )
    QUALITY = (
        "quality",
        Severity.RUN,
        "a new collection answers too few of the questions that `[quality] questions` names",
        "`nic evaluate` shows more; change the settings or the questions, run again",
    )
    REJECTED = (
        "rejected",
        Severity.PERMANENT,
        "the document's facts break NIC Schema (say, it expires before it takes effect), or Qdrant refused its points",
        "correct the document's properties",
    )
    MODEL = (
        "model",
        Severity.RUN,
        "the embedding model cannot be had or does not fit",
        "do what the message says",
    )
    CONFIGURATION = (
        "configuration",
        Severity.RUN,
        "a setting is invalid",
        "correct the setting that the message names",
    )
    DAMAGED = (
        "damaged",
        Severity.TRANSIENT,
        "a file of the data directory is not what was written: it was cut, changed, or its disk fails",
        "run again, which makes it anew; `nic doctor --data` finds all such files",
    )
    INCOMPLETE = (
        "incomplete",
        Severity.RUN,
        "some documents failed for this run, or nothing is published yet",
        "run again",
    )
    INTERNAL = (
        "internal",
        Severity.PERMANENT,
        "an unexpected error",
        "report what the run's errors.log says; after a fix, `nic retry`",
    )


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


class DamagedFileError(TransientError):
    """A file of the data directory does not hold what was written to it."""

    @classmethod
    def of(cls, path: PurePath | Any) -> DamagedFileError:
        """For the file at this path, named by its last two parts."""
        name = f"{path.parent.name}/{path.name}"
        return cls(f"the file {name} of the data directory is damaged or of another version", ErrorCode.DAMAGED)

    @property
    def file_name(self) -> str:
        """Its last part."""
        return str(self).split(" of the data directory")[0].rpartition("/")[2]


class ConfigurationError(PipelineError):
    """The settings are invalid; stops the run and names the setting.

    `place` is a path of this machine, for the terminal of whoever started the command and for nobody else.
    """

    def __init__(
        self, message: str, code: ErrorCode = ErrorCode.CONFIGURATION, details: str = "", place: str = ""
    ) -> None:
        super().__init__(message, code, details)
        self.place = place


_MEETS_EVERY_DOCUMENT = {
    ErrorCode.SOURCE_UNREACHABLE,
    ErrorCode.STORE_UNREACHABLE,
    ErrorCode.DATA_UNREACHABLE,
    ErrorCode.DATA_UNWRITABLE,
    ErrorCode.ENGINE_UNREACHABLE,
}
_UNUSABLE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE}


def severity(error: Exception) -> Severity:
    """What an error that a document met ends: its class decides, not its code's usual severity.

    No space, no permission, nobody answers, invalid settings: these would meet every other document, too.
    """
    if isinstance(error, ConfigurationError | ImportError):
        return Severity.RUN
    if isinstance(error, OSError) and error.errno in _UNUSABLE_DISK:
        return Severity.RUN
    if isinstance(error, PipelineError) and error.code in _MEETS_EVERY_DOCUMENT:
        return Severity.RUN
    return Severity.TRANSIENT if isinstance(error, TransientError) else Severity.PERMANENT


_QUOTED_PATH = re.compile(r"(?P<quote>['\"`])(?:file://)?(?:/|[A-Za-z]:\\)[^'\"`]*(?P=quote)")  # may hold blanks
_ABSOLUTE_PATH = re.compile(
    r"(?:file://|(?<![\w.:/])|(?<=:)(?=/[^/]))(?:/[^\s'\"/:]+){2,}/?|(?:\b[A-Za-z]:|\B\\)\\[^\s'\"]+"
)
_URL_CREDENTIALS = re.compile(r"(\w+://)\S*@")  # a password may hold slashes and more of these
_MAX_LENGTH = 300


def sanitise(message: str, secrets: tuple[str, ...] = (), max_length: int = _MAX_LENGTH) -> str:
    """One line of at most `max_length` characters without secrets, URL credentials or absolute paths of this machine.

    >>> sanitise("cannot open /home/ana/data/x.pdf")
    'cannot open …/x.pdf'
    """
    text = one_line(message)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    text = without_password(text)
    text = _QUOTED_PATH.sub(lambda match: f"{match['quote']}{_last_part(match.group()[1:-1])}{match['quote']}", text)
    text = _ABSOLUTE_PATH.sub(lambda match: _last_part(match.group()), text)
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def without_password(text: str) -> str:
    """Addresses without what stands before their last @: a name, and a password that may hold anything but a blank."""
    return _URL_CREDENTIALS.sub(r"\1***@", text)


def _last_part(path: str) -> str:
    return "…/" + re.split(r"[/\\]", path.rstrip("/"))[-1]
