"""The terminal, as everything of this package prints to it."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pipeline.errors.escaping import for_terminal

_HANG = 6


def hanging(text: str, width: int) -> str:
    """Lines no wider than that, broken between words; what goes on is set in, so that one sees where a line begins."""
    return "\n".join(line if cell_len(line) <= width else _hung(line, width) for line in text.split("\n"))


def _hung(line: str, width: int) -> str:
    further = " " * (len(line) - len(line.lstrip()) + _HANG)
    return textwrap.fill(line, max(width, 2 * len(further)), subsequent_indent=further, break_on_hyphens=False)


def for_standard_error(text: str) -> str:
    """The same, where standard error is a terminal that knows how wide it is."""
    columns = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    return hanging(text, columns) if columns else text


class SafeConsole(Console):
    """Prints text as text: what stands in brackets is no markup, and nothing in it is obeyed by a terminal.

    At the edge of a terminal or notebook whole words go to the next line; in a file or pipe a line is a line.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)
        if "soft_wrap" not in options:
            self.soft_wrap = not (self.is_terminal or self.is_jupyter)

    def print(self, *objects: Any, **options: Any) -> None:
        """Text that is wider than a terminal hangs."""
        if self.is_terminal and not (options.get("soft_wrap") or self.soft_wrap):
            objects = tuple(hanging(each, self.width) if isinstance(each, str) else each for each in objects)
        super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """Whoever reads may stop, as `| head` does; that ends nothing that is at work, while Rich would exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Everything that is printed comes through here, whether it is a string, a table or a bar."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(for_terminal(segment.text), segment.style)
