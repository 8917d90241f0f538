"""Conditions of layers that a renderer would evaluate for ever: a PDF with such is not rendered, and so not counted."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary

MOST_STEPS = 10_000
MOST_DEPTH = 100


def refuse_endless_conditions(data: bytes) -> None:
    """Raises ValueError for visibility expressions (ISO 32000-1, 8.11.2.2) of more steps than any author means."""
    with pikepdf.open(io.BytesIO(data)) as document:
        if "/OCProperties" not in document.Root:
            return
        known: dict[tuple[int, int], int] = {}
        for found in document.objects:
            if isinstance(found, Dictionary) and "/VE" in found:
                _steps(found.VE, known, 0)


def _steps(expression: Any, known: dict[tuple[int, int], int], depth: int) -> int:
    """How many expressions are evaluated for this one; those that are shared are counted as often as they are met."""
    if not isinstance(expression, Array):
        return 1
    name = expression.objgen if expression.is_indirect else None
    if name is None or name not in known:
        if depth > MOST_DEPTH:
            raise ValueError("conditions of layers are nested without an end")
        steps = 1 + sum(_steps(part, known, depth + 1) for part in expression)
        if steps > MOST_STEPS:
            raise ValueError("conditions of layers have no end")
        if name is None:
            return steps
        known[name] = steps
    return known[name]
