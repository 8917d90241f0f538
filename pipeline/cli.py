"""The commands of `python -m pipeline`: look at a run's results and ask the collection; the run itself is Luigi's.

Exit codes: 0 well, 1 an error (its message says what to do), 2 wrong usage, 3 `status --check` found something.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline import plan as planning
from pipeline import quarantine
from pipeline import status as state
from pipeline.config import public_message
from pipeline.errors import ErrorCode
from pipeline.progress import configure_logging
from pipeline.run import current_run, keep_privately
from pipeline.schema import Record, Stage

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look at what `luigi --module pipeline RunAll` did, and search the collection. Settings: luigi.cfg, README.",
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
console = Console(highlight=False, soft_wrap=True)
_ATTENTION = 3
_SNIPPET_CHARACTERS = 400


class Question(BaseModel):
    """A line of `search --queries`; other fields are allowed and ignored."""

    qid: str
    question: str


def main() -> None:
    """Run a command; an error is one line on standard error and exit code 1, its traceback is kept privately."""
    configure_logging(logging.WARNING)  # the answer is on standard output; only trouble is worth a log line
    try:
        app()
    except Exception as error:
        keep_privately(" ".join(sys.argv[1:2]), error)
        typer.echo(f"error: {public_message(error)}", err=True)
        raise SystemExit(1) from None


@app.command()
def plan(as_json: Json = False) -> None:
    """Show what a run would do, document by document, and why. Changes nothing."""
    made = planning.make_plan(current_run())
    if as_json:
        _print_json(made)
        return
    for document in made.documents:
        if document.action != "keep":
            stages = f" [{' → '.join(document.stages)}]" if document.stages else ""
            console.print(f"{document.action:<12}{document.path}: {document.reason}{stages}", markup=False)
    kept = sum(document.action == "keep" for document in made.documents)
    console.print(f"{len(made.pending)} to do, {kept} unchanged, commit {made.commit[:12]}, {made.collection}")


@app.command()
def status(
    as_json: Json = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 3 when anything is quarantined or not published; for cron.")
    ] = False,
) -> None:
    """Show the last snapshot, each stage's progress, the quarantine with reasons, and the collection."""
    found = state.status(current_run())
    if as_json:
        _print_json(found)
    else:
        _show_status(found)
    if check and found.needs_attention:
        raise typer.Exit(_ATTENTION)


@app.command()
def retry(
    paths: Annotated[list[str] | None, typer.Argument(help="Documents as `status` names them; none: all.")] = None,
    code: Annotated[ErrorCode | None, typer.Option(help="Only those that failed with this code.")] = None,
) -> None:
    """Release quarantined documents: the next run tries them again, as they are."""
    released = quarantine.release(current_run(), paths or (), code)
    for document in released:
        console.print(f"released {document.path} ({document.failure.code})", markup=False)
    hint = "; the next run tries again" if released else ""
    console.print(f"{len(released)} document{'' if len(released) == 1 else 's'} released{hint}")


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


@app.command("export-text")
def export_text(out: Annotated[Path, typer.Argument(help="JSON file to write: {path: text}.")]) -> None:
    """Write every document's full text, as it was extracted."""
    from pipeline.convert.text_export import document_text

    run = current_run()
    snapshot = run.latest_snapshot()
    documents = snapshot.documents if snapshot else ()
    converted = [document for document in documents if run.is_done(Stage.CONVERT, document)]
    reading = track(converted, "reading", console=Console(stderr=True))
    texts = {document.path: document_text(run.target(Stage.CONVERT, document)) for document in reading}
    out.write_text(json.dumps(texts, ensure_ascii=False, indent=1), encoding="utf-8")
    console.print(f"{len(texts)} of {len(documents)} documents written to {out}")


@app.command()
def verify(as_json: Json = False) -> None:
    """Prove that the collection is exactly the published snapshot; list every difference, exit 1 if there is one."""
    result = state.verify(current_run())
    if as_json:
        _print_json(result)
    else:
        for difference in result.differences:
            console.print(difference, markup=False)
        verdict = "exact" if result.exact else f"{len(result.differences)} differences"
        console.print(
            f"{verdict}: {result.collection} against commit {result.commit[:12]}, "
            f"{result.documents} documents, {result.points} chunks"
        )
    if not result.exact:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check everything that a run needs, a line each with the remedy; exit 1 when something is wrong."""
    from pipeline.doctor import examine

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            console.print(f"{'ok' if check.ok else 'WRONG':<6}{check.name:<14}{check.detail}", markup=False)
    if as_json:
        typer.echo(json.dumps([check.model_dump(mode="json") for check in checks], ensure_ascii=False, indent=1))
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


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


def _show_status(found: state.Status) -> None:
    if found.commit is None:
        console.print("nothing has been run yet; start with `make run`")
        return
    console.print(f"snapshot {found.commit[:12]}: {found.documents} documents, {len(found.skipped)} skipped")
    table = Table(box=None, pad_edge=False)
    for stage in Stage:
        table.add_column(stage, justify="right")
    table.add_row(*(str(found.stages[stage]) for stage in Stage))
    console.print(table)
    in_step = "in step with the snapshot" if found.published else "NOT in step; run RunAll"
    console.print(f"collection {found.alias} ({found.collection}): {found.points} chunks, {in_step}")
    for failed in found.quarantined:
        failure = failed.failure
        console.print(
            f"quarantined {failed.path}: {failure.message} ({failure.code}, {failure.stage}, since {failure.time:%F})\n"
            f"    to do: {failed.remedy}",
            markup=False,
        )
    if found.quarantined:
        console.print(
            f"{len(found.quarantined)} in quarantine; `python -m pipeline retry` tries them again as they are"
        )
    for skipped in found.skipped:
        console.print(f"skipped {skipped.path}: {skipped.reason}", markup=False)


def _print_json(record: Record) -> None:
    typer.echo(record.model_dump_json(indent=1))
