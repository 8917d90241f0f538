"""What styles of an OpenDocument file say of its content: heading, hidden, struck, numbered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.convert.opendocument.names import NAMESPACES, name
from pipeline.convert.opendocument.package import Element, Package

FAMILY, NAME, PARENT = name("style:family"), name("style:name"), name("style:parent-style-name")
OUTLINE_LEVEL = name("style:default-outline-level")
STRUCK = name("style:text-line-through-style")
STRUCK_TYPE = name("style:text-line-through-type")
HIDING = (
    (name("text:display"), "none"),
    (name("table:display"), "false"),
    (name("presentation:visibility"), "hidden"),
)
LIST_LEVEL = name("text:level")
T = TypeVar("T")
MAX_CHAIN = 20  # of styles built on each other; a longer one leads to itself


class Styles:
    """Automatic and named styles of both parts, by family and name; those of the content come first."""

    def __init__(self, package: Package) -> None:
        self._styles: dict[tuple[str, str], Element] = {}
        self._lists: dict[str, dict[int, Element]] = {}
        self.outline: dict[int, Element] = {}
        self._known: dict[tuple[str, str, str], Any] = {}
        for part in ("content.xml", "styles.xml"):
            root = package.part(part)
            for style in root.iterfind(".//style:style", NAMESPACES):
                self._styles.setdefault((style.get(FAMILY, ""), style.get(NAME, "")), style)
            for style in root.iterfind(".//text:list-style", NAMESPACES):
                self._lists.setdefault(style.get(NAME, ""), _levels(style))
            for style in root.iterfind(".//text:outline-style", NAMESPACES):
                self.outline = self.outline or _levels(style)

    def heading_level(self, paragraph_style: str | None) -> int | None:
        """0 for the title's style, else the outline level; None for running text."""
        return self._said(_heading_level, "paragraph", paragraph_style)

    def strikes(self, family: str, style_name: str | None) -> bool | None:
        """Whether the style strikes its text; None if it does not say."""
        return self._said(_strikes, family, style_name)

    def hides(self, family: str, style_name: str | None) -> bool:
        """Whether what has the style is not shown: text, a sheet, a slide."""
        return bool(self._said(_hides, family, style_name))

    def list_style_of(self, paragraph_style: str | None) -> str | None:
        """The list style that a paragraph style sets or inherits; None if it sets none."""
        return self._said(_list_style, "paragraph", paragraph_style)

    def list_level(self, list_style: str | None, depth: int) -> Element:
        """The element that describes a level, from 0, of a list style; None if it is not described."""
        return self._lists.get(list_style or "", {}).get(depth + 1)

    def _said(self, read: Callable[[Element], T | None], family: str, style_name: str | None) -> T | None:
        """What the style says, or the nearest of those that it is built on; each is read once."""
        for _ in range(MAX_CHAIN):
            style = self._styles.get((family, style_name or ""))
            if style is None:
                return None
            key = (read.__name__, family, style_name or "")
            if key not in self._known:
                self._known[key] = read(style)
            said: T | None = self._known[key]
            if said is not None:
                return said
            style_name = style.get(PARENT)
        return None


def _heading_level(style: Element) -> int | None:
    if style.get(NAME) == "Title":
        return 0
    level = style.get(OUTLINE_LEVEL, "")
    return int(level) if level.isdigit() and len(level) < 10 else None


def _strikes(style: Element) -> bool | None:
    properties = style.find("style:text-properties", NAMESPACES)
    value = (properties.get(STRUCK) or properties.get(STRUCK_TYPE)) if properties is not None else None
    return value != "none" if value else None


def _hides(style: Element) -> bool | None:
    hiding = (properties.get(attribute) == value for properties in style for attribute, value in HIDING)
    return True if any(hiding) else None


def _list_style(style: Element) -> str | None:
    return style.get(name("style:list-style-name")) or None


def _levels(style: Element) -> dict[int, Element]:
    """By their numbers, as far as a list or heading can be that deep."""
    return {int(depth): level for level in style if (depth := level.get(LIST_LEVEL, "")).isdigit() and len(depth) < 4}
