"""Draws docs/progress.svg: what `nic watch` showed a number of seconds after a run began, by the run's own log.

`python docs/progress_picture.py RUN_FOLDER SECONDS`, as in `data/runs/<run id> 4`.
"""

from __future__ import annotations

import io
import sys
from datetime import timedelta
from pathlib import Path

from pipeline.monitoring.console import SafeConsole
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.terminal import render
from pipeline.monitoring.view import View
from pipeline.run.events import EventReader


def view_at(folder: Path, seconds: float) -> View:
    """Where the run stood then; it is taken to be alive."""
    events = list(EventReader(folder).new())
    moment = events[0].time + timedelta(seconds=seconds)
    monitor = Monitor(folder)
    for event in events:
        if event.time <= moment:
            monitor.add(event)
    return monitor.at(moment, is_alive=True)


def draw(view: View, target: Path) -> None:
    """As a terminal of 112 columns shows it."""
    console = SafeConsole(record=True, width=112, force_terminal=True, color_system="truecolor", file=io.StringIO())
    console.print("$ nic watch")
    console.print(render(view))
    console.save_svg(str(target), title="NIC ETL")


if __name__ == "__main__":
    draw(view_at(Path(sys.argv[1]), float(sys.argv[2])), Path(__file__).with_name("progress.svg"))
