"""What a file of questions may look like, and what is said of one that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.evaluation.questions import read_questions


def write(folder: Path, content: object) -> Path:
    (folder / "questions.json").write_text(json.dumps(content), encoding="utf-8")
    return folder / "questions.json"


def test_three_fields_are_enough_and_the_kind_is_the_extension(tmp_path: Path) -> None:
    file = write(tmp_path, {"queries": [{"qid": "1", "question": "?", "path": "a/b.PDF", "more": 1}]})
    (question,) = read_questions(file)
    assert (question.kind, question.lang, question.answers, question.cross_lingual) == ("pdf", "unknown", (), False)


def test_what_the_file_says_of_its_documents_is_their_kind(tmp_path: Path) -> None:
    content = {
        "docs": [{"path": "a.pdf", "render": "scan_pdf", "format": "pdf"}],
        "queries": [{"qid": "1", "question": "?", "path": "a.pdf", "lang": "pt", "answers": ["x"]}],
    }
    (question,) = read_questions(write(tmp_path, content))
    assert (question.kind, question.answers) == ("scan_pdf", ("x",))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"queries": [{"qid": "1", "question": "?"}]}, "queries.0.path"),
        ({"queries": []}, "queries"),
        ({}, "queries"),
        ([1], "questions.json"),
    ],
)
def test_a_file_that_is_none_is_refused_by_the_place_that_is_wrong(tmp_path: Path, content: object, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_questions(write(tmp_path, content))
