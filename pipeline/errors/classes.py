"""The classes of errors, and what an error ends."""

from __future__ import annotations

import errno
from pathlib import PurePath
from typing import Any

from pipeline.errors.codes import ErrorCode, Severity


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
        return cls(
            f"the file {name} of the data directory is damaged or of another version: `nic doctor --mend` removes it, "
            "and the next run makes it again",
            ErrorCode.DAMAGED,
        )

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
