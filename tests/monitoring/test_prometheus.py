"""What Prometheus is told about a run, and that it can read it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import luigi
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as families
from typer.testing import CliRunner

from pipeline import RunAll
from pipeline.cli import app
from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import ErrorCode
from pipeline.monitoring.prometheus import OUTCOMES, exposition
from pipeline.run.events import Begun, Ended, RunLog, RunOutcome, Sampled, ShardOpened
from pipeline.run.records import Success
from pipeline.schema import Failure, Stage
from tests.conftest import Workspace, forget_run
from tests.support.gaps import FOUND
from tests.support.in_process import run_here
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool (Debian: prometheus) is not installed")
NO_PROCESS = 2**22 + 1  # above every process id that Linux gives out


class WrittenRun:
    """A run's log, written as a run writes it."""

    def __init__(self, data: DataDir, run_id: str = "20260101T000000Z-000001") -> None:
        self.log = RunLog(data.run(run_id))
        self.time = datetime.now(UTC)

    def begin(self, pid: int | None = None, host: str = "", ago: timedelta = timedelta()) -> WrittenRun:
        self.time -= ago
        self.log.append(
            Begun(
                time=self.time,
                run_id=self.log.folder.name,
                pid=pid or os.getpid(),
                host=host or socket.gethostname(),
                commit="c0ffee",
                config_hash="0123",
                documents=10,
                unfinished=6,
                workers=2,
            )
        )
        return self

    def work(self) -> WrittenRun:
        """Four documents of five are fetched, of which one cannot be converted and one is stored."""
        waiting = {Stage.FETCH: {f"segredo-{number}.pdf": 1000 for number in range(5)}}
        self.log.append(
            ShardOpened(time=self.time, index=0, documents=6, pending=dict.fromkeys(Stage, 5), waiting=waiting)
        )
        for number in range(4):
            self.log.document(Stage.FETCH, f"segredo-{number}.pdf", 0.02)
        failure = Failure(
            stage=Stage.CONVERT,
            code=ErrorCode.CORRUPT,
            message="segredo",
            permanent=True,
            run_id=self.log.folder.name,
            time=self.time,
        )
        self.log.document(Stage.CONVERT, "segredo-0.pdf", 0.3, failure)
        for stage in (Stage.CONVERT, Stage.CHUNK, Stage.EMBED, Stage.STORE):
            self.log.document(stage, "segredo-1.pdf", 4.0)
        for memory_mb in (300.0, 200.0):
            self.log.append(Sampled(time=self.time, memory_mb=memory_mb, cpu_percent=150, current={}))
        return self

    def end(self, outcome: RunOutcome) -> WrittenRun:
        self.log.append(Ended(time=datetime.now(UTC), outcome=outcome))
        return self


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir.at(str(tmp_path))


def samples(text: bytes | str) -> dict[str, float]:
    """Name and labels, as Prometheus' own parser reads them -> value."""
    return {
        f"{sample.name}{{{','.join(f'{key}={value}' for key, value in sample.labels.items())}}}": sample.value
        for family in parsed(text)
        for sample in family.samples
    }


def parsed(text: bytes | str) -> Iterator[Metric]:
    return iter(families(text if isinstance(text, str) else text.decode()))


def outcome(data: DataDir) -> list[str]:
    read = samples(exposition(data))
    return [each for each in OUTCOMES if read[f"nic_etl_run_outcome{{outcome={each}}}"]]


def test_documents_are_counted_by_stage_and_status(data: DataDir) -> None:
    WrittenRun(data).begin().work()
    read = samples(exposition(data))
    table = {
        stage: tuple(
            int(read[f"nic_etl_run_documents{{stage={stage},status={status}}}"])
            for status in ("pending", "completed", "failed")
        )
        for stage in Stage
    }
    assert table == {
        "fetch": (1, 4, 0),
        "convert": (3, 1, 1),
        "chunk": (3, 1, 0),
        "embed": (3, 1, 0),
        "store": (3, 1, 0),
    }
    assert read["nic_etl_run_errors_total{code=corrupt}"] == 1
    assert sum(value for name, value in read.items() if name.startswith("nic_etl_run_errors_total")) == 1


