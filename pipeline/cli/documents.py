"""Commands about single documents: their text, and another try for quarantined ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from pipeline.cli.app import app, console, writing
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError, ErrorCode, PipelineError
from pipeline.errors.escaping import one_line
from pipeline.monitoring.console import SafeConsole
from pipeline.run import quarantine
from pipeline.run.current import current_run
from pipeline.run.findings_lines import counted
from pipeline.schema import Stage


@app.command()
def retry(
    paths: Annotated[list[str] | None, typer.Argument(help="Documents as `status` names them; none: all.")] = None,
    code: Annotated[ErrorCode | None, typer.Option(help="Only those that failed with this code.")] = None,
) -> None:
    """Release quarantined documents: the next run tries them again, as they are."""
    released = quarantine.release(current_run(), paths or (), code)
    for document in released:
        console.print(f"released {one_line(document.path)} ({document.failure.code})")
    hint = "; the next run tries again" if released else ""
    console.print(f"{counted(len(released), 'document')} released{hint}")


@app.command("export-text")
def export_text(out: Annotated[Path, typer.Argument(dir_okay=False, help="JSON file to write: {path: text}.")]) -> None:
    """Write every document's full text, as it was extracted."""
    run = current_run()
    snapshot = run.listings.latest()
    if snapshot is None:
        raise PipelineError("nothing has been run yet: run `nic run` first", ErrorCode.INCOMPLETE)
    documents = snapshot.documents
    by_path = sorted(documents, key=lambda document: document.path)
    converted = [d for d in by_path if run.is_done(Stage.CONVERT, d) or run.is_done(Stage.STORE, d)]
    reading = track(converted, "reading", console=SafeConsole(stderr=True))
    texts = {document.path: _text(run.files_of(document).converted) for document in reading}
    with writing(out):
        out.write_text(json.dumps(texts, ensure_ascii=False, indent=1), encoding="utf-8")
    console.print(f"{len(texts)} of {len(documents)} documents written to {out}")


def _text(converted: FilePath) -> str:
    """Raises DamagedFileError, also for a file that is gone: a document is stored with it."""
    from pipeline.convert.text_export import document_text

    try:
        return document_text(converted)
    except FileNotFoundError:
        raise DamagedFileError.of(converted) from None
