"""What styles of an OpenDocument file say of its content: heading, hidden, struck, numbered."""

from __future__ import annotations

from collections.abc import Iterator

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
MAX_CHAIN = 20  # of styles built on each other; a longer one leads to itself


class Styles:
    """Automatic and named styles of both parts, by family and name; those of the content come first."""

    def __init__(self, package: Package) -> None:
        self._styles: dict[tuple[str, str], Element] = {}
        self._lists: dict[str, dict[int, Element]] = {}
        self.outline: dict[int, Element] = {}
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
        for style in self._chain("paragraph", paragraph_style):
            if style.get(NAME) == "Title":
                return 0
            if (level := style.get(OUTLINE_LEVEL, "")).isdigit():
                return int(level)
        return None

    def strikes(self, family: str, style_name: str | None) -> bool | None:
        """Whether the style strikes its text; None if it does not say."""
        for style in self._chain(family, style_name):
            properties = style.find("style:text-properties", NAMESPACES)
            if properties is not None and (value := properties.get(STRUCK) or properties.get(STRUCK_TYPE)):
                return bool(value != "none")
        return None

    def hides(self, family: str, style_name: str | None) -> bool:
        """Whether what has the style is not shown: text, a sheet, a slide."""
        return any(
            properties.get(attribute) == value
            for style in self._chain(family, style_name)
            for properties in style
            for attribute, value in HIDING
        )

    def list_style_of(self, paragraph_style: str | None) -> str | None:
        """The list style that a paragraph style sets or inherits; None if it sets none."""
        for style in self._chain("paragraph", paragraph_style):
            if found := style.get(name("style:list-style-name")):
                return str(found)
        return None

    def list_level(self, list_style: str | None, depth: int) -> Element:
        """The element that describes a level, from 0, of a list style; None if it is not described."""
        return self._lists.get(list_style or "", {}).get(depth + 1)

    def _chain(self, family: str, style_name: str | None) -> Iterator[Element]:
        for _ in range(MAX_CHAIN):
            style = self._styles.get((family, style_name or ""))
            if style is None:
                return
            yield style
            style_name = style.get(PARENT)


def _levels(style: Element) -> dict[int, Element]:
    return {int(level.get(LIST_LEVEL)): level for level in style if level.get(LIST_LEVEL, "").isdigit()}
