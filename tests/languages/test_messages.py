"""A Portuguese report is Portuguese: what stages say of a document is known in that language, word for word."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from pipeline.convert.noticed import KINDS
from pipeline.languages import REPORTS
from tests.support.paths import ROOT

NOTED = (
    "approved, but the document names no approver",
    "The text is not UTF-8; it was read as cp1252.",
    "NUL characters were removed from the text.",
    "The text has no byte order mark; it was read as utf-16-le.",
    "The page declares another charset; it was read as utf-8.",
    "Damaged byte sequences, each replaced by the character U+FFFD: 3.",
    "Characters in CESU-8, read as if in UTF-8: 3.",
    "The checkout is a shallow clone that does not hold the last change: author and dates are unknown; "
    "run `git fetch --unshallow`.",
    "GitLab did not tell the document's size; it was left out.",
    "GitLab did not tell the document's author, dates and commit; they were left out.",
    "A date that GitLab tells lies outside the calendar; it was left out.",
    "hidden folder, trash or store of old versions",
    "No text was found in the document.",
    "The file is named .pdf but is DOCX; it was converted as such.",
    "Page 3 was not read.",
    "The front matter is not valid YAML; it was kept as text.",
    "The file's XML is irregular: notes, headers, drawings and shown values may be missing.",
    "The document's properties are too large and were not read.",
    "The document's properties are damaged and were not read.",
    "Fonts without a right character map: text cannot be read on page 1, 3.",
    "The PDF is damaged: its form values, layers and attached files were not looked for.",
    "The PDF's XFA form is damaged and was not read.",
    "The PDF is an XFA form; values that no page shows were put at the end: 12.",
    "The property author has a value that cannot be used; it was left out.",
    "The picture is an animation of 3 frames; only the first was read.",
    "Attachment 2 (PDF) was not read.",
    "Attachment 3, of an unknown kind, was not read.",
    "Pictures that could not be read: 2.",
    "Embedded objects that were not read: 1.",
    "Formulas without a stored result: 4.",
    "Parts of the book that are missing: 1.",
    "hidden or temporary file",
    "unsupported format .zip",
    "its name is not valid UTF-8; rename it",
    "unexpected ValueError; the run's errors.log has the traceback",
    "The file is empty: restore it from its origin.",
    "The file is not a PDF file or is damaged: restore it from its origin.",
)
"""Warnings and reasons to skip a file, as they are written."""


def raised(*errors: str, folder: str = "") -> Iterator[tuple[str, str]]:
    """Where errors of these classes are raised, and what is said."""
    for file in (ROOT / "pipeline" / folder).rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors:
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


REFUSALS = dict(raised("PermanentError"))
UNANSWERED = {
    place: said
    for folder in ("search", "web/library")
    for place, said in raised("TransientError", "ConfigurationError", folder=folder)
} | {
    "requests": "Qdrant has no such collection: `nic run` builds it",
    "local_copy": "the readers' copy of the local collection cannot be opened (DatabaseError): run `nic run`, which "
    "makes it again",
}
"""Why a page has no answer to a question."""


def test_refusals_are_found() -> None:
    assert len(REFUSALS) > 20
    assert len(UNANSWERED) > 5


COUNTED = [text.format(7) for texts in KINDS.values() for text in texts]


@pytest.mark.parametrize(
    "message", [*NOTED, *COUNTED, *REFUSALS.values(), *UNANSWERED.values()], ids=lambda message: message[:40]
)
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


def test_kinds_and_places_of_missing_text_are_said_in_portuguese() -> None:
    portuguese, english = REPORTS["pt"], REPORTS["en"]
    assert (portuguese.kind("text_box"), english.kind("text_box")) == ("caixa de texto", "text box")
    assert portuguese.place("sheet Taxas, B12") == "planilha Taxas, B12"
    assert portuguese.place("notes of slide 7") == "anotações do slide 7"
    assert portuguese.place("inserted file 1, footnote 3") == "arquivo inserido 1, nota de rodapé 3"
    assert portuguese.place("page 4, header") == "página 4, cabeçalho"
    assert portuguese.place("pages of old") == "pages of old"
    assert english.place("sheet Taxas, B12") == "sheet Taxas, B12"


def test_every_kind_that_coverage_knows_has_a_portuguese_name() -> None:
    passages = pytest.importorskip("pipeline.convert.coverage.passages")
    kinds = {*passages.PassageKind, *passages.LeftOut}
    assert {kind.value for kind in kinds} - REPORTS["pt"].kinds.keys() == set()
