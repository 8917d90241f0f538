"""Commands about what does not stay: what is old and not needed, and what must go at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.app import app, console
from pipeline.run.current import current_run
from pipeline.run.findings_lines import counted

if TYPE_CHECKING:
    from pipeline.publish.purge import Erased


@app.command()
def gc(dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False) -> None:
    """Remove contents, files, listings and runs that nothing has needed for as long as [retention] says."""
    from pipeline.publish import retention

    run = current_run()
    found = retention.review(run)
    for each in found.garbage:
        name = each.path.as_posix().removeprefix(f"{run.data.root.as_posix()}/")
        console.print(f"{'would remove' if dry_run else 'remove'} {each.kind:<9}{name}", markup=False)
    if not dry_run:
        retention.collect(run, found)
    freed = sum(each.size_bytes for each in found.garbage) / 1_000_000
    console.print(f"{len(found.garbage)} {'would be removed' if dry_run else 'removed'}, {freed:.1f} MB")


@app.command()
def purge(
    names: Annotated[
        list[str] | None, typer.Argument(help="Paths as `status` shows them, or hashes that `git hash-object` gives.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Let the next run take them in again.")] = False,
) -> None:
    """Erase documents at once, from collections, files and logs, prove it, and refuse them from then on.

    A path is erased with every content that it ever had, unless another document has the same now; a hash is a content,
    and is erased under every path. Without names: finish what was interrupted, and list what was purged.
    """
    from pipeline.publish import purge as purging

    if release:
        ended = sum(purging.release(current_run(), name) for name in names or ())
        console.print(
            f"{ended} purge{'' if ended == 1 else 's'} ended; the next run takes in what the folder has of it"
        )
        return
    if names:
        purging.request(current_run(), names)
    erased = purging.finish(current_run())
    if erased:
        _show_erased(erased)
    elif names:
        console.print("erased meanwhile by a run or another purge")
    else:
        _show_list()


def _show_erased(erased: Erased) -> None:
    counts = ", ".join(f"{count} {what}" for what, count in erased.removed.items() if count)
    console.print(f"erased: {counts or 'nothing was left of it'}; nothing of it was found again")
    for path in erased.shared:
        console.print(f"kept: its content is also that of {path}", markup=False)
    for path in erased.elsewhere:
        console.print(f"not the pipeline's own, and names it: {path} in the data directory", markup=False)


def _show_list() -> None:
    from pipeline.run.purges import read_purges

    purges = read_purges(current_run().data.purges).purges
    for each in purges:
        state = f"released {each.released:%F}" if each.released else "refused"
        console.print(f"{each.time:%F %H:%M} UTC  {state}  {' '.join((*each.documents, *each.contents))}", markup=False)
    console.print(counted(len(purges), "purge"))
