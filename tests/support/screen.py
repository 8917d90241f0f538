"""A terminal of our own: runs a program in it and shows what a person would see, line by line."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.paths import ROOT

_SILENCE_S = 100  # on a busy machine a program is long in coming
_PIECE = re.compile(r"\x1b\[(?P<count>[\d;]*)(?P<code>[A-Za-z])|\x1b\[\?\d+[hl]|(?P<end>\r|\n)|(?P<text>[^\x1b\r\n]+)")


class Screen:
    """Knows what progress bars need: text, line ends, up, erasing a line. Colours are left out."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._written = b""

    def wait_for(self, is_there: Callable[[list[str]], bool]) -> list[str]:
        """The lines as soon as they are as wanted, or the program has ended or fallen silent."""
        while not is_there(lines := _drawn(self._written.decode(errors="ignore"))):
            if not select.select([self._master], [], [], _SILENCE_S)[0]:
                break
            try:
                self._written += os.read(self._master, 1 << 16)
            except OSError:  # the program has ended
                break
        return lines

    def press_enter(self) -> None:
        os.write(self._master, b"\n")


def _drawn(written: str) -> list[str]:
    lines, row, column = [""], 0, 0
    for piece in _PIECE.finditer(written):
        if text := piece["text"]:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
        elif piece["end"] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif piece["end"] == "\r":
            column = 0
        elif piece["code"] == "A":
            row -= int(piece["count"] or 1)
        elif piece["code"] == "K":
            lines[row] = ""
    return [line.rstrip() for line in lines]


@contextlib.contextmanager
def running(script: str, folder: Path, columns: int = 120) -> Iterator[Screen]:
    """A Python program at a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    attributes = termios.tcgetattr(slave)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder, start_new_session=True
    ):
        os.close(slave)
        yield Screen(master)
        os.close(master)
