"""A date, time or duration in a sheet as its format writes it, in Portuguese and in English, and as ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

PIECE = re.compile(
    r'"(?P<said>[^"]*)"|\\(?P<one>.)|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]|[_*].|\.(?P<tenths>0+)'
    r"|(?P<half>AM/PM|A/P)|(?P<part>y+|e+|m+|d+|h+|s+)|(?P<other>.)",
    re.I | re.S,
)
DAY_ZERO = datetime(1899, 12, 30)
DAY_ZERO_1904 = datetime(1904, 1, 1)
FIRST_DAYS = 60  # of 1900, which Excel takes for a leap year
MAX_DATE = 2_958_466  # the first day of the year 10000
MOST_DAYS = 1e12  # of a duration
DAY_S = 86_400
SIZES = {"h": 3600, "m": 60, "s": 1}
MONTHS = (
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "january february march april may june july august september october november december",
)
WEEKDAYS = (
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "monday tuesday wednesday thursday friday saturday sunday",
)
LANGUAGES = range(len(MONTHS))
BUILT_IN = {
    **{14: ("dd/mm/yyyy", "m/d/yyyy", "mm-dd-yy"), 15: ("d-mmm-yy",), 16: ("d-mmm",), 17: ("mmm-yy",)},
    **{18: ("h:mm AM/PM",), 19: ("h:mm:ss AM/PM",), 20: ("hh:mm", "h:mm"), 21: ("hh:mm:ss", "h:mm:ss")},
    **{22: ("dd/mm/yyyy hh:mm", "m/d/yyyy h:mm", "m/d/yy h:mm"), 45: ("mm:ss",), 46: ("[h]:mm:ss",), 47: ("mm:ss.0",)},
}
"""Formats that have a number and no code; some are written in another way in another country."""
SYSTEM_DATE = re.compile(r"\[\$-[^\]]*F800\]", re.I)
SYSTEM_DATES = ('dddd, d "de" mmmm "de" yyyy', "dddd, mmmm d, yyyy")
ISO = ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd hh:mm", "yyyy-mm-dd")


def written_dates(days: float, codes: tuple[str, ...], *, from_1904: bool) -> Iterator[str]:
    """What each code makes of so many days; for what is no date nothing."""
    if abs(days) > MOST_DAYS:
        return
    for code in codes:
        for one in SYSTEM_DATES if SYSTEM_DATE.search(code) else (code,):
            yield from _written(days, list(PIECE.finditer(one)), from_1904)
    iso = ISO if days >= 1 else ("hh:mm:ss",)
    for code in iso:
        yield from _written(days, list(PIECE.finditer(code)), from_1904)


def _written(days: float, pieces: list[re.Match[str]], from_1904: bool) -> Iterator[str]:
    if any(piece["elapsed"] for piece in pieces):
        yield _duration(abs(days), pieces)
    elif 0 <= days < MAX_DATE:
        places = max((len(piece["tenths"]) for piece in pieces if piece["tenths"]), default=0)
        clock = _Clock(_moment(days, from_1904, places), any(piece["half"] for piece in pieces))
        yield from dict.fromkeys(clock.written(pieces, language) for language in LANGUAGES)


def _moment(days: float, from_1904: bool, places: int) -> datetime:
    """Rounded to what is shown."""
    zero = DAY_ZERO_1904 if from_1904 else DAY_ZERO
    early = timedelta(days=not from_1904 and days < FIRST_DAYS)
    seconds = round(days * DAY_S, places)
    return zero + early + timedelta(seconds=int(seconds), microseconds=round(seconds % 1 * 1_000_000))


def _duration(days: float, pieces: list[re.Match[str]]) -> str:
    seconds = round(days * DAY_S)
    written = []
    for piece in pieces:
        if part := piece["elapsed"] or piece["part"]:
            kind = part[0].lower()
            count = seconds // SIZES.get(kind, DAY_S)
            written.append(f"{count if piece['elapsed'] else count % 60:0{min(2, len(part))}d}")
        else:
            written.append(_literal(piece))
    return "".join(written)


def _literal(piece: re.Match[str]) -> str:
    return piece["said"] or piece["one"] or ("" if piece["other"] in (None, ";", "@") else piece["other"])


@dataclass(frozen=True)
class _Clock:
    moment: datetime
    halves: bool

    def written(self, pieces: list[re.Match[str]], language: int) -> str:
        kinds = [(piece["part"] or " ")[0].lower() for piece in pieces]
        return "".join(self._piece(piece, _as_minute(kinds, at), language) for at, piece in enumerate(pieces))

    def _piece(self, piece: re.Match[str], is_minute: bool, language: int) -> str:
        if piece["part"]:
            return self._part(piece["part"].lower(), is_minute, language)
        if piece["half"]:
            return ("AM" if self.moment.hour < 12 else "PM")[: 1 if len(piece["half"]) == 3 else 2]
        if piece["tenths"]:
            return "." + f"{self.moment.microsecond:06d}"[: len(piece["tenths"])]
        return _literal(piece)

    def _part(self, part: str, is_minute: bool, language: int) -> str:
        moment, kind = self.moment, part[0]
        if kind in "ye":
            return f"{moment.year:04d}"[0 if len(part) > 2 or kind == "e" else 2 :]
        names = {"m": MONTHS[language].split()[moment.month - 1], "d": WEEKDAYS[language].split()[moment.weekday()]}
        if len(part) > 2 and kind in names and not is_minute:
            return names[kind][: {3: 3, 5: 1}.get(len(part))]
        hour = (moment.hour % 12 or 12) if self.halves else moment.hour
        values = {"m": moment.minute if is_minute else moment.month, "d": moment.day, "h": hour, "s": moment.second}
        return f"{values[kind]:0{min(2, len(part))}d}"


def _as_minute(kinds: list[str], at: int) -> bool:
    """Behind an hour or before a second `m` means minutes."""
    before = next((kind for kind in reversed(kinds[:at]) if kind != " "), "")
    after = next((kind for kind in kinds[at + 1 :] if kind != " "), "")
    return kinds[at] == "m" and (before == "h" or after == "s")
