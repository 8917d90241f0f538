"""A Portuguese report is Portuguese: what stages say of a document is known in that language, word for word."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from pipeline.convert.office.noticed import KINDS
from pipeline.languages import REPORTS
from tests.support.paths import ROOT

NOTED = (
    "approved, but the document names no approver",
    "The text is not UTF-8; it was read as cp1252.",
    "NUL characters were removed from the text.",
    "No text was found in the document.",
    "The file is named .pdf but is DOCX; it was converted as such.",
    "Page 3 was not read.",
    "The front matter is not valid YAML; it was kept as text.",
    "The file's XML is irregular: notes, headers, drawings and shown values may be missing.",
    "The document's properties are too large and were not read.",
    "The document's properties are damaged and were not read.",
    "The property author has a value that cannot be used; it was left out.",
    "hidden or temporary file",
    "unsupported format .zip",
    "its name is not valid UTF-8; rename it",
    "unexpected ValueError; the run's errors.log has the traceback",
    "The file is empty: restore it from its origin.",
    "The file is not a PDF file or is damaged: restore it from its origin.",
)
"""Warnings and reasons to skip a file, as they are written."""


def refusals() -> Iterator[tuple[str, str]]:
    """Where a document is refused for good, and what is said."""
    for file in (ROOT / "pipeline").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PermanentError":
                for said in _messages(node.args[0], constants):
                    yield f"{file.stem}:{node.lineno}", said


def _messages(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        case ast.IfExp():
            yield from _messages(node.body, constants)
            yield from _messages(node.orelse, constants)
        case ast.Name():
            yield from _messages(constants[node.id], constants)
        case ast.Call():  # sanitise(…)
            yield from _messages(node.args[0], constants)


REFUSALS = dict(refusals())


def test_refusals_are_found() -> None:
    assert len(REFUSALS) > 20


COUNTED = [text.format(7) for texts in KINDS.values() for text in texts]


@pytest.mark.parametrize("message", [*NOTED, *COUNTED, *REFUSALS.values()], ids=lambda message: message[:40])
def test_it_is_said_in_portuguese(message: str) -> None:
    translated = REPORTS["pt"].translated(message)
    assert translated
    assert translated != message


def test_what_varies_is_kept() -> None:
    said = REPORTS["pt"].translated("The text is not UTF-8; it was read as cp1252.")
    assert said == "O texto não está em UTF-8; foi lido como cp1252."


def test_what_is_not_known_is_said_to_be_english() -> None:
    assert REPORTS["pt"].translated("something new") is None
    assert REPORTS["en"].translated("something new") == "something new"
