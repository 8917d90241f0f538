"""[quality] min_text_coverage: a document that lost too much is quarantined, under whatever limit holds now."""

from __future__ import annotations

import json
from pathlib import Path

import luigi
import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline import RunDocuments
from pipeline.convert import conversion
from pipeline.errors import ErrorCode
from pipeline.inspection.plan import make_plan
from pipeline.inspection.status import Status, status
from pipeline.publish.verification import verify
from pipeline.run import quarantine
from pipeline.schema import NOT_MEASURED, Stage
from tests.conftest import Workspace, forget_run
from tests.support.gaps import GAPS, lossy_conversion

__all__ = ["lossy_conversion"]  # a fixture
LOSSY = "30-Aprovados/lacuna.txt"


def stand(workspace: Workspace) -> Status:
    forget_run()
    return status(workspace.run)


def limit(workspace: Workspace, value: str) -> None:
    workspace.set("quality", "min_text_coverage", value)


@pytest.fixture
def lossy(workspace: Workspace, lossy_conversion: list[bytes]) -> Workspace:
    """A good document and one that loses a tenth of its text."""
    workspace.write("lacuna.txt", "LACUNA: o prazo é de dez dias.")
    workspace.write("inteiro.txt", "O prazo é de vinte dias.")
    workspace.set("pipeline", "max_delete_fraction", "0.6")
    return workspace


def test_without_a_limit_it_is_stored_and_told(lossy: Workspace) -> None:
    assert lossy.run_all().status is LuigiStatusCode.SUCCESS
    found = stand(lossy)
    assert (found.quarantined, found.stages[Stage.STORE]) == ((), 2)
    assert [document.path for document in found.text_coverage.incomplete] == [LOSSY]
    assert found.text_coverage.incomplete[0].missing == GAPS.missing


def test_below_the_limit_it_is_quarantined_with_a_code_of_its_own(lossy: Workspace) -> None:
    limit(lossy, "0.98")
    assert lossy.run_all().status is LuigiStatusCode.SUCCESS
    (held,) = stand(lossy).quarantined
    assert (held.path, held.failure.code, held.failure.stage) == (LOSSY, ErrorCode.INCOMPLETE_TEXT, Stage.CONVERT)
    assert held.failure.message.startswith("Only 0.9123 of the document's words were extracted, less than [quality]")
    assert verify(lossy.run).documents == 1
    lossy.run_all()
    assert lossy.worked() == {}


def test_at_the_limit_it_is_stored(lossy: Workspace) -> None:
    limit(lossy, str(GAPS.text_coverage))
    lossy.run_all()
    assert stand(lossy).quarantined == ()


def test_what_could_not_be_measured_is_stored_with_a_warning(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misled(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(conversion, "measure", misled)
    workspace.write("estranho.txt", "O prazo é de dez dias.")
    limit(workspace, "0.98")
    workspace.run_all()
    found = stand(workspace)
    assert (found.quarantined, found.stages[Stage.STORE]) == ((), 1)
    assert NOT_MEASURED in found.warnings


def test_a_raised_limit_takes_out_what_is_stored_and_converts_nothing(
    lossy: Workspace, lossy_conversion: list[bytes]
) -> None:
    lossy.run_all()
    limit(lossy, "0.98")
    assert not stand(lossy).published
    assert lossy.run_all().status is LuigiStatusCode.SUCCESS
    assert [held.path for held in stand(lossy).quarantined] == [LOSSY]
    assert verify(lossy.run).documents == 1
    assert len(lossy_conversion) == 2


def test_a_lowered_limit_lets_it_in_and_converts_nothing(lossy: Workspace, lossy_conversion: list[bytes]) -> None:
    limit(lossy, "0.98")
    lossy.run_all()
    limit(lossy, "0.9")
    assert lossy.run_all().status is LuigiStatusCode.SUCCESS
    assert lossy.worked() == {Stage.CHUNK: ["lacuna.txt"], Stage.EMBED: ["lacuna.txt"], Stage.STORE: ["lacuna.txt"]}
    assert stand(lossy).quarantined == ()
    assert verify(lossy.run).documents == len(lossy_conversion) == 2


def test_a_limit_that_came_and_went_leaves_no_stale_failure(lossy: Workspace, lossy_conversion: list[bytes]) -> None:
    for value, stored in (("0", 2), ("0.98", 1), ("0", 2), ("0.95", 1), ("0.98", 1), ("0.5", 2)):
        limit(lossy, value)
        assert lossy.run_all().status is LuigiStatusCode.SUCCESS
        assert (verify(lossy.run).documents, len(stand(lossy).quarantined)) == (stored, 2 - stored), value
    assert len(lossy_conversion) == 2


def test_a_new_name_of_old_content_is_judged_too(lossy: Workspace) -> None:
    lossy.run_all()
    limit(lossy, "0.98")
    (lossy.root / LOSSY).rename(lossy.root / "30-Aprovados" / "outro.txt")
    lossy.run_all()
    assert [held.path for held in stand(lossy).quarantined] == ["30-Aprovados/outro.txt"]


def test_what_is_released_is_judged_again_as_it_is(lossy: Workspace, lossy_conversion: list[bytes]) -> None:
    limit(lossy, "0.98")
    lossy.run_all()
    forget_run()
    assert [released.path for released in quarantine.release(lossy.run, [LOSSY])] == [LOSSY]
    assert not stand(lossy).published
    lossy.run_all()
    assert [held.path for held in stand(lossy).quarantined] == [LOSSY]
    assert len(lossy_conversion) == 2


def test_the_plan_says_it_before_the_run(lossy: Workspace) -> None:
    lossy.run_all()
    limit(lossy, "0.98")
    forget_run()
    before = sorted(lossy.data.rglob("*"))
    (planned,) = (line for line in make_plan(lossy.run).documents if line.path == LOSSY)
    assert planned.action == "quarantined"
    assert "min_text_coverage = 0.98" in planned.reason
    assert sorted(lossy.data.rglob("*")) == before


def test_single_documents_are_judged_too(lossy: Workspace) -> None:
    lossy.run_all()
    limit(lossy, "0.98")
    forget_run()
    job = RunDocuments(documents=(LOSSY,))  # type: ignore[no-untyped-call]
    assert luigi.build([job], local_scheduler=True, log_level="WARNING")
    assert [held.path for held in stand(lossy).quarantined] == [LOSSY]


def test_a_limit_that_would_empty_the_collection_is_stopped_by_the_guard(lossy: Workspace) -> None:
    (lossy.root / "30-Aprovados" / "inteiro.txt").unlink()
    lossy.run_all()
    limit(lossy, "0.98")
    assert not lossy.run_all().scheduling_succeeded
    assert verify(lossy.run).documents == 1


def test_the_summary_tells_what_the_refused_document_lacks(lossy: Workspace) -> None:
    limit(lossy, "0.98")
    lossy.run_all()
    (file,) = Path(lossy.data).glob("runs/*/summary.json")
    coverage = json.loads(file.read_text(encoding="utf-8"))["text_coverage"]
    assert [document["path"] for document in coverage["incomplete"]] == [LOSSY]
    assert coverage["missing"] == {"footnote": 40, "picture": 0}
