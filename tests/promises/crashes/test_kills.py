"""A run that is killed at any moment, in any of its processes, leaves what the next run turns into the same state as
if nothing had happened."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.promises.crashes.harness import Moment, Site, Victim

CONVERTED, CHUNKED = "documents/*/*/document-*.json", "documents/*/*/chunks-*.json"
EMBEDDED, STORED = "documents/*/*/embeddings-*.npy", "index/*/??/??/*.json"
HALF_WRITTEN, MANIFEST, PUBLISHED = "documents/*/*/.*.part", "index/*/shards/*.json", "index/nic.json"
WHILE_CONVERTING = (
    Moment("snapshots/*.json"),
    Moment("documents/*/*/source.*", 8),
    Moment(HALF_WRITTEN),
    Moment(CONVERTED),
    Moment(CONVERTED, 7),
)
WHILE_EMBEDDING = (Moment(CHUNKED), Moment(CHUNKED, 9), Moment(EMBEDDED), Moment(EMBEDDED, 9))
WHILE_STORING = (
    Moment("qdrant/meta.json"),
    Moment("index/*/??/??/.*.part"),
    Moment(STORED),
    Moment(STORED, 8),
    Moment(MANIFEST),
    Moment("index/.*.part"),
    Moment(PUBLISHED),
)
SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(10**6))
RANDOM_KILLS = 10


@pytest.fixture
def choose(request: pytest.FixtureRequest) -> random.Random:
    """The same choices for a test whenever CRASH_SEED is the same."""
    _say(f"CRASH_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")  # noqa: S311 - chooses moments, no keys


@pytest.mark.slow
def test_one_run_after_a_kill_while_converting_leaves_what_an_undisturbed_run_leaves(
    site: Site, choose: random.Random
) -> None:
    data = site.new_data()
    assert site.kill(data, Moment(CONVERTED), Victim.BOTH, choose).process.returncode == -9
    site.assert_recovers(data)


@pytest.mark.slow
def test_one_run_after_its_parent_was_killed_while_embedding_leaves_what_an_undisturbed_run_leaves(
    site: Site, choose: random.Random
) -> None:
    data = site.data_without("embeddings-*")
    assert site.kill(data, Moment(EMBEDDED, 3), Victim.PARENT, choose).process.returncode == -9
    site.assert_recovers(data)


@pytest.mark.slow
def test_a_run_whose_engine_process_is_killed_ends_as_if_nothing_had_happened(
    site: Site, choose: random.Random
) -> None:
    data = site.data_without("chunks-*", "terms-*", "embeddings-*")
    running = site.kill(data, Moment(CHUNKED), Victim.ENGINE, choose)
    assert running.process.returncode == 0, running.text
    assert site.flaws(data) == []


@pytest.mark.slow
def test_kills_in_a_row_while_fetching_storing_and_finishing_do_not_add_up(site: Site, choose: random.Random) -> None:
    data = site.new_data()
    assert site.kill(data, Moment("documents/*/*/source.*", 3), Victim.BOTH, choose).process.returncode == -9
    shutil.rmtree(data / "documents")
    site.derive(data)  # other tests of this file are about the stages between
    for moment in (Moment(STORED, 2), Moment(MANIFEST)):
        assert site.kill(data, moment, Victim.BOTH, choose).process.returncode == -9, moment
    site.assert_recovers(data)


@pytest.mark.soak
@pytest.mark.parametrize("victim", Victim)
def test_kills_while_fetching_and_converting(site: Site, victim: Victim, choose: random.Random) -> None:
    _survive(site, [(site.new_data(), moment, victim) for moment in WHILE_CONVERTING], choose)


@pytest.mark.soak
@pytest.mark.parametrize("victim", Victim)
def test_kills_while_chunking_and_embedding(site: Site, victim: Victim, choose: random.Random) -> None:
    kills = [(site.data_without("chunks-*", "terms-*", "embeddings-*"), moment, victim) for moment in WHILE_EMBEDDING]
    _survive(site, kills, choose)


@pytest.mark.soak
@pytest.mark.parametrize("victim", [Victim.PARENT, Victim.BOTH])  # no engine process stores
def test_kills_while_storing_and_finishing(site: Site, victim: Victim, choose: random.Random) -> None:
    _survive(site, [(site.data_without(), moment, victim) for moment in WHILE_STORING], choose)


@pytest.mark.soak
def test_kills_at_random_instants(site: Site, choose: random.Random) -> None:
    _, length_s = site.undisturbed
    moments = [Moment(seconds=choose.uniform(0.2, length_s)) for _ in range(RANDOM_KILLS)]
    _survive(site, [(site.new_data(), moment, choose.choice(list(Victim))) for moment in moments], choose)


@pytest.mark.soak
@pytest.mark.parametrize("unfinished", ["models/.e5-*.part", "models/.exported-*.part", "models/.exported-*/made/*"])
def test_kills_while_the_model_is_prepared(site_without_model: Site, unfinished: str, choose: random.Random) -> None:
    site = site_without_model
    _survive(site, [(site.new_data(), Moment(unfinished), Victim.BOTH)], choose)


def _survive(site: Site, kills: list[tuple[Path, Moment, Victim]], choose: random.Random) -> None:
    """Every kill in a data directory of its own; tells what came of each."""
    failed = []
    for data, moment, victim in kills:
        start = time.monotonic()
        killed = site.kill(data, moment, victim, choose)
        after = site.run(data)
        flaws = [] if after.process.returncode == 0 else [f"exit code {after.process.returncode}: {after.text}"]
        flaws += site.flaws(data)
        if victim is Victim.ENGINE and killed.process.returncode != 0:
            flaws.append(f"the run itself did not survive: {killed.text}")
        verdict = "survived" if not flaws else f"NOT SURVIVED: {flaws}"
        took_s = time.monotonic() - start
        _say(f"killed {victim} at {moment} (exit {killed.process.returncode}): {verdict} ({took_s:.0f} s)")
        failed += [(str(moment), flaws)] if flaws else []
    _say(f"{len(kills) - len(failed)} of {len(kills)} kills survived")
    assert failed == []


def _say(line: str) -> None:
    """Shown at once by `make soak`, and by any test that fails."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
