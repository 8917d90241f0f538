"""Counts of what was found as links that narrow it down, and what is chosen already as links that take it away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from pipeline.languages import PageTexts
from pipeline.store.spelling import plain
from pipeline.web.library.facets import Facets
from pipeline.web.pages.addresses import with_query
from pipeline.web.pages.forms import DocumentsForm, SearchForm

Form = SearchForm | DocumentsForm
_MOST = 12
"""Values of a facet that are shown."""


@dataclass(frozen=True)
class Value:
    """One value of a facet; its address chooses it, or takes it away if it is chosen."""

    text: str
    count: int
    address: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Group:
    """A facet with the values that are shown."""

    label: str
    values: list[Value]


@dataclass(frozen=True)
class Chosen:
    """A filter in use; its address takes it away."""

    text: str
    address: str


class FacetLinks:
    """Of one request: every link keeps the question and the other filters, and begins at the first page."""

    def __init__(self, request: Request, form: Form, words: PageTexts, target_folder: str) -> None:
        self._request, self._form, self._words = request, form, words
        self._root = target_folder.strip("/")

    def groups(self, facets: Facets) -> list[Group]:
        """The facets that have values, in the order of the page."""
        words = self._words
        made = [
            Group(words.document_type, self._values("type", facets.document_type, words.types.__getitem__)),
            Group(words.folder, self._folders(facets.folder)),
            Group(words.year, self._years(facets.year)),
            Group(words.text_language, self._values("language", facets.language, words.language_name)),
            Group(words.status, self._values("status", facets.status, words.statuses.__getitem__)),
        ]
        return [group for group in made if group.values]

    def chosen(self) -> list[Chosen]:
        """The filters in use."""
        return [Chosen(text, self._to(dict.fromkeys(names, ""))) for text, names in self._in_use()]

    def without_filters(self) -> str:
        """Address of the same page without any filter."""
        return self._to({name: "" for _, names in self._in_use() for name in names})

    def nearest(self) -> str:
        """The nearest passages, also where none is relevant."""
        return self._to({})

    def to_folder(self, folder: str) -> str:
        """Address of the same page with this folder in place of another."""
        return self._to({"path": folder})

    def _in_use(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        form, words = self._form, self._words
        if form.type:
            yield words.types[form.type], ("type",)
        if form.path:
            yield form.path, ("path",)
        if form.language:
            yield words.language_name(form.language), ("language",)
        if form.status:
            yield words.statuses[form.status], ("status",)
        yield from self._dates(form) if isinstance(form, SearchForm) else self._texts(form)

    def _dates(self, form: SearchForm) -> Iterator[tuple[str, tuple[str, ...]]]:
        if form.year:
            yield str(form.year), ("modified_from", "modified_to")
            return
        if form.modified_from:
            yield f"{self._words.modified_from} {self._words.day(form.modified_from)}", ("modified_from",)
        if form.modified_to:
            yield f"{self._words.modified_to} {self._words.day(form.modified_to)}", ("modified_to",)

    def _texts(self, form: DocumentsForm) -> Iterator[tuple[str, tuple[str, ...]]]:
        if form.text:
            yield f"“{form.text}”", ("text",)
        if form.year:
            yield str(form.year), ("year",)
        if form.incomplete:
            yield self._words.only_incomplete, ("incomplete",)

    def _values(self, name: str, counts: Mapping[str, int], text: Callable[..., str]) -> list[Value]:
        given = getattr(self._form, name)
        return [
            self._value(text(value), count, {name: value}, value == given) for value, count in _some(counts.items())
        ]

    def _years(self, counts: Mapping[int, int]) -> list[Value]:
        return [
            self._value(str(year), count, self._year(year), year == self._form.year)
            for year, count in sorted(_some(counts.items()), reverse=True)
        ]

    def _year(self, year: int) -> dict[str, object]:
        if isinstance(self._form, SearchForm):
            return {"modified_from": f"{year:04}-01-01", "modified_to": f"{year:04}-12-31"}
        return {"year": year}

    def _folders(self, counts: Mapping[str, int]) -> list[Value]:
        """Those below the chosen one, which stands first; at first those below the target folder."""
        chosen = _named(self._form.path, counts) if self._form.path else None
        base = chosen or self._root
        below = ((folder, count) for folder, count in counts.items() if folder.rpartition("/")[0] == base)
        values = [self._folder(folder, count, base) for folder, count in _some(below)]
        own = (
            [self._value(chosen.rpartition("/")[2], counts[chosen], {"path": chosen}, is_chosen=True)] if chosen else []
        )
        return [*own, *values]

    def _folder(self, folder: str, count: int, base: str) -> Value:
        return self._value(folder.removeprefix(f"{base}/"), count, {"path": folder})

    def _value(self, text: str, count: int, changes: dict[str, object], is_chosen: bool = False) -> Value:
        changes = dict.fromkeys(changes, "") if is_chosen else changes
        return Value(text, count, self._to(changes), is_chosen)

    def _to(self, changes: Mapping[str, object]) -> str:
        """What is narrowed down is shown, relevant or not: the counts have promised it."""
        shown = {"nearest": "true"} if isinstance(self._form, SearchForm) else {}
        return with_query(self._request, {"page": "", **shown, **changes})


def similar(given: str, folders: Iterable[str]) -> list[str]:
    """Folders whose name has the last part of the given one in it, or the other way round."""
    wanted = plain(given.strip("/").rpartition("/")[2])
    names = ((folder, plain(folder.rpartition("/")[2])) for folder in folders)
    return [folder for folder, name in names if wanted and (wanted in name or name in wanted)][:_MOST]


def _named(given: str, folders: Iterable[str]) -> str | None:
    """The folder that a filter means, without regard to case and accents; the outermost if there are several."""
    wanted = f"/{plain(given.strip('/'))}"
    found = (folder for folder in folders if f"/{plain(folder)}".endswith(wanted))
    return min(found, key=len, default=None)


def _some(counts: Iterable[tuple[str, int]] | Iterable[tuple[int, int]]) -> list:  # type: ignore[type-arg]
    return list(counts)[:_MOST]
