"""Commands about the whole: what a run would do, where things stand, is all well."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pipeline.cli.app import Json, app, console, print_json, print_json_list
from pipeline.errors import ErrorCode
from pipeline.errors.escaping import one_line
from pipeline.inspection import plan as planning
from pipeline.inspection import status as state
from pipeline.publish.verification import verify as check_exactness
from pipeline.run.current import current_run
from pipeline.run.findings_lines import counted, coverage_lines, documents, warning_lines
from pipeline.schema import Stage

_ATTENTION = 3
_AHEAD = (
    "a run is at work or was stopped: what it has stored so far is not published; the next run that ends well "
    "publishes it"
)
_NOT_IN_STEP = "NOT in step; `nic watch` follows a run that is going on, `nic run` begins one"
_DOCUMENTS_SHOWN = 10  # for each warning; --json names all


@app.command()
def plan(as_json: Json = False) -> None:
    """Show what a run would do, document by document, and why. Changes nothing."""
    made = planning.make_plan(current_run())
    if as_json:
        print_json(made)
        return
    for document in made.documents:
        if document.action != "keep":
            stages = f" [{' → '.join(document.stages)}]" if document.stages else ""
            console.print(f"{document.action:<12}{one_line(document.path)}: {one_line(document.reason)}{stages}")
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
        print_json(found)
    else:
        _show_status(found)
    if check and found.needs_attention:
        raise typer.Exit(_ATTENTION)


@app.command()
def verify(
    as_json: Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="Compare which points there are, not what they hold.")] = False,
) -> None:
    """Prove that the collection is exactly the published snapshot; list every difference, exit 1 if there is one."""
    result = check_exactness(current_run(), quick=quick)
    if as_json:
        print_json(result)
    else:
        for difference in result.differences:
            console.print(one_line(difference))
        verdict = "exact" if result.exact else counted(len(result.differences), "difference")
        console.print(
            f"{verdict}: {result.collection} against commit {result.commit[:12]}, "
            f"{documents(result.documents)}, {counted(result.points, 'chunk')}"
            f"{', each compared' if result.compared == 'points' else ''}"
        )
        if result.changing:
            console.print(_AHEAD, markup=False)
    if not result.exact:
        raise typer.Exit(1)


@app.command()
def doctor(
    as_json: Json = False,
    data: Annotated[bool, typer.Option("--data", help="Check every file of the data directory instead.")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="Remove damaged files; runs make them again.")] = False,
) -> None:
    """Check everything that a run needs, a line each with the remedy; exit 1 when something is wrong."""
    if data or mend:
        _check_files(mend=mend)
        return
    from pipeline.inspection.doctor import examine

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            console.print(f"{'ok' if check.ok else 'WRONG':<6}{check.name:<14}{one_line(check.detail)}")
    if as_json:
        print_json_list(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _check_files(*, mend: bool) -> None:
    """Of the collection itself `verify` tells."""
    from pipeline.inspection import damage

    found = 0
    for each in (damage.mend if mend else damage.damages)(current_run()):
        found += 1
        state_of_it = "missing" if each.is_missing else "removed" if mend else "damaged"
        console.print(f"{state_of_it}  {each.path.parent.name}/{each.path.name}")
    console.print(counted(found, "damaged file") + ("; `nic doctor --mend` removes them" if found and not mend else ""))
    if found and not mend:
        raise typer.Exit(1)


def _show_status(found: state.Status) -> None:
    if found.commit is None:
        console.print("nothing has been run yet; start with `nic run`")
        return
    console.print(f"snapshot {found.commit[:12]}: {documents(found.documents)}, {len(found.skipped)} skipped")
    table = Table(box=None, pad_edge=False)
    for stage in Stage:
        table.add_column(stage, justify="right")
    table.add_row(*(str(found.stages[stage]) for stage in Stage))
    console.print(table)
    console.print(_collection_line(found))
    for failed in found.quarantined:
        failure = failed.failure
        what = "purged" if failure.code is ErrorCode.PURGED else "quarantined"
        console.print(
            f"{what} {one_line(failed.path)}: {one_line(failure.message)} "
            f"({failure.code}, {failure.stage}, since {failure.time:%F})\n"
            f"    to do: {failed.remedy}",
        )
    purged = sum(failed.failure.code is ErrorCode.PURGED for failed in found.quarantined)
    if held := len(found.quarantined) - purged:
        console.print(f"{held} in quarantine; `nic retry` tries them again as they are")
    if purged:
        console.print(
            f"{purged} purged, but still in the folder; `nic purge --release PATH` lets the next run take it in"
        )
    for skipped in found.skipped:
        console.print(f"skipped {one_line(skipped.path)}: {one_line(skipped.reason)}")
    for line in (
        *coverage_lines(found.text_coverage, _DOCUMENTS_SHOWN),
        *warning_lines(found.warnings, _DOCUMENTS_SHOWN),
    ):
        console.print(line)


def _collection_line(found: state.Status) -> str:
    served = f"collection {found.alias} ({found.readers_see or found.collection}): {counted(found.points, 'chunk')}"
    if found.rolled_back:
        return (
            f"{served}, rolled back from {found.rolled_back.collection}; `nic run` is refused until the settings "
            "change, or `nic rollback --undo`"
        )
    return f"{served}, {'in step with the snapshot' if found.published else _NOT_IN_STEP}"
