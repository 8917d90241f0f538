"""Every code of an error: what it ends, what it means, what to do about it."""

from __future__ import annotations

from enum import StrEnum


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
        """The member is equal to its value, which is what files and programs see."""
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
        "run again; if no run needs the file, `nic doctor --mend` has the next one make it and all such files anew",
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
