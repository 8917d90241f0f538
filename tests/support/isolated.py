"""Runs a command in a network namespace of its own, where nothing answers, and counts what it tries to reach.

As a program (`python -m tests.support.isolated COMMAND …`, in the namespace) it makes every address routable, so that
the kernel counts each attempt, and prints the counts as its last line.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import shutil
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SIOCADDRT, _SIOCSIFFLAGS, _UP = 0x890B, 0x8914, 1
_ANYWHERE = struct.pack("=HH4s8x", socket.AF_INET, 0, b"\0\0\0\0")


@dataclass(frozen=True)
class Isolated:
    """How a command ended, and what it tried to reach by the network."""

    returncode: int
    output: str
    connections: int
    datagrams: int


def isolated(command: list[str], folder: Path, environment: dict[str, str]) -> Isolated:
    """Raises OSError where this machine lets nobody make a namespace."""
    unshare = shutil.which("unshare")
    if unshare is None:
        raise OSError("there is no unshare program")
    program = [unshare, "--user", "--map-root-user", "--net", sys.executable, "-m", __name__, *command]
    done = subprocess.run(
        program, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    try:
        *output, counts = done.stdout.splitlines()
        return Isolated(done.returncode, "\n".join(output), **json.loads(counts))
    except (ValueError, TypeError):
        raise OSError(f"no namespace can be made: {done.stdout}") from None


def _make_everything_routable() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP))
        device = ctypes.create_string_buffer(b"lo")
        route = ("@L16s16s16sHhLPhPLLH", 0, _ANYWHERE, _ANYWHERE, _ANYWHERE, _UP, 0, 0, 0, 0)
        fcntl.ioctl(control, _SIOCADDRT, struct.pack(*route, ctypes.addressof(device), 0, 0, 0))


def _counts() -> dict[str, int]:
    """Of this namespace, since it was made."""
    tables: dict[str, dict[str, int]] = {}
    lines = Path("/proc/self/net/snmp").read_text(encoding="ascii").splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        tables[names.split(":")[0]] = dict(zip(names.split()[1:], map(int, values.split()[1:]), strict=True))
    six = Path("/proc/self/net/snmp6")
    other = dict(line.split() for line in six.read_text(encoding="ascii").splitlines()) if six.exists() else {}
    datagrams = tables["Udp"]["OutDatagrams"] + int(other.get("Udp6OutDatagrams", 0))
    return {"connections": tables["Tcp"]["ActiveOpens"], "datagrams": datagrams}


if __name__ == "__main__":
    _make_everything_routable()
    ended = subprocess.run(sys.argv[1:], check=False)
    sys.stdout.write(f"\n{json.dumps(_counts())}\n")
    sys.exit(ended.returncode)
