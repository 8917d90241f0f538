"""What a benchmark found, shown as a table and kept in docs/performance.json, which docs/performance.md is made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, TypeAdapter
from rich.console import Console
from rich.table import Table

DOCS = Path(__file__).parent.parent / "docs"
RECORD = DOCS / "performance.json"
PAGE = DOCS / "performance.md"
_BEGIN, _END = "<!-- figures: written by python -m benchmarks -->", "<!-- end of figures -->"


class Figure(BaseModel):
    """One measured number; `met` says whether it reached `target`, where there is one."""

    what: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        verdict = {None: "", True: "yes", False: "no"}[self.met]
        return self.what, f"{self.value:,.4g} {self.unit}".strip(), self.target, verdict, self.note


class Record(BaseModel):
    """One benchmark's last recorded run."""

    command: str
    machine: str
    date: str
    figures: list[Figure]


_HEADINGS = ("what", "measured", "target", "met", "remarks")
_RECORDS = TypeAdapter(dict[str, Record])


def show(title: str, figures: Iterable[Figure]) -> None:
    table = Table(*_HEADINGS, title=title, title_justify="left")
    for figure in figures:
        table.add_row(*figure.cells())
    Console().print(table)


def record(name: str, new: Record) -> None:
    """Replace one benchmark's figures in docs/performance.json and write the tables of docs/performance.md again."""
    records = _RECORDS.validate_json(RECORD.read_bytes()) if RECORD.exists() else {}
    records = dict(sorted({**records, name: new}.items()))
    RECORD.write_bytes(_RECORDS.dump_json(records, indent=1) + b"\n")
    if PAGE.exists():
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
        after = rest.partition(_END)[2]
        PAGE.write_text(f"{before}{_BEGIN}\n{_tables(records)}{_END}{after}", encoding="utf-8")


def _tables(records: dict[str, Record]) -> str:
    lines: list[str] = []
    for name, entry in records.items():
        lines += [f"### {name}", "", f"`{entry.command}` · {entry.machine} · {entry.date}", ""]
        lines += [f"| {' | '.join(_HEADINGS)} |", f"|{'---|' * len(_HEADINGS)}"]
        lines += [f"| {' | '.join(figure.cells())} |" for figure in entry.figures]
        lines += [""]
    return "\n".join(("", *lines))
