"""Puts all of one DoclingDocument into another, where one of its items stands or at its end.

docling-core 2.104's `insert_document` leaves table cells and captions pointing at items of the old document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from docling_core.types.doc import DocItemLabel, DoclingDocument, NodeItem, RefItem
from pydantic import TypeAdapter

REFERENCE = re.compile(r"#/(\w+)/(\d+)")
REFERENCES = ("$ref", "self_ref")
BODY = "#/body"


def merge(part: DoclingDocument, document: DoclingDocument, levels: int, behind: NodeItem | None = None) -> None:
    """In place: the part's content behind an item, else at the end, its headings so many levels deeper, no pages."""
    parent = behind.parent.resolve(document) if behind and behind.parent else document.body
    written = part.model_dump(mode="json", by_alias=True)
    lists = [name for name, items in written.items() if isinstance(items, list) and items and "self_ref" in items[0]]
    offsets = {name: len(getattr(document, name)) for name in lists}
    for name in lists:
        items = [_moved(item, offsets, parent.self_ref) for item in written[name]]
        for item in items:
            _lower(item, levels)
        annotation: Any = DoclingDocument.model_fields[name].annotation
        getattr(document, name).extend(TypeAdapter(annotation).validate_python(items))
    children = [RefItem(cref=_reference(child.cref, offsets, BODY)) for child in part.body.children]
    siblings = [child.cref for child in parent.children]
    position = siblings.index(behind.self_ref) + 1 if behind else len(siblings)
    parent.children[position:position] = children


def _moved(value: Any, offsets: Mapping[str, int], parent: str) -> Any:
    """The item with every reference as it is in the other document."""
    if isinstance(value, list):
        return [_moved(entry, offsets, parent) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _reference(entry, offsets, parent) if key in REFERENCES else _moved(entry, offsets, parent)
        for key, entry in value.items()
    }


def _reference(reference: str, offsets: Mapping[str, int], parent: str) -> str:
    if reference == BODY:
        return parent
    found = REFERENCE.fullmatch(reference)
    return f"#/{found[1]}/{int(found[2]) + offsets[found[1]]}" if found else reference


def _lower(item: dict[str, Any], levels: int) -> None:
    """A title becomes the first of the headings below the one that the part stands under."""
    if "prov" in item:
        item["prov"] = []
    if item["label"] == DocItemLabel.TITLE:
        item |= {"label": DocItemLabel.SECTION_HEADER, "level": levels}
    elif item["label"] == DocItemLabel.SECTION_HEADER:
        item["level"] += levels
