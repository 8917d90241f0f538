"""Layers of a PDF (optional content, ISO 32000-1, 8.11) that are off when it is opened: what they draw is taken out."""

from __future__ import annotations

from typing import Any

import pikepdf
from pikepdf import Array, ContentStreamInlineImage, Dictionary, Name, Operator, Pdf, Stream

PAINTING = {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*"}
DRAWING = {"Tj", "TJ", "sh", "Do"}
MAX_DEPTH = 16  # of forms in forms
MAX_CONDITIONS, MAX_CONDITION_DEPTH = 16, 4  # of conditions in conditions: a document can ask for endless ones

Instruction = Any


class Layers:
    """The layers of a document."""

    def __init__(self, document: Pdf) -> None:
        self._document = document
        self._off = _switched_off(document.Root.get("/OCProperties"))
        self._seen: set[tuple[int, int]] = set()

    def is_off(self, condition: Any) -> bool:
        """Is what belongs to this layer, or to this combination of layers, not shown?"""
        if not self._off or not isinstance(condition, Dictionary):
            return False
        if condition.get("/Type") != Name.OCMD:
            return condition.objgen in self._off
        if isinstance(expression := condition.get("/VE"), Array):
            return not self._holds(expression)
        groups = condition.get("/OCGs", Array())
        shown = [group.objgen not in self._off for group in (groups if isinstance(groups, Array) else [groups])]
        policy = str(condition.get("/P", "/AnyOn"))
        visible = {
            "/AllOn": all(shown),
            "/AnyOff": not all(shown),
            "/AllOff": not any(shown),
        }.get(policy, any(shown))
        return bool(shown) and not visible

    def hide(self) -> bool:
        """Take what is off out of all pages; whether there was any."""
        if not self._off:
            return False
        for page in self._document.pages:
            resources = page.resources
            if self._concerns(resources):
                instructions = self._visible(pikepdf.parse_content_stream(page), resources)
                page.obj.Contents = self._document.make_stream(pikepdf.unparse_content_stream(instructions))
        return True

    def _holds(self, expression: Any, depth: int = 0) -> bool:
        """A visibility expression: a layer, or And, Or, Not of expressions."""
        if not isinstance(expression, Array):
            return not (isinstance(expression, Dictionary) and expression.objgen in self._off)
        if depth > MAX_CONDITION_DEPTH:
            return True
        operator, *parts = list(expression)[: MAX_CONDITIONS + 1]
        values = [self._holds(part, depth + 1) for part in parts]
        if operator == Name.Not:
            return not any(values[:1])
        return all(values) if operator == Name.And else any(values)

    def _concerns(self, resources: Any, depth: int = 0) -> bool:
        """Is anything switched off in content with these resources? Forms in it are cleaned on the way."""
        if not isinstance(resources, Dictionary) or depth > MAX_DEPTH:
            return False
        found = any(self.is_off(group) for group in _values(resources, "/Properties"))
        for item in _values(resources, "/XObject"):
            found |= self.is_off(item.get("/OC"))
            if item.get("/Subtype") == Name.Form and item.objgen not in self._seen:
                self._seen.add(item.objgen)
                inner = item.get("/Resources")
                if self._concerns(inner, depth + 1):
                    content = self._visible(pikepdf.parse_content_stream(item), inner)
                    item.write(pikepdf.unparse_content_stream(content))
        return found

    def _visible(self, instructions: list[Instruction], resources: Any) -> list[Instruction]:
        """The instructions without those that draw what is off; those that set and move stay."""
        kept: list[Instruction] = []
        marked: list[bool] = []
        for instruction in instructions:
            name = "" if isinstance(instruction, ContentStreamInlineImage) else str(instruction.operator)
            if name in ("BDC", "BMC"):
                marked.append(name == "BDC" and self._is_marked_off(instruction.operands, resources))
            elif name == "EMC" and marked:
                marked.pop()
            if any(marked):
                kept += _undrawn(instruction, name)
            elif name != "Do" or not self.is_off(_named(resources, "/XObject", instruction.operands[0]).get("/OC")):
                kept.append(instruction)
        return kept

    def _is_marked_off(self, operands: Any, resources: Any) -> bool:
        return bool(operands[0] == Name.OC) and self.is_off(_named(resources, "/Properties", operands[1]))


def _switched_off(properties: Any) -> set[tuple[int, int]]:
    """The layers that the document's default configuration does not show."""
    default = properties.get("/D") if isinstance(properties, Dictionary) else None
    if not isinstance(default, Dictionary):
        return set()
    off = {group.objgen for group in default.get("/OFF", Array())}
    if default.get("/BaseState") == Name.OFF:
        off |= {group.objgen for group in properties.get("/OCGs", Array())}
        off -= {group.objgen for group in default.get("/ON", Array())}
    return off


def _values(resources: Dictionary, kind: str) -> list[Any]:
    entries = resources.get(kind)
    values = [value for _, value in entries.items()] if isinstance(entries, Dictionary) else []
    return [value for value in values if isinstance(value, Dictionary | Stream)]


def _named(resources: Any, kind: str, name: Any) -> Any:
    entries = resources.get(kind) if isinstance(resources, Dictionary) else None
    entry = entries.get(str(name)) if isinstance(entries, Dictionary) and isinstance(name, Name) else None
    return entry if isinstance(entry, Dictionary | Stream) else Dictionary()


def _undrawn(instruction: Instruction, name: str) -> list[Instruction]:
    """What remains of an instruction that must not be seen: ends of paths and lines count for what follows."""
    if not name or name in DRAWING:
        return []
    if name in PAINTING:
        return [([], Operator("n"))]
    if name == "'":
        return [([], Operator("T*"))]
    if name == '"':
        word, character, _ = instruction.operands
        return [([word], Operator("Tw")), ([character], Operator("Tc")), ([], Operator("T*"))]
    return [instruction]
