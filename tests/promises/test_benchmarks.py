"""The benchmarks' own parts that can break unseen: the recorded tables, the workload, the list of benchmarks."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import figures, peer_environment, peers, sampled, workload
from benchmarks.__main__ import Name
from benchmarks.figures import Figure, Record
from pipeline import embedding_models
from tests.support.paths import ROOT

BEGIN, END = "<!-- figures: written by python -m benchmarks -->", "<!-- end of figures -->"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(figures, "RECORD", tmp_path / "performance.json")
    monkeypatch.setattr(figures, "PAGE", tmp_path / "performance.md")
    figures.PAGE.write_text(f"before\n\n{BEGIN}\nstale figures\n{END}\n\nafter\n", encoding="utf-8")
    return figures.PAGE


def record(name: str, value: float) -> None:
    found = [Figure(what="cold run", value=value, unit="times faster", target="≥ 1.5", met=value >= 1.5)]
    figures.record(name, Record(command=f"run {name}", machine="one", date="2026-01-01", figures=found))


def test_recording_replaces_the_tables_and_keeps_the_rest_of_the_page(page: Path) -> None:
    record("peers", 2.0)
    record("peers", 1.25)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nafter\n")
    assert text.count("| cold run | 1.25 times faster | ≥ 1.5 | no |  |") == 1
    assert "stale figures" not in text
    assert "| 2 times" not in text


def test_recording_one_benchmark_keeps_the_others(page: Path) -> None:
    record("peers", 2.0)
    record("cores", 1.9)
    text = page.read_text(encoding="utf-8")
    assert text.index("### cores") < text.index("### peers")


def test_the_page_has_its_markers_once() -> None:
    text = figures.PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name is Name.GPU else []) for name in Name if name is not Name.ALL],
)
def test_every_benchmark_is_a_module_with_run(name: Name) -> None:
    assert callable(importlib.import_module(f"benchmarks.{name}").run)


def test_copies_of_the_samples_differ_in_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIC_BENCHMARK_CORPUS", str(tmp_path / "none"))
    workload.fill(tmp_path)
    contents = [file.read_bytes() for file in workload.files(tmp_path)]
    assert len(contents) > 10
    assert len(set(contents)) == len(contents)


def test_one_document_can_be_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIC_BENCHMARK_CORPUS", str(tmp_path / "none"))
    workload.fill(tmp_path)
    before = {file: file.read_bytes() for file in workload.files(tmp_path)}
    edited = workload.change_one(tmp_path)
    assert [file for file in before if file.read_bytes() != before[file]] == [edited]


def test_peers_are_judged_by_the_faster_one_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"LlamaIndex": 40.0, "LlamaIndex, a process per core": 30.0, "Haystack": 60.0}

    turns = iter((30.0, 34.0, 32.0))

    def peer(
        comparison: peers.Comparison,
        name: str,
        state: Path | None = None,
        converter: str = "",
        samples: Path | None = None,
    ) -> peers.Taken:
        (state or comparison.state(name)).mkdir(exist_ok=True)
        if samples:
            samples.write_text("run (rapidocr/main.py:9) 40\nget (docling/queue.py:9) 20\n", encoding="utf-8")
        if converter:
            return peers.Taken(25.0, 1.0, 59, 400)
        first = next(turns, 30.0) if name == "LlamaIndex, a process per core" else seconds.get(name, 5.0)
        return peers.Taken(first, 1.0, 59, 400)

    def filled(comparison: peers.Comparison) -> str:
        monkeypatch.setenv("NIC_BENCHMARK_CORPUS", str(comparison.folder / "none"))
        return workload.fill(comparison.root)

    monkeypatch.setattr(peer_environment, "ready", lambda: Path("python"))
    monkeypatch.setattr(embedding_models, "prepare", lambda *_: Path("model"))
    monkeypatch.setattr(peers.Comparison, "fill", filled)

    def ours(comparison: peers.Comparison, data: Path | None = None, samples: Path | None = None) -> peers.Taken:
        if samples:
            samples.write_text("encode (pipeline/embed/exported.py:9) 60\n", encoding="utf-8")
        return peers.Taken(10.0, 9.0, 59, 500)

    monkeypatch.setattr(peers.Comparison, "ours", ours)
    monkeypatch.setattr(peers.Comparison, "first_ours", lambda _: peers.Taken(16.0, 9.0, 59, 500))
    monkeypatch.setattr(peers.Comparison, "peer", peer)
    cold, first, with_ours, own_parts, peers_parts, unchanged, checked, *_ = peers.run()
    assert cold.what.endswith("against LlamaIndex, a process per core")
    assert (cold.value, cold.met) == (3.2, True), "the median of the turns"
    assert (first.value, first.met) == (2.0, None)
    assert (with_ours.value, with_ours.met) == (2.5, None)
    assert (own_parts.value, own_parts.note) == (3.0, "embedding 3.0")
    assert (peers_parts.value, peers_parts.note) == (2.0, "OCR 2.0"), "waiting counts nowhere"
    assert (unchanged.value, unchanged.met) == (3.0, False)
    assert (checked.value, checked.met) == (0.5, None)


@pytest.mark.slow
def test_a_run_of_made_up_documents_comes_to_its_end_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    """It replaces parts of the pipeline by name, and breaks unseen when they move."""
    command = [sys.executable, "-m", "benchmarks.dummy_run", "3", str(tmp_path)]
    found = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [json.loads(done.stdout.splitlines()[-1])["status"] for done in found] == ["SUCCESS", "SUCCESS"]
    assert not [*(tmp_path / "qdrant").rglob("storage.sqlite")], "the made-up store is used"
    assert len(list(tmp_path.glob("runs/*/summary.json"))) == 1


def test_a_stack_belongs_to_one_part_and_waiting_to_none(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.write_text(
        "process 7:python;extract (pipeline/convert/conversion.py:80);run_ocr (rapidocr/main.py:9) 40\n"
        "process 7:python;extract (pipeline/convert/conversion.py:80);convert (docling/pipeline/base.py:9) 20\n"
        "process 7:python;_handle_fromlist (<frozen importlib._bootstrap>:1);<module> (docling/a.py:1) 10\n"
        "process 8:python -m pipeline.embed.export {};<module> (torch/__init__.py:1) 10\n"
        "process 7:python;next (pipeline/engine/engine.py:65);Condition.wait (threading.py:331) 500\n",
        encoding="utf-8",
    )
    assert sampled.seconds_by_part(samples) == {
        "OCR": 2.0,
        "other conversion": 1.0,
        "imports": 0.5,
        "export of the model": 0.5,
    }
