"""Refuses to remove suspiciously much: a listing can be wrong in ways that no error shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pipeline.datadir.parted import differing
from pipeline.errors import ErrorCode, PipelineError
from pipeline.publish.published import read_published
from pipeline.run.current import Run
from pipeline.run.listing_file import by_id
from pipeline.run.records import Published
from pipeline.schema import Snapshot

_ALWAYS_REMOVABLE = 3  # in a small folder a few departures are no sign of a broken listing


def check_listing(run: Run, snapshot: Snapshot) -> None:
    """Refuse a listing that would remove suspiciously much, before anything is done on the strength of it.

    Raises PipelineError (MASS_DELETE).
    """
    refuse_mass_deletion(run, read_published(run), by_id(snapshot.documents))


def refuse_mass_deletion(
    run: Run, before: Published | None, kept: Mapping[str, Any], besides: Collection[str] = ()
) -> None:
    """Raises PipelineError (MASS_DELETE) when more published documents would go than the settings allow: those that are
    neither kept nor `besides`."""
    if before is None or run.settings.pipeline.allow_mass_delete:
        return
    changed = differing(before.documents, kept)
    departing = sum(key not in kept and key not in besides for part in changed for key in part)
    allowed = max(_ALWAYS_REMOVABLE, run.settings.pipeline.max_delete_fraction * len(before.documents))
    if departing and (departing > allowed or not (kept or besides)):
        raise PipelineError(
            f"{departing} of {len(before.documents)} published documents would be removed, more "
            f"than [pipeline] max_delete_fraction = {run.settings.pipeline.max_delete_fraction:g} allows; nothing was "
            "removed. If the folder is right, run once with NIC_ALLOW_MASS_DELETE=true",
            ErrorCode.MASS_DELETE,
        )
