"""Where the pages before and after this one are."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from pipeline.web.pages.addresses import with_query


@dataclass(frozen=True)
class Paging:
    """Pages count from 1; `name` is the parameter that says which."""

    request: Request
    page: int
    last: int
    name: str = "page"

    @property
    def before(self) -> str | None:
        """From beyond the end, the way back is to the last one."""
        before = min(self.page - 1, self.last)
        return with_query(self.request, {self.name: before if before > 1 else ""}) if before >= 1 else None

    @property
    def after(self) -> str | None:
        return with_query(self.request, {self.name: self.page + 1}) if self.page < self.last else None
