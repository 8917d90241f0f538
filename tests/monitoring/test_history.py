"""The table over past runs, and the estimate that rests on them."""

from __future__ import annotations

import json
import os
import re
import socket
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ErrorCode
from pipeline.monitoring.history import PastRun
from pipeline.report.page import render_trend
from pipeline.run.facts import RunState
from pipeline.run.run_id import new_run_id
from pipeline.schema import Stage
from pipeline.settings.sections import ReportLanguage
from tests.cli.test_cli import command
from tests.conftest import Workspace
from tests.support.past_runs import RUN_ID, SECONDS, begun, document_events, ended, write_log, write_run

NAMES = [f"30-Aprovados/{number}.md" for number in range(40)]
NEW_FIELDS = {
    *("schema_version", "renamed", "changes", "environment", "settings", "versions", "machine", "slowest"),
    *("chunk_tokens", "ocr_scores", "memory_peak_mb", "cpu_mean_percent", "text_coverage"),
}


def history(*arguments: str) -> list[dict[str, Any]]:
    result = command("history", "--json", *arguments)
    assert result.exit_code == 0, result.output
    runs: list[dict[str, Any]] = json.loads(result.output)["runs"]
    return runs


def test_history_before_the_first_run_says_how_to_start(workspace: Workspace) -> None:
    assert "`nic run`" in command("history").output


def test_history_shows_what_each_run_did(workspace: Workspace) -> None:
    write_run(workspace.data, NAMES)
    (run,) = history()
    assert (run["outcome"], run["total"], run["points"], run["failures"]) == ("finished", 41, 160, {"corrupt": 1})
    assert run["stages"]["convert"]["documents"] == 40
    (line,) = [line for line in command("history").output.splitlines() if RUN_ID in line]
    assert line.split()[1:9] == ["finished", "70", "41", "40", "1", "2", "1", "160"]


def test_runs_of_the_same_second_are_listed_as_they_began() -> None:
    ids = []
    for _ in range(50):
        ids.append(new_run_id())
        time.sleep(0.001)
    assert ids == sorted(ids)


def test_a_summary_of_an_older_version_is_still_read(workspace: Workspace) -> None:
    file = write_run(workspace.data, NAMES) / "summary.json"
    old = json.loads(file.read_text(encoding="utf-8"))
    for stage in old["stages"].values():
        stage.pop("documents_per_s", None)
    old["warnings"] = {warning: warned["count"] for warning, warned in old["warnings"].items()}
    file.write_text(json.dumps({key: value for key, value in old.items() if key not in NEW_FIELDS}), encoding="utf-8")
    assert history()[0]["total"] == 41
    report = workspace.root / "old.html"
    assert command("report", RUN_ID, "--out", str(report), "--language", "en").exit_code == 0
    assert "the document names no approver" in report.read_text(encoding="utf-8")
    assert "40 documents" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("outcome", ["interrupted", "failed"])
def test_a_run_that_ended_without_a_summary_is_listed_as_what_it_was(workspace: Workspace, outcome: str) -> None:
    write_log(workspace.data / "runs" / RUN_ID, [begun(), *document_events(NAMES[:3]), ended(outcome, 30)])
    (run,) = history()
    assert (run["outcome"], run["seconds"], run["total"]) == (outcome, 30, None)
    assert run["stages"]["store"]["documents"] == 3


def test_the_time_before_the_first_event_counts(workspace: Workspace) -> None:
    write_log(workspace.data / "runs" / "20260301T115930.500Z-abc123", [begun(), ended("failed", 30)])
    assert history()[0]["seconds"] == 59.5


def test_a_run_that_was_killed_is_told_from_one_that_is_going_on(workspace: Workspace) -> None:
    """By the rule that `watch` follows: a process of the same number began later, another host has said nothing."""
    now, here = {"time": datetime.now(UTC)}, socket.gethostname()
    runs = {
        "killed": begun(pid=2**22 + 1, host=here).model_copy(update=now),
        "another process by now": begun(pid=os.getppid(), host=here),
        "running": begun(pid=os.getppid(), host=here).model_copy(update=now),
        "silent elsewhere": begun(host="another"),
        "running elsewhere": begun(host="another").model_copy(update=now),
    }
    for day, event in enumerate(runs.values()):
        write_log(workspace.data / "runs" / f"2026030{day + 1}T120000Z-aaaaaa", [event])
    outcomes = dict(zip(runs, (run["outcome"] for run in history()), strict=True))
    assert [name for name, outcome in outcomes.items() if outcome == "running"] == ["running", "running elsewhere"]
    assert set(outcomes.values()) == {"running", "killed"}


def test_a_folder_that_only_keeps_a_commands_error_is_no_run(workspace: Workspace) -> None:
    folder = workspace.data / "runs" / RUN_ID
    folder.mkdir(parents=True)
    (folder / "errors.log").write_text("status\n", encoding="utf-8")
    assert history() == []


def test_last_limits_history_to_the_newest_runs(workspace: Workspace) -> None:
    for day in (1, 2, 3):
        write_run(workspace.data, NAMES[:2], run_id=f"2026030{day}T120000Z-aaaaaa")
    assert [run["run_id"][:8] for run in history("--last", "2")] == ["20260302", "20260303"]


