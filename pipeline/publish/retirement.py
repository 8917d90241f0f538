"""The rule by which collections that readers no longer see are removed: `[qdrant] keep_collections`."""

from __future__ import annotations

import re

from pipeline.datadir import files, folders
from pipeline.publish.published import read_published, read_rollbacks, read_superseded
from pipeline.run.current import Run
from pipeline.run.records import Published
from pipeline.schema import Record
from pipeline.store import generations


class Generation(Record):
    """One collection of the alias, and why it stays; without a reason it goes."""

    collection: str
    points: int
    kept: str | None = None


def review(run: Run) -> list[Generation]:
    """All collections that were built for the alias, by name; without anything published, all of them stay."""
    name = re.compile(rf"{re.escape(run.settings.qdrant.collection_name)}__[0-9a-f]{{12}}")
    found = sorted(filter(name.fullmatch, generations.names(run.settings)))
    reasons = _reasons(run, found)
    return [
        Generation(collection=each, points=generations.points(run.settings, each), kept=reasons.get(each))
        for each in found
    ]


def retire(run: Run, reviewed: list[Generation]) -> list[Generation]:
    """Remove those that have no reason to stay, and return them.

    Receipts go first: documents without a receipt are stored again, receipts without points would speak for nothing.
    """
    gone = [generation for generation in reviewed if generation.kept is None]
    for generation in gone:
        folders.remove_folder(run.data.index(generation.collection))
        generations.drop(run.settings, generation.collection)
    return gone


def _reasons(run: Run, found: list[str]) -> dict[str, str]:
    """Collection -> why it stays; of several reasons the first given here."""
    now = read_published(run)
    if now is None:
        return dict.fromkeys(found, "nothing is published yet")
    steps = read_rollbacks(run)
    undone = [steps[-1].collection] if steps and now.collection in (steps[-1].to, steps[-1].collection) else []
    unfinished = files.exists(run.data.changing(run.settings.qdrant.collection_name))
    growing = [each for each in found if unfinished and not files.exists(run.data.superseded(each))]
    return {
        **dict.fromkeys(growing, "a run is building it, or was stopped before it was published"),
        **dict.fromkeys(generations.aliased(run.settings), "an alias points at it"),
        run.fingerprints.collection: "the effective settings give it",
        **dict.fromkeys(undone, "`rollback --undo` leads to it"),
        **dict.fromkeys(_earlier(run, now), "`rollback` leads to it"),
        now.collection: "it is published",
    }


def _earlier(run: Run, now: Published) -> list[str]:
    """What was published before, latest first, as far as the rule keeps it."""
    earlier: list[str] = []
    published: Published | None = now
    while published and published.previous and len(earlier) < run.settings.qdrant.keep_collections:
        earlier.append(published.previous)
        published = read_superseded(run, published.previous)
    return earlier
