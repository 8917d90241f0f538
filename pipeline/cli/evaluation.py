"""The command that says how well the collection answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline.cli.app import Json, app, console, print_json, writing
from pipeline.publish.published import published_paths, read_published
from pipeline.run.current import current_run
from pipeline.run.findings_lines import counted
from pipeline.schema import Method

if TYPE_CHECKING:
    from pipeline.evaluation.compare import Comparison
    from pipeline.evaluation.evaluate import Evaluation
    from pipeline.evaluation.measures import Figures

QuestionFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="JSON: queries with qid, question, path.")
]


@app.command()
def evaluate(
    questions: QuestionFile,
    method: Annotated[list[Method] | None, typer.Option(help="Ways of searching; default: all, side by side.")] = None,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for evaluation.json and evaluation.html.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An earlier evaluation.json, to test against.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask questions whose right document is known, and say how often it is found, with 95 % intervals."""
    from pipeline.evaluation.published import compare_evaluations, evaluate_published, read_evaluation, write
    from pipeline.evaluation.questions import read_questions

    if compare and as_json:
        raise typer.BadParameter("--compare prints a table; leave --json out")
    asked, before = read_questions(questions), read_evaluation(compare) if compare else None
    run = current_run()
    made = evaluate_published(run.settings, read_published(run), published_paths(run), asked, method or list(Method))
    if out:
        with writing(out / "evaluation.html"), writing(out / "evaluation.json"):
            write(made, out)
    if as_json:
        print_json(made)
        return
    _show(made)
    if before:
        _show_comparison(compare_evaluations(before, made))
    if out:
        console.print(f"written to {out}: evaluation.json, evaluation.html")


def _show(made: Evaluation) -> None:
    _show_figures("in the language of the document", {m: o.overall for m, o in made.outcomes.items()})
    crossed = {method: outcome.cross_lingual for method, outcome in made.outcomes.items() if outcome.cross_lingual}
    if crossed:
        _show_figures("in another language", crossed)


def _show_figures(title: str, ways: dict[str, Figures]) -> None:
    from pipeline.evaluation.measures import MEASURES

    asked = next(iter(ways.values())).questions
    table = _table(f"{counted(asked, 'question')} {title}: per cent (95 % interval)", *ways)
    for measure, label in MEASURES.items():
        found = [figures.measures.get(measure) for figures in ways.values()]
        if all(found):
            table.add_row(label, *(str(estimate) for estimate in found))
    console.print(table)


def _show_comparison(comparisons: dict[str, list[Comparison]]) -> None:
    from pipeline.evaluation.measures import MEASURES

    for method, rows in comparisons.items():
        table = _table(f"{method} against before (* p < 0.05)", "before", "after", "better", "worse", "p")
        for row in rows:
            cells = (f"{100 * row.before:.1f}", f"{100 * row.after:.1f}", str(row.better), str(row.worse))
            table.add_row(MEASURES[row.measure], *cells, f"{row.p_value:.3f}{' *' if row.is_significant else ''}")
        console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
