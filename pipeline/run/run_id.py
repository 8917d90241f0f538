"""The id of a run, which says when it began."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_run_id(began: datetime | None = None) -> str:
    """Unique, and sorted as the runs began: UTC time, to the millisecond as short runs fit into a second, and random
    digits. A run begins now unless somebody says otherwise."""
    now = began or datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03}Z-{secrets.token_hex(3)}"


def run_moment(run_id: str) -> datetime | None:
    """When a run began, from its id; None for an id of another form."""
    try:
        return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
