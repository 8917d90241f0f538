"""The commands that ask the collection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ValidationError

from pipeline.cli.app import Json, app, console
from pipeline.run import current_run

_SNIPPET_CHARACTERS = 400


class Question(BaseModel):
    """A line of `search --queries`; other fields are allowed and ignored."""

    qid: str
    question: str


@app.command()
def search(
    text: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="How many hits.")] = 10,
    as_json: Json = False,
    queries: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help='Many questions: {"qid", "question"} a line.')
    ] = None,
    out: Annotated[Path | None, typer.Option(help='Where their hits go: {"qid", "hits"} a line.')] = None,
) -> None:
    """Search the published collection; hits are best first."""
    if queries and out and text is None:
        _search_many(queries, out, top_k)
        return
    if text is None or queries or out:
        raise typer.BadParameter('give either a text, or --queries and --out; see "search --help"')
    from pipeline.search import search as ask

    hits = ask([text], top_k, current_run().settings)[0]
    if as_json:
        typer.echo(json.dumps([hit.model_dump(mode="json") for hit in hits], ensure_ascii=False, indent=1))
        return
    for number, hit in enumerate(hits, 1):
        pages = f", page {', '.join(map(str, hit.page_numbers))}" if hit.page_numbers else ""
        console.print(f"{number:>2}. {hit.score:.3f}  {hit.path}{pages}", style="bold", markup=False)
        if hit.headings:
            console.print(f"    {' › '.join(hit.headings)}", style="cyan", markup=False)
        console.print(f"    {' '.join(hit.text.split())[:_SNIPPET_CHARACTERS]}", markup=False)
    if not hits:
        console.print("no hits: the collection is empty")


def _search_many(queries: Path, out: Path, top_k: int) -> None:
    from pipeline.search import search as ask

    asked = _questions(queries)
    answers = ask([query.question for query in asked], top_k, current_run().settings)
    with out.open("w", encoding="utf-8") as stream:
        for query, hits in zip(asked, answers, strict=True):
            found = [{"path": hit.path, "text": hit.text, "score": hit.score} for hit in hits]
            stream.write(json.dumps({"qid": query.qid, "hits": found}, ensure_ascii=False) + "\n")
    console.print(f"{len(asked)} questions answered in {out}")


def _questions(file: Path) -> list[Question]:
    questions: list[Question] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            questions += [Question.model_validate_json(line)] if line.strip() else []
        except ValidationError:
            raise typer.BadParameter(f'line {number} of {file.name} is not {{"qid": "…", "question": "…"}}') from None
    return questions
