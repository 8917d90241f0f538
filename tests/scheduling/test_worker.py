"""What is done is forgotten, what failed is not: memory stays small and exit codes stay true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import luigi
import pytest
from luigi.worker import Worker

from pipeline import RunAll
from pipeline.scheduling import EXIT_CODES, ForgetfulScheduler
from pipeline.tasks import DocumentTask
from tests.conftest import Workspace, forget_run
from tests.support.luigid import tasks_of
from tests.support.paths import ROOT

_UNHEARD = """
import time
from pipeline.scheduling.worker import ForgetfulWorker
queue = ForgetfulWorker()._task_result_queue
queue.put("a result")
queue.get()
time.sleep(1)  # it waits for more
queue._notempty.notify = lambda: None  # a Ctrl-C came before it
"""


def kept(worker: Worker) -> list[str]:
    """Paths of the documents whose tasks the worker still holds."""
    return [task.document for task in worker._scheduled_tasks.values() if isinstance(task, DocumentTask)]


def test_tasks_of_finished_shards_are_kept_nowhere(workspace: Workspace) -> None:
    workspace.set("pipeline", "shard_size", "2")
    for number in range(8):
        workspace.write(f"{number}.txt", f"Portaria {number}.")
    result = workspace.run_all()
    assert result.scheduling_succeeded
    assert kept(result.worker) == []
    assert isinstance(result.worker._scheduler, ForgetfulScheduler)
    families = [task.family for task in result.worker._scheduler._state.get_active_tasks()]
    assert sorted(set(families)) == ["Finalize", "RunAll", "Shard", "Snapshot"]
    assert families.count("Shard") == 4


def test_a_failed_task_is_remembered_and_the_run_is_not_called_a_success(workspace: Workspace) -> None:
    file = workspace.write("a.txt", "Portaria.")
    result = workspace.run_all(meanwhile=file.unlink)
    assert not result.scheduling_succeeded
    failed = {task.task_family for task, status, _ in result.worker._add_task_history if status == "FAILED"}
    assert failed == {"Finalize"}


def test_luigid_shows_how_far_the_main_job_and_its_shard_are(workspace: Workspace, luigid: str) -> None:
    for number in range(3):
        workspace.write(f"{number}.txt", f"Portaria {number}.")
    forget_run()
    assert luigi.build([RunAll()], scheduler_url=luigid, log_level="WARNING")  # type: ignore[no-untyped-call]
    shown = {task["name"]: (task["status_message"], task["progress_percentage"]) for task in tasks_of(luigid).values()}
    assert shown["RunAll"] == ("fetch 3/3 · convert 3/3 · chunk 3/3 · embed 3/3 · store 3/3", 100)
    assert shown["Shard"] == ("3 of 3 documents are stored", 100)
    assert shown["Finalize"][0] == "published: 3 of 3 documents", "not what it was doing before it ended"


@pytest.mark.slow
def test_a_ctrl_c_while_the_worker_ends_does_not_keep_the_process_from_ending() -> None:
    subprocess.run([sys.executable, "-c", _UNHEARD], cwd=ROOT, check=True, timeout=60)


@pytest.mark.slow
def test_a_job_that_fails_far_from_luigi_cfg_does_not_exit_0(tmp_path: Path) -> None:
    """Luigi's own exit codes are all 0 where nobody sets them."""
    command = [sys.executable, "-m", "luigi", "--module", "pipeline", "RunAll", "--local-scheduler"]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "NIC_FOLDER_PATH": str(tmp_path),
        "NIC_DATA_DIR": str(tmp_path / "data"),
        "NIC_EMBEDDING_MODEL": str(tmp_path / "30-Aprovados"),
    }
    (tmp_path / "30-Aprovados").mkdir()
    (tmp_path / "30-Aprovados" / "a.txt").write_text("Um texto.")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_CODES["task_failed"], done.stderr
