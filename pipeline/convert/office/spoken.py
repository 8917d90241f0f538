"""How numbers, dates and truth are written in a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Spoken:
    """`date_formats` are Excel's built-in formats that differ by language."""

    point: str
    group: str
    true: str
    false: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """From Sunday, as Excel counts."""
    date_formats: dict[int, str]


PORTUGUESE: Final = Spoken(
    ",",
    ".",
    "VERDADEIRO",
    "FALSO",
    (
        *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
        *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    ),
    ("domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"),
    {14: "dd/mm/yyyy", 22: "dd/mm/yyyy hh:mm"},
)
ENGLISH: Final = Spoken(
    ".",
    ",",
    "TRUE",
    "FALSE",
    (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    {
        14: "m/d/yyyy",
        22: "m/d/yyyy h:mm",
        **{number: code for numbers, code in (((5, 6), '"$"#,##0'), ((7, 8), '"$"#,##0.00')) for number in numbers},
        42: '"$"#,##0;-"$"#,##0;-',
        44: '"$"#,##0.00;-"$"#,##0.00;-',
    },
)
