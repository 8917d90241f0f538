"""Fills the search page's template. Questions and documents are hostile input: jinja2 escapes them, always."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup

from pipeline.languages import PageTexts
from pipeline.search import Hit, Passage, snippet, whole
from pipeline.web.form import Form

_SNIPPET_CHARACTERS = 420
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PrefixLoader(
        {"web": jinja2.PackageLoader("pipeline.web", "."), "report": jinja2.PackageLoader("pipeline.report", ".")}
    ),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_ENVIRONMENT.filters["breakable"] = lambda path: Markup("/<wbr>").join(path.split("/"))


@dataclass(frozen=True)
class Answer:
    """A hit and where its pages' pictures are: page number -> address."""

    hit: Hit
    pictures: dict[int, str]

    @property
    def snippet(self) -> list[Passage]:
        return snippet(self.hit, _SNIPPET_CHARACTERS)

    @property
    def whole(self) -> list[Passage]:
        return whole(self.hit)


def picture_address(hit: Hit, page: int) -> str:
    return f"/api/v1/documents/{hit.document_id}/pages/{page}.png?{urlencode({'passage': hit.chunk_index})}"


def render(form: Form, words: PageTexts, answers: Sequence[Answer] = (), problem: str = "") -> bytes:
    """The page, UTF-8; `problem` stands there in the place of answers."""
    template = _ENVIRONMENT.get_template("web/search.html.jinja")
    page = template.render(form=form, words=words, answers=answers, problem=problem)
    return page.encode("utf-8", errors="replace")


def style() -> bytes:
    """The report's style and what the search page adds."""
    names = ("report/style.css", "web/search.css")
    return "".join(_ENVIRONMENT.get_template(name).render() for name in names).encode()
