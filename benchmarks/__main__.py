"""`python -m benchmarks NAME [--record]`: run one benchmark, or all that run on this machine."""

from __future__ import annotations

import importlib
import platform
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from benchmarks import figures


class Name(StrEnum):
    """Each is a module of this package with `run() -> list[Figure]`."""

    OVERHEAD = "overhead"
    CORES = "cores"
    SCALE = "scale"
    EMBEDDING = "embedding"
    PEERS = "peers"
    ETA = "eta"
    RETRIEVAL = "retrieval"
    RELEVANCE = "relevance"
    QUERY = "query"
    VERIFY = "verify"
    SERVING = "serving"
    GPU = "gpu"
    ALL = "all"


def main(
    name: Annotated[Name, typer.Argument(help="which; all: every one but gpu and relevance, which are run by hand")],
    record: Annotated[bool, typer.Option(help="keep the figures in docs/performance.md")] = False,
) -> None:
    """Print ratios measured side by side in one run, with the targets they are held against."""
    chosen = [one for one in Name if one not in (Name.ALL, Name.GPU, Name.RELEVANCE)] if name is Name.ALL else [name]
    for one in chosen:
        found = importlib.import_module(f"benchmarks.{one}").run()
        figures.show(one, found)
        if record:
            entry = figures.Record(
                command=f"python -m benchmarks {one}",
                machine=f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
                date=str(date.today()),
                figures=found,
            )
            figures.record(one, entry)


if __name__ == "__main__":
    typer.run(main)
