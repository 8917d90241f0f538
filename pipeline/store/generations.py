"""The collections of a Qdrant as a whole: which there are, which an alias names, and removing one."""

from __future__ import annotations

from pipeline.settings.sections import Settings
from pipeline.store.connection import connect
from pipeline.store.requests import call


def names(settings: Settings) -> list[str]:
    """Every collection, whoever made it."""
    return [found.name for found in call(connect(settings).get_collections).collections]


def aliased(settings: Settings) -> set[str]:
    """Collections that any alias points at."""
    return {found.collection_name for found in call(connect(settings).get_aliases).aliases}


def points(settings: Settings, collection: str) -> int:
    """How many points it holds, exactly."""
    return call(connect(settings).count, collection, exact=True).count


def drop(settings: Settings, collection: str) -> None:
    """Remove a collection for good; one that is not there does not matter."""
    call(connect(settings).delete_collection, collection)
