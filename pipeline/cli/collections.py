"""Commands about the collections behind the alias: going back to the one before, removing old ones."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.app import app, console
from pipeline.run.current import current_run
from pipeline.run.findings_lines import counted, documents


@app.command()
def rollback(
    undo: Annotated[bool, typer.Option("--undo", help="Take the latest rollback back.")] = False,
) -> None:
    """Give readers the collection again that was published before; runs do not publish over it until it is undone."""
    from pipeline.publish import rollback as back

    alias = current_run().settings.qdrant.collection_name
    step, published = back.undo(current_run()) if undo else back.roll_back(current_run())
    if published:
        console.print(
            f"readers of {alias} see {published.collection} now: commit {published.commit[:12]}, "
            f"{documents(len(published.documents))}, {counted(published.points, 'chunk')}"
        )
    else:
        console.print(f"readers of {alias} keep what they see; a run may build and publish {step.collection} again")
    if not undo:
        console.print(
            f"`nic run` is refused while the settings give {step.collection}: change them, or `nic rollback --undo`"
        )


@app.command()
def retire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
) -> None:
    """Remove the alias' old collections, as every run does at its end, and say why the others stay."""
    from pipeline.publish import retirement

    found = retirement.review(current_run())
    if not dry_run:
        retirement.retire(current_run(), found)
    for each in found:
        action = "keep" if each.kept else "would remove" if dry_run else "removed"
        console.print(
            f"{action:<14}{each.collection}  {counted(each.points, 'chunk')}{f'  ({each.kept})' if each.kept else ''}"
        )
    if not found:
        console.print("there is no collection yet")