def test_history_is_drawn_as_an_image_or_a_page(workspace: Workspace, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        write_run(workspace.data, NAMES, run_id=f"2026030{day}T120000Z-aaaaaa")
    image, page = tmp_path / "history.svg", tmp_path / "history.html"
    assert command("history", "--plot", str(image)).exit_code == 0
    assert command("history", "--plot", str(page)).exit_code == 0
    texts = {element.text for element in ET.parse(image).iter() if element.text}  # noqa: S314 - our own file
    assert {"trechos", "doc/s", "falhas", "Converter", "corrupt"} <= texts, "the language of [pipeline]"
    assert page.read_text(encoding="utf-8").count("<svg") == 1
    assert command("history", "--plot", str(tmp_path / "history.png")).exit_code == 2


def drawn(failures: dict[ErrorCode, int], outcome: RunState, language: ReportLanguage) -> str:
    """The page of two runs, of which the second has no summary and ended like that."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    common: dict[str, Any] = {"started": moment, "seconds": 60, "stages": {}}
    first = PastRun(run_id="1", outcome="finished", failures={}, points=1_234_567, **common)
    second = PastRun(run_id="2", outcome=outcome, failures=failures, **common)
    return render_trend([first, second], language, as_page=True)


@pytest.mark.parametrize("outcome", ["failed", "killed", "interrupted", "incomplete"])
def test_the_drawing_marks_runs_that_did_not_finish(outcome: RunState) -> None:
    assert "não concluída" in drawn({}, outcome, "pt")
    assert "não concluída" not in drawn({}, "finished", "pt")


@pytest.mark.parametrize(("language", "words"), [("pt", ["pt-BR", "trechos", "falhas"]), ("en", ["en", "chunks"])])
def test_the_drawing_speaks_the_language_of_the_report(language: ReportLanguage, words: list[str]) -> None:
    page = drawn({}, "failed", language)
    assert f'<html lang="{words[0]}">' in page
    assert all(f">{word}</text>" in page for word in words[1:])


def test_the_drawing_has_room_for_the_longest_words() -> None:
    """A letter is about half as wide as it is high; what begins left of 0 or ends behind the edge is cut."""
    page = drawn(dict.fromkeys(ErrorCode, 1), "failed", "en")
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', page)[1])  # type: ignore[index]
    for style, x, text in re.findall(r'<text style="([^"]+)"[^>]*? x="([\d.-]+)"[^>]*>([^<]+)</text>', page):
        size = float(re.search(r"([\d.]+)px", style)[1])  # type: ignore[index]
        begin = float(x) - (0.5 * size * len(text) if "end" in style else 0)
        assert begin >= 0
        assert begin + 0.5 * size * len(text) <= width, text


def capacity(documents: int) -> dict[str, Any]:
    result = command("capacity", "--documents", str(documents), "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_capacity_is_what_the_measured_documents_would_take(workspace: Workspace) -> None:
    write_run(workspace.data, NAMES)
    found = capacity(1000)
    work_s = sum(SECONDS.values())
    busy_s = 39 * 1.5 + work_s  # of 40 documents, one beginning each 1.5 s
    assert found["parallelism"] == pytest.approx(40 * work_s / busy_s, abs=0.01)
    assert found["stage_seconds"]["convert"]["expected"] == pytest.approx(1000 * SECONDS[Stage.CONVERT], rel=0.01)
    assert found["seconds"]["expected"] == pytest.approx(1000 * busy_s / 40 + 70 - busy_s, rel=0.02)
    assert (found["seen_documents"], found["seen_runs"], found["memory_peak_mb"]) == (40, 1, 965.0)
    assert "1000 documents like the 40" in command("capacity", "--documents", "1000").output


def test_capacity_is_less_certain_the_more_documents_differ(workspace: Workspace) -> None:
    events = [*document_events(NAMES)]
    uneven = [
        e.model_copy(update={"seconds": e.seconds * (8 if int(e.path[13:-3]) % 10 == 0 else 0.2)}) for e in events
    ]
    write_log(workspace.data / "runs" / RUN_ID, [begun(), *uneven, ended("finished")])
    spread = capacity(100)["seconds"]
    assert spread["low"] < 0.85 * spread["expected"] < 1.15 * spread["expected"] < 1.5 * spread["high"]


def test_capacity_leaves_out_documents_that_were_worked_on_in_part(workspace: Workspace) -> None:
    again = document_events(NAMES[20:], (Stage.CHUNK, Stage.EMBED, Stage.STORE))
    half_way = document_events(NAMES[:3], (Stage.FETCH, Stage.CONVERT))
    write_log(workspace.data / "runs" / RUN_ID, [begun(), *document_events(NAMES[3:20]), *again, *half_way])
    assert capacity(10)["seen_documents"] == 17


def test_capacity_says_when_there_is_little_to_go_on(workspace: Workspace) -> None:
    write_log(workspace.data / "runs" / RUN_ID, [begun(), *document_events(NAMES[:3])])
    notes = " ".join(capacity(500)["notes"])
    assert "only 3 documents" in notes
    assert "more than 20 times" in notes
    assert "memory" in notes


def test_capacity_without_any_run_is_an_error(workspace: Workspace) -> None:
    result = command("capacity", "--documents", "10")
    assert result.exit_code == 1
    assert "no run was measured yet" in str(result.exception)
