"""The command that shows what extraction lost."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from pipeline.cli.app import Json, app, console, print_json
from pipeline.errors.escaping import one_line
from pipeline.inspection import coverage as inspection
from pipeline.run.current import Run, current_run
from pipeline.run.findings_lines import by_kind, documents, gap_lines, kind_name, share

_INDENT = " " * 8


@app.command()
def coverage(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Documents as `status` names them; none: all that lack text.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how much of each document's text was extracted and what is missing; of one PATH the lost passages, too."""
    run = current_run()
    found = inspection.coverage(run, paths or ())
    if as_json:
        print_json(found)
        return
    if not found.converted and not found.not_converted:
        console.print("nothing has been run yet; start with `nic run`")
        return
    for document in found.documents:
        _show_document(document)
    if paths and len(paths) == 1 and found.converted:
        _show_passages(run, paths[0])
    _show_total(found, len(paths or ()))


def _show_document(document: inspection.DocumentCoverage) -> None:
    console.print(f"{_measured(document.text_coverage)}  {one_line(document.path)}", style="bold")
    for line in gap_lines(document.missing, document.left_out):
        console.print(f"{_INDENT}{line}")


def _measured(coverage: float | None) -> str:
    return "not measured" if coverage is None else share(coverage)


def _show_passages(run: Run, path: str) -> None:
    for passage in inspection.lost_passages(run, path):
        lost = "left out on purpose" if passage.left_out else "missing"
        console.print(Text(f"{lost}: {kind_name(passage.kind)}, {one_line(passage.place)}", "yellow"))
        console.print(Text(f"{_INDENT}{one_line(passage.text) or '(its words cannot be counted)'}"))


def _show_total(found: inspection.CoverageReport, asked: int) -> None:
    for path in found.not_converted if asked else ():
        console.print(f"not converted: {one_line(path)}")
    if asked == 1 and (found.lacking_text or found.not_converted):
        return  # that says it all
    unknown = sum(document.text_coverage is None for document in found.documents)
    if unknown:
        console.print(f"coverage not measured: {documents(unknown)}")
    if not found.lacking_text:
        console.print(f"no text is missing in {documents(found.converted - unknown)}")
    else:
        total = f"{found.lacking_text} of {documents(found.converted)}, lowest coverage {share(found.lowest)}"
        console.print(f"text is missing in {total}: {by_kind(found.missing)}")
    if found.left_out:
        console.print(f"left out on purpose: {by_kind(found.left_out)}")
    if not asked and found.not_converted:
        console.print(f"{documents(len(found.not_converted))} not converted")
