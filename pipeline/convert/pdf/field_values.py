"""Values of form fields joined to their labels: "Nome:" with what was filled in, a box with what it is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from typing_extensions import TypeIs

from pipeline.convert.pdf.boxes import overlap_x, overlap_y
from pipeline.convert.pdf.lines import Line
from pipeline.convert.pdf_content.fields import CHECKED, UNCHECKED
from pipeline.convert.pdf_content.written_text import FIELD_FONT

MAX_VALUES = 1000  # of a page; each is compared with all its lines
MAX_BOX_GAP = 3.0  # between a box and its label, in text sizes
MAX_LABEL_WORDS = 12  # above a field; more is a paragraph
MAX_ASIDE = 2.5  # between the middles of a label and of a high field's value, in text sizes
MAX_ROW_GAP = 1.8  # between a label and the field below it, in text sizes


def is_value(line: Line) -> bool:
    """Whether the line is what a form field was filled in with, which has a font of its own."""
    return FIELD_FONT in line.font


def join_values(lines: Iterable[Line]) -> list[Line]:
    """The lines, values with their labels in front of them, boxes in front of theirs; a value without label stays."""
    found = list(lines)
    values = sorted((line for line in found if is_value(line)), key=lambda line: (round(line.top), line.left))
    if not 0 < len(values) <= MAX_VALUES:
        return found
    others = [line for line in found if not is_value(line)]
    alone = [value for value in values if not _joined(value, values, others)]
    return others + alone


def _joined(value: Line, values: Sequence[Line], labels: Sequence[Line]) -> bool:
    """Join, in place, the value to its label; whether there is one."""
    is_box = value.text.strip() in (CHECKED, UNCHECKED)
    row = [line for line in (*labels, *values) if line is not value and _is_level(line, value)]
    before = max((line for line in row if line.right <= value.left + 2), key=lambda line: line.right, default=None)
    behind = min((line for line in row if line.left >= value.right - 2), key=lambda line: line.left, default=None)
    near = MAX_BOX_GAP * value.size
    if is_box and _is_label(behind, labels) and (behind.left - value.right < near or not _is_label(before, labels)):
        behind.absorb(value, before=True)
        return True
    label = before if _is_label(before, labels) else None if is_box else _label_above(value, labels)
    label = label or _label_aside(value, labels)
    if label is not None:
        label.absorb(value)
    return label is not None


def _is_level(line: Line, value: Line) -> bool:
    return overlap_y(line, value) > 0.4 * min(line.height, value.height)


def _is_label(line: Line | None, labels: Sequence[Line]) -> TypeIs[Line]:
    return line is not None and any(line is label for label in labels)


def _label_above(value: Line, labels: Sequence[Line]) -> Line | None:
    above = [
        line
        for line in labels
        if -2 <= value.top - line.bottom <= MAX_ROW_GAP * line.size
        and overlap_x(line, value) > 0.5 * min(line.width, value.width)
        and len(line.text.split()) <= MAX_LABEL_WORDS
    ]
    return max(above, key=lambda line: line.bottom, default=None)


def _label_aside(value: Line, labels: Sequence[Line]) -> Line | None:
    """To the left of a field that is several lines high, at whatever height."""
    aside = [
        line
        for line in labels
        if line.right <= value.left + 2
        and abs(line.center_y - value.center_y) <= MAX_ASIDE * line.size
        and line.text.rstrip().endswith(":")
    ]
    return max(aside, key=lambda line: line.right, default=None)
