"""What fills the pages: one jinja environment's rules for all of them, as documents are hostile input."""

from __future__ import annotations

import jinja2
from markupsafe import Markup

from pipeline.errors.escaping import for_page, for_terminal


def page_environment(*packages: tuple[str, str]) -> jinja2.Environment:
    """Templates of these (package, folder) and of the report; everything that is put into a page is escaped."""
    loaders = [jinja2.PackageLoader(*package) for package in (*packages, ("pipeline.report", "."))]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=for_page,
    )
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(path: str) -> Markup:
    """On a narrow screen a path breaks after a slash."""
    return Markup("/<wbr>").join(for_terminal(path).split("/"))
