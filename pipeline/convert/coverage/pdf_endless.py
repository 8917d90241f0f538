"""What pdfium would follow for ever, in branches that share theirs: such a PDF is not opened, and so not counted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary

MOST_STEPS = 10_000  # of a condition
MOST_NODES = 200_000  # of the fields of a form, or of the names of attached files
MOST_DEPTH = 100


def refuse_endless(data: bytes) -> None:
    """Raises ValueError for conditions of layers, fields and names of more steps than any author means."""
    with pikepdf.open(io.BytesIO(data)) as document:
        root = document.Root
        for nodes in (_listed(root.get("/AcroForm"), "/Fields"), [_named(root.get("/Names"), "/EmbeddedFiles")]):
            _Steps(_kids, MOST_NODES).count(nodes, 0)
        if "/OCProperties" not in root:
            return
        steps = _Steps(_parts, MOST_STEPS)
        for found in document.objects:
            if isinstance(found, Dictionary) and "/VE" in found:
                steps.count([found.VE], 0)


def _parts(expression: Any) -> Iterable[Any]:
    """Of a visibility expression (ISO 32000-1, 8.11.2.2)."""
    return expression if isinstance(expression, Array) else ()


def _kids(node: Any) -> Iterable[Any]:
    return _listed(node, "/Kids")


def _named(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Dictionary) else None


def _listed(node: Any, key: str) -> Iterable[Any]:
    entries = _named(node, key)
    return entries if isinstance(entries, Array) else ()


@dataclass
class _Steps:
    """Counts the nodes below others; those that are shared as often as they are met."""

    below: Callable[[Any], Iterable[Any]]
    most: int
    _known: dict[tuple[int, int], int] = field(default_factory=dict)

    def count(self, nodes: Iterable[Any], depth: int) -> int:
        if depth > MOST_DEPTH:
            raise ValueError("parts of the file are nested without an end")
        steps = 0
        for node in nodes:
            steps += self._of(node, depth)
            if steps > self.most:
                raise ValueError("parts of the file have no end")
        return steps

    def _of(self, node: Any, depth: int) -> int:
        name = getattr(node, "objgen", (0, 0))
        if name not in self._known or not name[0]:
            self._known[name] = 1 + self.count(self.below(node), depth + 1)
        return self._known[name]
