"""At a terminal whole words go to the next line, and tables fit into 80 columns; in a file a line is a line."""

from __future__ import annotations

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


WIDTHS = (60, 80, 200)
AT_EVERY_WIDTH = f"""
import fcntl, struct, termios
for columns in {WIDTHS}:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    print("search at", columns, flush=True)
    exec({SEARCH!r})
    print("history at", columns, flush=True)
    exec({HISTORY!r})
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the commands print at terminals of every width: `search at 60` -> its lines."""
    with running(AT_EVERY_WIDTH, tmp_path_factory.mktemp("terminal")) as screen:
        lines = screen.wait_for(lambda _: False)
    titles = [number for number, line in enumerate(lines) if line.startswith(("search at ", "history at "))]
    return {lines[begin]: lines[begin + 1 : end] for begin, end in zip(titles, [*titles[1:], None], strict=True)}


@pytest.mark.parametrize("columns", WIDTHS)
def test_what_search_finds_is_broken_between_words(shown: dict[str, list[str]], columns: int) -> None:
    lines = shown[f"search at {columns}"]
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
def test_history_fits_the_terminal_and_cuts_no_number(shown: dict[str, list[str]], columns: int, tables: int) -> None:
    lines = shown[f"history at {columns}"]
    assert max(map(len, lines)) <= columns
    text = " ".join(lines)
    assert text.count("20261126T100929.535Z-d6d367") == tables
    assert text.count("12345") == 7
    assert text.count("176") == len(Stage)
    assert "…" not in text
    assert {"corrupt:12", "encrypted:3", "timeout:4"} <= set(text.split())
