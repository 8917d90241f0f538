"""What the styles of a Word document do to a run: strike it out, hide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from pipeline.convert.office.names import W, is_on, remove

STRIKES: Final = (f"{W}strike", f"{W}dstrike")
VANISH: Final = f"{W}vanish"


@dataclass(frozen=True)
class Styles:
    """The ids of styles with a property, their own or inherited."""

    striking: frozenset[str] = frozenset()
    hiding: frozenset[str] = frozenset()

    @classmethod
    def of(cls, root: etree._Element | None) -> Styles:
        """From the part `styles.xml`."""
        if root is None:
            return cls()
        return cls(_with_property(root, STRIKES), _with_property(root, (VANISH,)))

    def is_struck(self, run: etree._Element) -> bool:
        """By the run's own properties or by its styles."""
        return _has(run, STRIKES, self.striking)

    def is_hidden(self, run: etree._Element) -> bool:
        """By the run's own properties or by its styles."""
        return _has(run, (VANISH,), self.hiding)


def show_hidden(root: etree._Element) -> None:
    """Take the hiding off, so that Docling reads hidden text as any other."""
    for element in list(root.iter(VANISH)):
        remove(element)


def _own(properties: etree._Element | None, names: Sequence[str]) -> bool | None:
    """What the properties themselves say; None if nothing."""
    found = [properties.find(name) for name in names] if properties is not None else []
    said = [is_on(element) for element in found if element is not None]
    return any(said) if said else None


def _has(run: etree._Element, names: Sequence[str], styles: frozenset[str]) -> bool:
    properties = run.find(f"{W}rPr")
    own = _own(properties, names)
    if own is not None or not styles:
        return bool(own)
    style = properties.find(f"{W}rStyle") if properties is not None else None
    if style is not None and style.get(f"{W}val") in styles:
        return True
    paragraph = next(run.iterancestors(f"{W}p"), None)
    of_paragraph = paragraph.find(f"{W}pPr/{W}pStyle") if paragraph is not None else None
    return of_paragraph is not None and of_paragraph.get(f"{W}val") in styles


def _with_property(root: etree._Element, names: Sequence[str]) -> frozenset[str]:
    own: dict[str, bool | None] = {}
    base: dict[str, str] = {}
    for style in root.iter(f"{W}style"):
        name = style.get(f"{W}styleId", "")
        own[name] = _own(style.find(f"{W}rPr"), names)
        parent = style.find(f"{W}basedOn")
        base[name] = parent.get(f"{W}val", "") if parent is not None else ""
    return frozenset(name for name in own if _inherited(name, own, base))


def _inherited(name: str, own: dict[str, bool | None], base: dict[str, str]) -> bool:
    seen: set[str] = set()
    while name in own and name not in seen:
        said = own[name]
        if said is not None:
            return said
        seen.add(name)
        name = base[name]
    return False
