"""The file of questions: JSON with `queries`, each naming the document that answers it, and what is known of `docs`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pydantic import BaseModel, Field, ValidationError

from pipeline.errors import ConfigurationError


class Question(BaseModel):
    """One question. Other fields are allowed and ignored."""

    qid: str
    question: str = Field(pattern=r"\S")
    path: str = Field(description="of the document that answers it, from the root, as `status` and `search` name it")
    answers: tuple[str, ...] = Field((), description="texts of which one stands in a chunk that answers it")
    lang: str = "unknown"
    cross_lingual: bool = Field(False, description="whether question and document are in different languages")
    kind: str = Field("", description="of document; the extension where the file does not say")


class _Document(BaseModel):
    path: str
    render: str | None = None
    format: str | None = None


class _QuestionFile(BaseModel):
    queries: tuple[Question, ...] = Field(min_length=1)
    docs: tuple[_Document, ...] = ()


def read_questions(file: Path) -> tuple[Question, ...]:
    """The questions of a file, each with its kind of document. Raises ConfigurationError that names what is wrong."""
    try:
        content = _QuestionFile.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"the questions {file.name} cannot be read: {type(error).__name__}") from None
    except ValidationError as error:
        first = error.errors()[0]
        reason = ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
        raise ConfigurationError(f"{file.name} is no file of questions: {reason}") from None
    kinds = {document.path: document.render or document.format for document in content.docs}
    return tuple(
        question.model_copy(update={"kind": question.kind or kinds.get(question.path) or _extension(question.path)})
        for question in content.queries
    )


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix.lstrip(".").lower() or "unknown"
