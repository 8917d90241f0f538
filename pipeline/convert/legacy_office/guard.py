"""Runs one program on behalf of a process, without network and below limits, and ends it when that process ends.

Started as a script of its own: `python guard.py SECONDS FOLDER PROGRAM ARGUMENT…`. Its standard input is a pipe that
the process holds open; when the process ends, however that may be, the pipe closes. Then nobody is left to remove the
temporary folder, and the guard does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # flags of unshare(2)
MAX_MEMORY_BYTES = 6 << 30  # addresses, of which LibreOffice reserves far more than it uses
MAX_FILE_BYTES = 1 << 30
KILLED = 124


def main(seconds: str, folder: str, *command: str) -> int:
    """The program's exit code, or KILLED after `seconds`; `folder` is removed if nobody is left to do so."""
    leave_network()
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    orphaned = threading.Event()
    threading.Thread(target=_end_with_parent, args=(program, orphaned), daemon=True).start()
    try:
        return program.wait(float(seconds))
    except subprocess.TimeoutExpired:
        return KILLED
    finally:
        _kill(program)
        if orphaned.is_set():
            shutil.rmtree(folder, ignore_errors=True)


def leave_network() -> None:
    """Into a network namespace without any interface, where the kernel allows that; elsewhere settings must do."""
    if not sys.platform.startswith("linux"):
        return
    user, group = os.getuid(), os.getgid()
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is None or unshare(NEW_NETWORK) == 0 or unshare(NEW_USER | NEW_NETWORK) != 0:
        return
    for name, content in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with contextlib.suppress(OSError), open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(content)


def _end_with_parent(program: subprocess.Popen[bytes], orphaned: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    orphaned.set()
    _kill(program)


def _kill(program: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
