"""Values of form fields, written into the page where their fields stand, whether a program has drawn them or not."""

from __future__ import annotations

from typing import Any

from pikepdf import Array, Dictionary, Name, Stream, String

from pipeline.convert.pdf_content.annotations import font_size, rectangle_of
from pipeline.convert.pdf_content.written_text import FIELD_FONT, Writer

CHECKED, UNCHECKED = "[x]", "[ ]"
PASSWORD, PUSH_BUTTON = 1 << 13, 1 << 16  # of the flags of text fields and buttons (ISO 32000-1, 12.7.4)
MAX_DEPTH = 32
MAX_VALUE_BYTES = 100_000


class FieldValues:
    """Writes the fields of a document; `written` are their values."""

    def __init__(self) -> None:
        self.written: set[str] = set()

    def write(self, annotation: Dictionary, writer: Writer) -> bool:
        """Whether the annotation is a field whose value was written. Signatures and buttons stay as they are drawn."""
        if annotation.get("/Subtype") != Name.Widget or (rectangle := rectangle_of(annotation)) is None:
            return False
        text = _text(annotation)
        if not text:
            return False
        self.written.add(text)
        turned = int(annotation.get("/MK", Dictionary()).get("/R", 0)) % 360 // 90 * 90
        writer.write(text, rectangle, FIELD_FONT, font_size(_string(_inherited(annotation, "/DA"))), turned)
        return True


def _text(field: Dictionary) -> str:
    kind, flags = _inherited(field, "/FT"), int(_inherited(field, "/Ff") or 0)
    value = _inherited(field, "/V")
    if kind == Name.Tx:
        return "" if flags & PASSWORD else _string(value)
    if kind == Name.Ch:
        return _chosen(value, _inherited(field, "/Opt"))
    if kind == Name.Btn and not flags & PUSH_BUTTON:
        return CHECKED if _is_on(field, value) else UNCHECKED
    return ""


def _inherited(field: Dictionary, key: str) -> Any:
    """An attribute of the field or of the nearest field above it that has it."""
    node: Any = field
    for _ in range(MAX_DEPTH):
        if not isinstance(node, Dictionary):
            return None
        if key in node:
            return node.get(key)
        node = node.get("/Parent")
    return None


def _string(value: Any) -> str:
    if isinstance(value, Stream):
        return str(String(value.read_bytes()[:MAX_VALUE_BYTES]))
    return str(value) if isinstance(value, String | str) else ""


def _chosen(value: Any, options: Any) -> str:
    """The choices as the list shows them; the value is what it exports."""
    shown: dict[str, str] = {}
    for option in options if isinstance(options, Array) else ():
        if isinstance(option, Array) and len(option) == 2:
            shown[_string(option[0])] = _string(option[1])
    chosen = [_string(item) for item in value] if isinstance(value, Array) else [_string(value)]
    return ", ".join(shown.get(choice, choice) for choice in chosen if choice)


def _is_on(field: Dictionary, value: Any) -> bool:
    """A box shows its own state; without one, it is on when the field's value is among its states."""
    state = field.get("/AS")
    if state is not None:
        return bool(state != Name.Off)
    normal = field.get("/AP", Dictionary()).get("/N")
    if not isinstance(value, Name) or value == Name.Off:
        return False
    return not isinstance(normal, Dictionary) or isinstance(normal, Stream) or value in normal
