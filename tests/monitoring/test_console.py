"""What is printed may be read to its end or not: that is the reader's business."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.monitoring.console import hanging

PROGRAM = """
from pipeline.monitoring.console import SafeConsole

console = SafeConsole()
for number in range(300):
    console.print(f"line {number} " + "x" * 1000)  # much more in all than a pipe holds
print("went on", file=__import__("sys").stderr)
"""


def test_a_reader_that_stops_reading_ends_nothing() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        assert program.stderr
        assert program.stdout.readline().startswith("line 0 ")
        program.stdout.close()
        assert program.stderr.read() == "went on\n"
    assert program.returncode == 0


@pytest.mark.parametrize("lead", ["", "  "])
def test_a_line_that_is_too_wide_hangs_between_words(lead: str) -> None:
    text = f"{lead}quarantined 30-Aprovados/Relatórios/relatorio-corrompido.pdf: The PDF cannot be opened\nshort"
    first, *further, last = hanging(text, 72).split("\n")
    assert first == f"{lead}quarantined 30-Aprovados/Relatórios/relatorio-corrompido.pdf: The PDF"
    assert (further, last) == ([f"{lead}      cannot be opened"], "short")
    assert hanging(text, 200) == text
