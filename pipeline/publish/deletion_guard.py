"""Refuses to remove suspiciously much: a listing can be wrong in ways that no error shows."""

from __future__ import annotations

from pipeline.errors import ErrorCode, PipelineError
from pipeline.publish.published import read_published
from pipeline.run.current import Run
from pipeline.run.records import Published
from pipeline.schema import Snapshot

_ALWAYS_REMOVABLE = 3  # in a small folder a few departures are no sign of a broken listing


def check_listing(run: Run, snapshot: Snapshot) -> None:
    """Refuse a listing that would remove suspiciously much, before anything is done on the strength of it.

    Raises PipelineError (MASS_DELETE).
    """
    refuse_mass_deletion(run, read_published(run), frozenset(document.document_id for document in snapshot.documents))


def refuse_mass_deletion(run: Run, before: Published | None, kept: frozenset[str]) -> None:
    """Raises PipelineError (MASS_DELETE) when more published documents would go than the settings allow."""
    departing = set(before.documents) - kept if before else set()
    allowed = max(_ALWAYS_REMOVABLE, run.settings.pipeline.max_delete_fraction * len(before.documents) if before else 0)
    if departing and (len(departing) > allowed or not kept) and not run.settings.pipeline.allow_mass_delete:
        raise PipelineError(
            f"{len(departing)} of {len(before.documents) if before else 0} published documents would be removed, more "
            f"than [pipeline] max_delete_fraction = {run.settings.pipeline.max_delete_fraction:g} allows; nothing was "
            "removed. If the folder is right, run once with NIC_ALLOW_MASS_DELETE=true",
            ErrorCode.MASS_DELETE,
        )
