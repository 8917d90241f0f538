"""Puts `Filters` to Qdrant with keyword, float and datetime indexes alone, the same on a server and in local mode.

Qdrant matches keywords as wholes. A folder is therefore asked for by the fields that hold the first two folders of a
path, and a deeper one by the paths in it, which Qdrant counts from its index (facet). That is also how a folder is
found whose name is typed without its accents or in another case. Full-text matching is no way: without a text index,
versions differ in whether it looks for a substring or for words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import PurePosixPath

from qdrant_client import models

from pipeline.store.filters import Filters
from pipeline.store.spelling import plain

Values = Callable[[str, models.Filter | None], list[str]]
"""What gives the different values of a field among the points that a filter admits."""


def build_condition(filters: Filters, target_folder: str, values: Values) -> models.Filter | None:
    """What a point must fulfil; None when there is nothing to ask for. Raises what `values` raises."""
    must: list[models.Condition] = [*_equal(filters), *_dates(filters), *_coverage(filters)]
    if filters.language:
        wanted = filters.language.casefold()
        found = (value for value in values("language", None) if _covers(wanted, value.casefold()))
        must.append(_any("language", found))
    if filters.path and (folders := _below(filters.path, target_folder)):
        must.append(_path(folders, target_folder, values))
    return models.Filter(must=must) if must else None


def _equal(filters: Filters) -> Iterator[models.Condition]:
    if filters.document_type:
        yield _any("document_type", filters.document_type)
    if filters.status:
        yield _any("status", filters.status)
    if filters.author:
        yield _is("author", filters.author)
    if filters.is_latest is not None:
        yield _is("is_latest", filters.is_latest)


def _coverage(filters: Filters) -> Iterator[models.Condition]:
    if filters.min_text_coverage is not None:
        yield models.FieldCondition(key="text_coverage", range=models.Range(gte=filters.min_text_coverage))


def _dates(filters: Filters) -> Iterator[models.Condition]:
    ranges = {
        "modified_date": (filters.modified_from, filters.modified_to),
        "effective_date": (filters.effective_from, filters.effective_to),
    }
    for field, (first, last) in ranges.items():
        if first or last:
            next_day = last + timedelta(days=1) if last else None
            yield models.FieldCondition(key=field, range=models.DatetimeRange(gte=_begin(first), lt=_begin(next_day)))


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _covers(wanted: str, tag: str) -> bool:
    return tag == wanted or tag.startswith(f"{wanted}-")


def _below(path: str, target_folder: str) -> tuple[str, ...]:
    """The parts of a path below the target folder, composed, whether it names that folder or not."""
    parts, root = _parts(path), _parts(target_folder)
    return parts[len(root) :] if _plain(parts[: len(root)]) == _plain(root) else parts


def _parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(_composed(path).strip("/")).parts


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _plain(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(plain, parts))


def _path(parts: tuple[str, ...], target_folder: str, values: Values) -> models.Condition:
    inside = models.Filter(
        must=[
            _any(field, (value for value in values(field, None) if plain(value) == plain(part)))
            for field, part in zip(("category", "subcategory"), parts, strict=False)
        ]
    )
    whole = _parts(target_folder) + parts
    if len(parts) > 2:
        below = (path for path in values("file_path", inside) if _plain(_parts(path)[: len(whole)]) == _plain(whole))
        return _any("file_path", below)
    path = str(PurePosixPath(*whole))
    return models.Filter(should=[inside, _any("file_path", {path, unicodedata.normalize("NFD", path)})])


def _is(field: str, value: str | bool) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def _any(field: str, values: Iterable[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=sorted(values)))
