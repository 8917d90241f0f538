"""Runs a command in a network namespace of its own, which has nobody else, and counts what it tries to reach.

As a program (`python -m tests.support.isolated COMMAND …`, in the namespace) it prints the counts as its last line.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SIOCSIFFLAGS, _UP = 0x8914, 1


@dataclass(frozen=True)
class Isolated:
    """How a command ended, and what it tried to reach by the network."""

    returncode: int
    output: str
    outside: int
    """Attempts to reach another machine, name servers among them."""
    datagrams: int
    """Those to this machine, where a name server may be."""


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


def _counts() -> dict[str, int]:
    """Of this namespace, since it was made: the kernel counts what it has no way to send."""
    tables: dict[str, dict[str, int]] = {}
    lines = Path("/proc/self/net/snmp").read_text(encoding="ascii").splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        tables[names.split(":")[0]] = dict(zip(names.split()[1:], map(int, values.split()[1:]), strict=True))
    six = Path("/proc/self/net/snmp6")
    other = dict(line.split() for line in six.read_text(encoding="ascii").splitlines()) if six.exists() else {}
    outside = tables["Ip"]["OutNoRoutes"] + int(other.get("Ip6OutNoRoutes", 0))
    return {"outside": outside, "datagrams": tables["Udp"]["OutDatagrams"] + int(other.get("Udp6OutDatagrams", 0))}


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP))
    ended = subprocess.run(sys.argv[1:], check=False)
    sys.stdout.write(f"\n{json.dumps(_counts())}\n")
    sys.exit(ended.returncode)
