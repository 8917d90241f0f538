"""Qdrant's published API description, taken strictly: what it does not name is wrong.

The server itself ignores most unknown fields, so that a misspelt one would go unnoticed.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator  # type: ignore[import-untyped]

_DESCRIPTION = Path(__file__).parent / "data" / "qdrant-openapi-1.19.json.gz"
_PARAMETER = re.compile(r"\\{\w+\\}")


def request_problems(method: str, path: str, query: dict[str, list[str]], body: Any) -> Iterator[str]:
    """Whatever the description does not allow in a request, a phrase each."""
    template = _template(path)
    operation = _description()["paths"].get(template, {}).get(method.lower())
    if operation is None:
        yield f"{method} {path} does not exist"
        return
    yield from (f"{method} {template}: {problem}" for problem in _query_problems(operation, query))
    if (body is not None) != ("requestBody" in operation):
        yield f"{method} {template}: a body is {'not allowed' if body is not None else 'missing'}"
    elif body is not None:
        yield from _problems(("paths", template, method.lower(), "requestBody"), f"{method} {template}", body)


def answer_problems(method: str, path: str, answer: Any) -> Iterator[str]:
    """The same for what a server answers with status 200."""
    template = _template(path)
    yield from _problems(
        ("paths", template, method.lower(), "responses", "200"), f"answer of {method} {template}", answer
    )


def _query_problems(operation: dict[str, Any], query: dict[str, list[str]]) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
    yield from (f"no parameter {name}" for name in query.keys() - known.keys())
    yield from (f"parameter {name} is missing" for name in known if known[name].get("required") and name not in query)
    for name in query.keys() & known.keys():
        value = query[name][-1]
        if not _validator(json.dumps(known[name]["schema"])).is_valid(_parsed(value)):
            yield f"parameter {name} = {value}"


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)  # numbers, true and false are written as in JSON
    except ValueError:
        return value


def _problems(place: tuple[str, ...], name: str, content: Any) -> Iterator[str]:
    part = _description()
    for key in place:
        part = part[key]
    validator = _validator(json.dumps(part["content"]["application/json"]["schema"]))
    yield from (f"{name}: {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(content))


@cache
def _template(path: str) -> str:
    """The path as the description writes it; one without parameters goes before one with."""
    for template in sorted(_description()["paths"], key=lambda template: (template.count("{"), template)):
        if re.fullmatch(_PARAMETER.sub("[^/]+", re.escape(template)), path):
            return str(template)
    return path


@cache
def _validator(schema: str) -> Draft4Validator:
    return Draft4Validator({**json.loads(schema), "components": _description()["components"]})


@cache
def _description() -> Any:
    return json.loads(gzip.decompress(_DESCRIPTION.read_bytes()), object_hook=_strict)


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    """A schema of OpenAPI 3.0 as JSON Schema, which has a type for what is `nullable`; closed to unknown fields."""
    if isinstance(node.get("properties"), dict):
        node.setdefault("additionalProperties", False)
    if not node.pop("nullable", False):
        return node
    return {"anyOf": [node, {"type": "null"}]} if node else {"type": "null"}
