"""A Ctrl-C in a program that calls us is neither lost nor the end of the program."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SWALLOWED = """
import os, signal, time
from pipeline.engine.interruption import raised_until_heard
class Finalised:
    def __del__(self):
        print("swallowed", flush=True)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
try:
    with raised_until_heard():
        Finalised()
        time.sleep(60)
except KeyboardInterrupt:
    print("heard", flush=True)
time.sleep(1.5)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
OWN = """
import signal
from pipeline.engine.interruption import raised_until_heard
signal.signal(signal.SIGINT, own := lambda *_: None)
with raised_until_heard():
    print(signal.getsignal(signal.SIGINT) is own)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "said"),
    [(SWALLOWED, ["swallowed", "heard", "True"]), (OWN, ["True"])],
    ids=["swallowed", "a handler of its own"],
)
def test_a_request_to_stop_is_repeated_until_it_is_heard(program: str, said: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert run.stdout.splitlines() == said
    assert not run.stderr, "Python prints what a finaliser swallows"
