"""Fills the templates. Questions and documents are hostile input: jinja2 escapes them, always."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.errors.escaping import for_terminal
from pipeline.languages import PAGES, PageTexts, choose
from pipeline.report.templates import page_environment
from pipeline.settings.secrets import public_message
from pipeline.web.pages.addresses import with_query

COOKIE = "lang"
_NAMES = {"pt": "Português", "en": "English"}
_CODE = re.compile(r"`([^`]+)`")
_ENVIRONMENT = page_environment(("pipeline.web.pages", "templates"))


def _with_code(text: str) -> Markup:
    """What stands between backticks, as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(for_terminal(text)))))  # noqa: S704 - escaped before


_ENVIRONMENT.filters["code"] = _with_code


@dataclass(frozen=True)
class Screen:
    """One request's language, and the menu item that its page belongs to."""

    request: Request
    words: PageTexts
    here: str = ""

    def page(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
    ) -> Response:
        """A whole page."""
        content = self.fragment(template, **shown)
        answer = Response(content, status, {"Vary": "Accept-Language, Cookie", **(headers or {})}, "text/html")
        if language := _asked_for(self.request):
            answer.set_cookie(COOKIE, language, max_age=31_536_000, httponly=True, samesite="strict")
        return answer

    def fragment(self, template: str, **shown: Any) -> str:
        """What a template gives; lone surrogates of a name or question are replaced."""
        others = {code: name for code, name in _NAMES.items() if PAGES[code] is not self.words}
        text = _ENVIRONMENT.get_template(template).render(
            words=self.words,
            here=self.here,
            other_languages=others,
            language_address=self._in_language,
            **shown,
        )
        return text.encode("utf-8", errors="replace").decode()

    def explain(self, error: Exception) -> str:
        """What may be told of an error, in the page's language as far as it has words for it."""
        report, message = self.words.report, public_message(error)
        if translated := report.translated(message):
            return translated
        if isinstance(error, PipelineError) and (meaning := report.meaning(error.code)):
            return f"{meaning} {report.what_to_do(error.code)}"
        return message

    def _in_language(self, code: str) -> str:
        return with_query(self.request, {COOKIE: code})


def screen(request: Request, default: str, here: str = "") -> Screen:
    """In the language that the address asks for, else the one chosen before, else the browser's, else `default`."""
    chosen = _asked_for(request) or request.cookies.get(COOKIE, "")
    words = PAGES.get(chosen) or choose(request.headers.get("accept-language", ""), default)
    return Screen(request, words, here)


def static(name: str) -> str:
    """A style sheet or script."""
    return _ENVIRONMENT.get_template(name).render()


def _asked_for(request: Request) -> str | None:
    asked = request.query_params.get(COOKIE)
    return asked if asked in PAGES else None