def test_stage_times_are_a_histogram(data: DataDir) -> None:
    WrittenRun(data).begin().work()
    read = samples(exposition(data))
    name = "nic_etl_run_stage_duration_seconds"
    assert read[f"{name}_count{{stage=convert}}"] == 2
    assert read[f"{name}_sum{{stage=convert}}"] == pytest.approx(4.3)
    upto = {le: read[f"{name}_bucket{{le={le},stage=convert}}"] for le in ("0.1", "0.5", "2.5", "5.0", "+Inf")}
    assert upto == {"0.1": 0, "0.5": 1, "2.5": 1, "5.0": 2, "+Inf": 2}


def test_memory_is_what_was_sampled_last_and_nothing_once_the_run_is_over(data: DataDir) -> None:
    run = WrittenRun(data).begin().work()
    read = samples(exposition(data))
    assert (read["nic_etl_run_memory_bytes{}"], read["nic_etl_run_memory_peak_bytes{}"]) == (200e6, 300e6)
    assert read["nic_etl_run_cpu_cores{}"] == 1.5
    run.end("finished")
    read = samples(exposition(data))
    assert (read["nic_etl_run_memory_bytes{}"], read["nic_etl_run_memory_peak_bytes{}"]) == (0, 300e6)


def test_a_run_is_running_until_it_ends_or_its_process_is_gone(data: DataDir) -> None:
    WrittenRun(data, "1-live").begin()
    assert outcome(data) == ["running"]
    WrittenRun(data, "2-gone").begin(pid=NO_PROCESS)
    assert outcome(data) == ["killed"]
    WrittenRun(data, "3-id-of-another").begin(ago=timedelta(days=400))
    assert outcome(data) == ["killed"]
    WrittenRun(data, "4-ended").begin(pid=NO_PROCESS).end("incomplete")
    assert outcome(data) == ["incomplete"]


def test_a_run_on_another_host_is_running_while_it_says_something(data: DataDir) -> None:
    WrittenRun(data, "1").begin(host="elsewhere", pid=NO_PROCESS)
    assert outcome(data) == ["running"]
    WrittenRun(data, "2").begin(host="elsewhere", ago=timedelta(minutes=6))
    assert outcome(data) == ["killed"]


def test_before_the_first_run_the_metrics_say_never(data: DataDir) -> None:
    read = samples(exposition(data))
    assert read["nic_etl_last_success_timestamp_seconds{}"] == 0
    assert not any(name.startswith("nic_etl_run_") for name in read)


def test_no_label_can_grow_without_bound_or_name_a_document(data: DataDir) -> None:
    WrittenRun(data).begin().work().end("finished")
    text = exposition(data)
    labels = {label for family in parsed(text) for sample in family.samples for label in sample.labels}
    assert labels == {"version", "outcome", "stage", "status", "code", "le"}
    assert b"segredo" not in text
    assert len(samples(text)) < 200


