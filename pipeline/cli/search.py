"""The commands that ask the collection."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel, Field, ValidationError
from rich.padding import Padding
from rich.text import Text

from pipeline.cli.app import Json, app, console, print_json_list, writing
from pipeline.errors.escaping import one_line
from pipeline.run.current import current_run
from pipeline.run.findings_lines import counted
from pipeline.schema import Method

if TYPE_CHECKING:
    from pipeline.search import Hit, Options

_SNIPPET_CHARACTERS = 400
_INDENT = " " * 4
_filter = functools.partial(typer.Option, rich_help_panel="Only among these")
Day = Annotated[datetime | None, _filter(formats=["%Y-%m-%d"])]


class Question(BaseModel):
    """A line of `search --queries`; other fields are allowed and ignored."""

    qid: str
    question: str = Field(pattern=r"\S")


@app.command()
def search(  # noqa: PLR0913 - a function for typer has an argument for each option
    text: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    *,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="How many hits.")] = 10,
    method: Annotated[Method, typer.Option(help="By meaning (dense), by words (sparse), or both.")] = Method.HYBRID,
    by_document: Annotated[bool, typer.Option("--by-document", help="Of each document only its best hit.")] = False,
    neighbours: Annotated[int, typer.Option(min=0, max=20, help="Chunks before and after a hit to show, too.")] = 0,
    as_json: Json = False,
    queries: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help='Many questions: {"qid", "question"} a line.')
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help='Where their hits go: {"qid", "hits"} a line.')
    ] = None,
    path: Annotated[str | None, _filter(help="A document, or a folder with all below it.")] = None,
    document_type: Annotated[list[str] | None, _filter("--type", help="policy, procedure, …; repeatable.")] = None,
    status: Annotated[list[str] | None, _filter(help="draft, approved, …; repeatable.")] = None,
    language: Annotated[str | None, _filter(help="pt, pt-BR, en, …")] = None,
    author: Annotated[str | None, _filter(help="As it is stored.")] = None,
    latest: Annotated[bool | None, _filter("--latest/--not-latest", help="By is_latest.")] = None,
    modified_from: Day = None,
    modified_to: Day = None,
    effective_from: Day = None,
    effective_to: Day = None,
    min_coverage: Annotated[
        float | None, _filter(min=0, max=1, help="Only where at least this share of the file's words was read.")
    ] = None,
) -> None:
    """Search the published collection; hits are best first."""
    narrowed = _options(
        by_document,
        neighbours,
        path=path,
        document_type=document_type or (),
        status=status or (),
        language=language,
        author=author,
        is_latest=latest,
        min_text_coverage=min_coverage,
        modified_from=modified_from and modified_from.date(),
        modified_to=modified_to and modified_to.date(),
        effective_from=effective_from and effective_from.date(),
        effective_to=effective_to and effective_to.date(),
    )
    if queries and out and text is None:
        _search_many(queries, out, top_k, method, narrowed)
    elif text is None or queries or out:
        raise typer.BadParameter('give either a text, or --queries and --out; see "search --help"')
    else:
        _search_one(text, top_k, method, narrowed, as_json=as_json)


def _options(by_document: bool, neighbours: int, **filters: Any) -> Options:
    from pipeline.search import Filters, Options

    try:
        found = Filters(**filters)
    except ValidationError as error:
        (name, *_), message = error.errors()[0]["loc"], error.errors()[0]["msg"]
        raise typer.BadParameter(f"{str(name).removeprefix('document_')}: {message}") from None
    return Options(filters=found, by_document=by_document, neighbours=neighbours)


def _search_one(text: str, top_k: int, method: Method, options: Options, *, as_json: bool) -> None:
    from pipeline.search import search as ask

    if not text.strip():
        raise typer.BadParameter("the text to search for is empty")
    hits = ask([text], top_k, current_run().settings, method, options)[0]
    if as_json:
        print_json_list(hits)
    else:
        _show(hits)


def _show(hits: Sequence[Hit]) -> None:
    for number, hit in enumerate(hits, 1):
        pages = f", page {', '.join(map(str, hit.page_numbers))}" if hit.page_numbers else ""
        console.print(f"{number:>2}. {hit.score:.3f}  {one_line(hit.title)}", style="bold")
        _print_below(Text(f"{one_line(hit.path)}{pages}", "dim"))
        if hit.headings:
            _print_below(Text(" › ".join(map(one_line, hit.headings)), "cyan"))
        _print_below(_passage(hit))
    if not hits:
        console.print("no hits")


def _passage(hit: Hit) -> Text:
    """The snippet, or with neighbours all of it between them; the question's words stand out."""
    from pipeline.search import snippet, whole

    if not (hit.before or hit.after):
        best = snippet(hit, _SNIPPET_CHARACTERS, has_lines=console.is_terminal)
        return Text.assemble(*((part.text, "bold" if part.is_marked else "") for part in best))
    found = Text.assemble(*((part.text, "bold" if part.is_marked else "") for part in whole(hit)))
    parts = [Text(hit.before, "dim"), found, Text(hit.after, "dim")]
    lines = Text("\n\n").join(part for part in parts if part).split("\n", allow_blank=True)
    return Text("\n").join(lines)


def _print_below(text: Text) -> None:
    """Set in; whole words go to the next line at a terminal's edge, and nothing is broken elsewhere."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, len(_INDENT))))
    else:
        console.print(Text(_INDENT).append_text(Text(f"\n{_INDENT}").join(text.split("\n", allow_blank=True))))


def _search_many(queries: Path, out: Path, top_k: int, method: Method, options: Options) -> None:
    from pipeline.search import search as ask

    asked = _questions(queries)
    answers = ask([query.question for query in asked], top_k, current_run().settings, method, options)
    with writing(out), out.open("w", encoding="utf-8") as stream:
        for query, hits in zip(asked, answers, strict=True):
            found = [{"path": hit.path, "text": hit.text, "score": hit.score} for hit in hits]
            stream.write(json.dumps({"qid": query.qid, "hits": found}, ensure_ascii=False) + "\n")
    console.print(f"{counted(len(asked), 'question')} answered in {out}")


def _questions(file: Path) -> list[Question]:
    questions: list[Question] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file.name} is not UTF-8") from None
    for number, line in enumerate(lines, 1):
        try:
            questions += [Question.model_validate_json(line)] if line.strip() else []
        except ValidationError:
            raise typer.BadParameter(f'line {number} of {file.name} is not {{"qid": "…", "question": "…"}}') from None
    return questions
