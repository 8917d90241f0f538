"""The command that says how well the collection answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline.cli.app import Json, app, console, print_json
from pipeline.run import current_run
from pipeline.schema import Method

if TYPE_CHECKING:
    from pipeline.evaluation import Comparison, Evaluation
    from pipeline.evaluation.measures import Figures

_HEADINGS = {
    "hit_at_1": "hit@1",
    "hit_at_5": "hit@5",
    "hit_at_10": "hit@10",
    "mrr_at_10": "MRR@10",
    "ndcg_at_10": "nDCG@10",
    "answer_at_1": "answer@1",
    "answer_at_5": "answer@5",
}
QuestionFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="JSON: queries with qid, question, path.")
]


@app.command()
def evaluate(
    questions: QuestionFile,
    method: Annotated[list[Method] | None, typer.Option(help="Ways of searching; default: all, side by side.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for evaluation.json and evaluation.html.")] = None,
    compare: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An earlier evaluation.json, to test against.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask questions whose right document is known, and say how often it is found, with 95 % intervals."""
    from pipeline import evaluation

    asked = evaluation.read_questions(questions)
    made = evaluation.evaluate_published(current_run(), asked, method or list(Method))
    if out:
        evaluation.write(made, out)
    if as_json:
        print_json(made)
        return
    _show(made)
    if compare:
        _show_comparison(evaluation.compare_file(compare, made))
    if out:
        console.print(f"written to {out}: evaluation.json, evaluation.html")


def _show(made: Evaluation) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "questions", *_HEADINGS.values()):
        table.add_column(heading, justify="right" if heading else "left")
    for method, outcome in made.outcomes.items():
        _add(table, method, outcome.overall)
        if outcome.cross_lingual:
            _add(table, f"{method}, other language", outcome.cross_lingual)
    console.print(table)


def _add(table: Table, label: str, figures: Figures) -> None:
    cells = [
        f"{100 * found.mean:.1f} [{100 * found.low:.0f}–{100 * found.high:.0f}]" if found else ""
        for found in map(figures.measures.get, _HEADINGS)
    ]
    table.add_row(label, str(figures.questions), *cells)


def _show_comparison(comparisons: dict[Method, list[Comparison]]) -> None:
    for method, rows in comparisons.items():
        table = Table(box=None, pad_edge=False, title=f"{method} against before", title_justify="left")
        for heading in ("", "before", "after", "better", "worse", "p"):
            table.add_column(heading, justify="right" if heading else "left")
        for row in rows:
            cells = (f"{100 * row.before:.1f}", f"{100 * row.after:.1f}", str(row.better), str(row.worse))
            table.add_row(_HEADINGS[row.measure], *cells, f"{row.p_value:.3f}{' *' if row.is_significant else ''}")
        console.print(table)