def test_the_documentation_lists_every_metric_and_no_other(data: DataDir) -> None:
    WrittenRun(data).begin().work()
    files.write_json(
        data.last_success, Success(time=datetime.now(UTC), commit="c", documents=1, points=1, quarantined=0)
    )
    told = {f"{family.name}{'_info' * (family.type == 'info')}" for family in parsed(exposition(data))}
    told = {f"{name}_total" if name == "nic_etl_run_errors" else name for name in told}
    text = (DOCS / "monitoring.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(nic_etl_\w+)", text, re.M)) == told
    alerts = (DOCS / "alerts.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"nic_etl_\w+", alerts)) - {"nic_etl"} <= told
    assert set(re.findall(r"alert: (\w+)", alerts)) == set(re.findall(r"^\| `(NicEtl\w+)`", text, re.M))


def test_missing_text_and_warnings_are_counted_by_kind_and_name_no_document(data: DataDir) -> None:
    run = WrittenRun(data).begin().work()
    run.log.document(Stage.STORE, "segredo-1.pdf", 0.1, found=FOUND)
    read = samples(exposition(data))
    assert (read["nic_etl_run_warnings{}"], read["nic_etl_run_incomplete_documents{}"]) == (1, 1)
    assert read["nic_etl_run_text_coverage_lowest{}"] == FOUND.gaps.text_coverage if FOUND.gaps else False
    assert read["nic_etl_run_missing_words{kind=footnote}"] == 40
    assert b"segredo" not in exposition(data)
    labels = {label for family in parsed(exposition(data)) for sample in family.samples for label in sample.labels}
    assert labels == {"version", "outcome", "stage", "status", "code", "le", "kind"}


@needs_promtool
def test_promtool_finds_nothing_to_complain_about(data: DataDir) -> None:
    WrittenRun(data).begin().work()
    command = [str(PROMTOOL), "check", "metrics"]
    checked = subprocess.run(command, input=exposition(data), capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@needs_promtool
def test_the_alerts_fire_when_they_should_and_only_then() -> None:
    command = [str(PROMTOOL), "test", "rules", "alerts_test.yml"]
    checked = subprocess.run(command, cwd=DOCS, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_run_with_nothing_to_do_renews_the_last_success_and_one_that_fails_keeps_it(workspace: Workspace) -> None:
    workspace.write("ferias.md", "# Férias\n\nTrinta dias.\n")
    workspace.set("source", "max_file_size_mb", "0.001")
    workspace.write("longo.md", "# Longo\n" * 200)
    last_success = "nic_etl_last_success_timestamp_seconds{}"
    file = workspace.data / "nic_etl.prom"
    workspace.set("pipeline", "metrics_file", str(file))
    begun = time.time()
    workspace.run_all()
    first = samples(file.read_bytes())
    assert (
        first["nic_etl_run_outcome{outcome=finished}"]
        == first["nic_etl_run_documents{stage=store,status=completed}"]
        == 1
    )
    assert begun < first[last_success] < time.time()
    assert first["nic_etl_published_documents{}"] == first["nic_etl_quarantined_documents{}"] == 1
    assert first["nic_etl_published_points{}"] == 1
    workspace.run_all()
    second = samples(file.read_bytes())
    assert second[last_success] > first[last_success]
    assert second["nic_etl_published_points{}"] == 1
    (workspace.root / "30-Aprovados" / "ferias.md").unlink()
    assert not workspace.run_all().scheduling_succeeded  # nothing that is left can be stored: it refuses to empty it
    third = samples(file.read_bytes())
    assert third["nic_etl_run_outcome{outcome=failed}"] == 1
    assert third[last_success] == second[last_success]


def test_the_command_prints_them_and_writes_a_file_that_node_exporter_may_read(
    workspace: Workspace, tmp_path: Path
) -> None:
    printed = CliRunner().invoke(app, ["metrics"])
    assert samples(printed.output)["nic_etl_last_success_timestamp_seconds{}"] == 0
    file = tmp_path / "nic_etl.prom"
    assert CliRunner().invoke(app, ["metrics", "--textfile", str(file)]).exit_code == 0
    assert samples(file.read_bytes()).keys() == samples(printed.output).keys()
    assert file.stat().st_mode & 0o044 == 0o044
    assert list(tmp_path.glob("nic_etl.prom*")) == [file]


def test_a_file_that_cannot_be_written_is_one_line(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    done = run_here(capsys, "nic", "metrics", "--textfile", str(tmp_path / "file" / "x.prom"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: x.prom cannot be written: ")
    assert done.stderr.count("\n") == 1


def test_the_server_follows_a_run_from_another_process(workspace: Workspace) -> None:
    data = DataDir.at(str(workspace.data))
    run = WrittenRun(data).begin()
    command = [sys.executable, "-m", "pipeline", "metrics", "--serve", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        url = server.stderr.readline().strip()
        try:
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", url)
            fetched = "nic_etl_run_documents{stage=fetch,status=completed}"
            assert scrape(url)[fetched] == 0
            run.work()
            assert scrape(url)[fetched] == 4
            WrittenRun(data, "20270101T000000Z-000002").begin()
            assert scrape(url)[fetched] == 0
        finally:
            server.terminate()


def scrape(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return samples(answer.read())


def test_luigid_counts_tasks_by_their_class_alone(workspace: Workspace, luigid: str) -> None:
    workspace.write("segredo.md", "# Férias\n\nTrinta dias.\n")
    forget_run()
    host, _, port = luigid.rpartition("/")[2].partition(":")
    assert luigi.build([RunAll()], scheduler_host=host, scheduler_port=int(port), log_level="WARNING")  # type: ignore[no-untyped-call]
    read = scrape(f"{luigid}/metrics")
    for family in ("RunAll", "Finalize", "ConvertDocument", "StoreDocument"):
        assert read[f"luigi_task_done_total{{family={family}}}"] >= 1
    assert not any("segredo" in name for name in read)
