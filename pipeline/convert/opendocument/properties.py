"""What an OpenDocument file says about itself, from its meta part."""

from __future__ import annotations

from typing import Any

from pipeline.convert.opendocument.names import NAMESPACES, name
from pipeline.convert.opendocument.package import Package
from pipeline.convert.properties import FIELD_OF, Found, validated
from pipeline.errors import PermanentError

FIELDS = {
    "dc:title": "title",
    "dc:subject": "description",
    "dc:description": "description",
    "meta:initial-creator": "author",
    "dc:creator": "author",
    "meta:creation-date": "created_date",
    "dc:date": "modified_date",
    "dc:language": "language",
}


def properties_of(package: Package) -> Found:
    """Named fields first, then keywords and the author's own fields by the names that front matter has."""
    try:
        meta = package.part("meta.xml").find(name("office:meta"))
    except PermanentError:
        return Found(warnings=("The document's properties are damaged and were not read.",))
    if meta is None:
        return Found()
    values: dict[str, Any] = {}
    for tag, field in FIELDS.items():
        if text := meta.findtext(tag, "", NAMESPACES).strip():
            values.setdefault(field, text)
    keywords = [text for entry in meta.iterfind("meta:keyword", NAMESPACES) if (text := (entry.text or "").strip())]
    if keywords:
        values["tags"] = ", ".join(keywords)
    for entry in meta.iterfind("meta:user-defined", NAMESPACES):
        own = FIELD_OF.get(entry.get(name("meta:name"), "").strip().lower().replace(" ", "_"))
        if own and (entry.text or "").strip():
            values.setdefault(own, entry.text)
    return validated(values)
