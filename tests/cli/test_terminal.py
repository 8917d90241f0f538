"""At a terminal whole words go to the next line, and tables fit into 80 columns; in a file a line is a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import search as search_command
from pipeline.schema import Stage
from pipeline.search import Hit
from tests.support.screen import running

TEXT = "O servidor poderá solicitar a antecipação das férias regulamentares " * 5
HIT = Hit(
    path="30-Aprovados/Normas internas de pessoal/ferias e afastamentos dos servidores.pdf",
    score=0.5,
    text=TEXT,
    title="Política de férias",
    headings=("Férias", "Da antecipação do pagamento aos servidores em exercício"),
    page_numbers=(1,),
    document_id="d",
    chunk_index=0,
)
SEARCH = f"""
from pipeline.cli import search
from pipeline.search import Hit
search._show([Hit.model_validate_json({HIT.model_dump_json()!r})])
"""
HISTORY = """
from datetime import UTC, datetime
from pipeline.cli import runs
from pipeline.monitoring.history import PastRun
from pipeline.run.summary import StageSummary
from pipeline.schema import Stage
stages = {stage: StageSummary(documents=1234, elapsed_s=7) for stage in Stage}
counts = dict.fromkeys(("total", "new", "changed", "removed", "points", "quarantined"), 12345)
run = PastRun(run_id="20261126T100929.535Z-d6d367", started=datetime.now(UTC), outcome="interrupted", seconds=12345,
              failures={"corrupt": 12, "encrypted": 3, "timeout": 4}, stages=stages, **counts)
runs._show_history((run,))
"""


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_what_search_finds_is_broken_between_words(tmp_path: Path, columns: int) -> None:
    with running(SEARCH, tmp_path, columns) as screen:
        lines = screen.wait_for(lambda _: False)
    assert max(map(len, lines)) <= columns
    assert set(" ".join(lines).replace(",", " ").split()) >= {
        *HIT.path.split(),
        *" ".join(HIT.headings).split(),
        *TEXT.split(),
    }
    assert all(line.startswith("    ") for line in lines[1:] if line)


def test_in_a_pipe_a_passage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    search_command._show([HIT])
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.parametrize(("columns", "tables"), [(80, 2), (200, 1)])
def test_history_fits_the_terminal_and_cuts_no_number(tmp_path: Path, columns: int, tables: int) -> None:
    with running(HISTORY, tmp_path, columns) as screen:
        lines = screen.wait_for(lambda _: False)
    assert max(map(len, lines)) <= columns
    shown = " ".join(lines)
    assert shown.count("20261126T100929.535Z-d6d367") == tables
    assert shown.count("12345") == 7
    assert shown.count("176") == len(Stage)
    assert "…" not in shown
    assert {"corrupt:12", "encrypted:3", "timeout:4"} <= set(shown.split())
