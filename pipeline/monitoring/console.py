"""The terminal, as everything of this package prints to it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pipeline.errors.escaping import for_terminal


class SafeConsole(Console):
    """Prints text as text: what stands in brackets is no markup, and nothing in it is obeyed by a terminal.

    At the edge of a terminal or notebook whole words go to the next line; in a file or pipe a line is a line.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)
        if "soft_wrap" not in options:
            self.soft_wrap = not (self.is_terminal or self.is_jupyter)

    def on_broken_pipe(self) -> None:
        """Whoever reads may stop, as `| head` does; that ends nothing that is at work, while Rich would exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Everything that is printed comes through here, whether it is a string, a table or a bar."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(for_terminal(segment.text), segment.style)
