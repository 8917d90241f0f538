"""The examples of docs/orchestrator.md work as they stand there."""

import re

import pytest

from tests.conftest import Workspace
from tests.support.paths import ROOT

DOCUMENT = ROOT / "docs" / "orchestrator.md"


def test_the_examples_run_one_after_the_other(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.write("ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias.\n")
    examples = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    assert len(examples) == 5
    exec("\n".join(examples), {})  # noqa: S102  # the documentation's own text
    printed = capsys.readouterr().out
    assert "1 of 1 documents, 1 chunks\ncompleted 30-Aprovados/ferias.md []" in printed
    assert "1 of 1 left (seconds)" in printed
    assert "30-Aprovados/ferias.md 1\n" in printed
    assert "{'reviewer': 'Ana'} []" in printed
    assert "internal False True" in printed
