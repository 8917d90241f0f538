"""What this machine has to give a run: cores, memory and disk, and how many processes fit."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import psutil

from pipeline.datadir.files import FilePath
from pipeline.schema import Record
from pipeline.settings.sections import Settings

log = logging.getLogger(__name__)

WORKER_MB = 1700
"""A process that converts and embeds had 1.67 GB at its peak over thirty real documents (docs/performance.md)."""
PLANNER_MB = 400
"""The process that plans, with Luigi, the listing and Qdrant's local files."""
DISK_FACTOR = 2.0
"""Derived files take about 1.6 times the documents' bytes on the development corpus, Qdrant's copy of the text and
vectors included; texts without pictures take more."""
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


class Capacity(Record):
    """Cores and memory that are free for a run, and the processes that make use of them."""

    cores: int
    available_mb: float
    workers: int

    @property
    def fitting(self) -> int:
        """Processes that the memory admits; 0 when not even one surely fits."""
        return max(0, int((self.available_mb - PLANNER_MB) // WORKER_MB))

    @property
    def is_enough(self) -> bool:
        """Whether the memory admits as many processes as were chosen."""
        return self.workers <= self.fitting

    def __str__(self) -> str:
        each = f"{WORKER_MB / 1000:.1f} GB each"
        free = f"{self.available_mb / 1000:.1f} GB of memory available"
        return f"{self.workers} at once: {self.cores} cores, {free}, up to {each}"


def capacity(settings: Settings, available_mb: float | None = None) -> Capacity:
    """How many documents are worked on at once: as set, else as many as cores and memory allow, at least one."""
    free = available_memory_mb() if available_mb is None else available_mb
    most = Capacity(cores=cores(), available_mb=free, workers=0)
    chosen = settings.pipeline.max_concurrent_documents or max(1, min(most.cores, most.fitting))
    return most.model_copy(update={"workers": chosen})


def planned_workers(settings: Settings) -> int:
    """Processes that will work at the same time; 0 when a cluster decides."""
    if settings.engine.kind == "inline":
        return 1
    return 0 if settings.engine.dask_address else capacity(settings).workers


def warn(settings: Settings, root: FilePath, documents: int, size_bytes: int) -> None:
    """Say so before the work begins when a run over these documents would not fit into memory or on the disk."""
    if not documents:
        return
    found = capacity(settings)
    if settings.engine.kind != "inline" and not settings.engine.dask_address and not found.is_enough:
        log.warning("memory may not be enough: %s; %s", found, remedy(found))
    needed = size_bytes * DISK_FACTOR
    free = shutil.disk_usage(root).free if isinstance(root, Path) else None
    if free is not None and free < needed:
        log.warning(
            "the disk may not be enough: %d documents need about %.1f GB where NIC_DATA_DIR lies, %.1f GB are free; "
            "make room, or name a folder on another disk",
            documents,
            needed / 1e9,
            free / 1e9,
        )


def remedy(found: Capacity) -> str:
    """What to do when memory is short."""
    if found.fitting:
        return f"set [pipeline] max_concurrent_documents = {found.fitting}, or 0 to have it chosen"
    return "free some memory: a large document may not fit, and is then quarantined as worker_died"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory_mb() -> float:
    """What the machine has to give, or the control group (container, systemd service) that this process is in."""
    machine = psutil.virtual_memory().available
    limited = cgroup_memory_left(_CGROUPS, _OWN_CGROUP)
    return (machine if limited is None else min(machine, limited)) / 1e6


def cgroup_memory_left(cgroups: Path, own: Path) -> int | None:
    """Bytes that the control groups named in `own` still admit; None without a limit. psutil does not know of them.

    Every ancestor's limit holds too. Files' pages in memory count as free: the kernel drops them when it must.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return None
    left: list[int] = []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controllers == "":
            left += _left(cgroups, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            left += _left(cgroups / "memory", path, *names)
    return max(0, min(left)) if left else None


def _left(top: Path, path: str, limit: str, usage: str, cached: str) -> list[int]:
    """What each of a group and its ancestors leaves, as far as they have a limit and can be seen from here."""
    group = top / path.strip("/")
    left = []
    for folder in (group, *group.parents):
        if folder.is_relative_to(top):
            try:
                most = (folder / limit).read_text().strip()
                if most != "max":
                    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                    left.append(int(most) - int((folder / usage).read_text()) + int(stat.get(cached, 0)))
            except (OSError, ValueError):
                continue  # a container does not see its ancestors
    return left
