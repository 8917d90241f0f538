"""A date, time or duration as a sheet shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pipeline.convert.office.spoken import ENGLISH, PORTUGUESE, Spoken

TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<elapsed>h+|m+|s+)\]|\[\$(?P<locale>[^\]]*)\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<half>AM/PM|A/P)|(?P<part>y+|m+|d+|h+|s+|e+)|(?P<tenths>\.0+)|(?P<general>General|Geral)|(?P<other>.)",
    re.S | re.I,
)
LOCALES: Final = {"409": ENGLISH, "809": ENGLISH, "416": PORTUGUESE, "816": PORTUGUESE}
SYSTEM_DATE: Final = "f800"
DAY_S: Final = 86_400
MAX_DAY: Final = 2_958_466  # the first day of the year 10000
LEAP_BUG: Final = 60  # Excel believes in 29 February 1900


def is_date(code: str) -> bool:
    """Whether a section of a format shows the parts of a date or time."""
    matches = list(TOKEN.finditer(code))
    has_digits = any(match["other"] in tuple("0#?") for match in matches if match["other"])
    return not has_digits and any(
        match["part"] or match["elapsed"] for match in matches if not _is_exponent(match, code)
    )


def _is_exponent(match: re.Match[str], code: str) -> bool:
    return (
        bool(match["part"])
        and match["part"].lower().startswith("e")
        and code[match.end() : match.end() + 1] in ("+", "-")
    )


def shown_date(serial: float, code: str, spoken: Spoken, *, date1904: bool = False) -> str | None:
    """The days and fractions of a day since 1900 (or 1904) by the format; None for what is no date."""
    matches = list(TOKEN.finditer(code))
    if any(match["elapsed"] for match in matches):
        return _elapsed(serial, matches)
    if not 0 <= serial < MAX_DAY:
        return None
    locale = next((match["locale"].rpartition("-")[2] for match in matches if match["locale"]), "")
    spoken = LOCALES.get(locale.lower().lstrip("0")[-3:], spoken)
    if locale.lower() == SYSTEM_DATE:
        matches = list(
            TOKEN.finditer("dddd, d \\d\\e mmmm \\d\\e yyyy" if spoken is PORTUGUESE else "dddd, mmmm d, yyyy")
        )
    tenths = max((len(match["tenths"]) - 1 for match in matches if match["tenths"]), default=0)
    return _clock(_moment(serial, tenths, date1904=date1904), matches, spoken)


def _moment(serial: float, tenths: int, *, date1904: bool) -> datetime:
    """Rounded to what the format shows, so that 13:59:59.9999 is 14:00."""
    start = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 31 if serial < LEAP_BUG else 30)
    seconds = (Decimal(repr(serial)) * DAY_S).quantize(Decimal(1).scaleb(-tenths), ROUND_HALF_UP)
    return start + timedelta(seconds=int(seconds), microseconds=int(seconds % 1 * 1_000_000))


def _clock(moment: datetime, matches: Sequence[re.Match[str]], spoken: Spoken) -> str:
    halves = any(match["half"] for match in matches)
    written = []
    for index, match in enumerate(matches):
        if match["part"]:
            written.append(_part(match["part"].lower(), moment, spoken, halves, _is_minute(index, matches)))
        elif match["half"]:
            written.append(("AM", "PM")[moment.hour >= 12][: 1 if len(match["half"]) == 3 else 2])
        elif match["tenths"]:
            digits = len(match["tenths"]) - 1
            written.append(spoken.point + f"{moment.microsecond:06d}"[:digits].ljust(digits, "0"))
        else:
            written.append(_literal(match))
    return "".join(written).strip()


def _literal(match: re.Match[str]) -> str:
    text = match["quoted"] if match["quoted"] is not None else match["escaped"] or match["other"] or ""
    return "" if match["other"] in ("@", ";") else text


def _is_minute(index: int, matches: Sequence[re.Match[str]]) -> bool:
    """`m` is a minute behind an hour or before a second, else a month."""
    parts = [
        (at, match["part"] or match["elapsed"]) for at, match in enumerate(matches) if match["part"] or match["elapsed"]
    ]
    order = [at for at, _ in parts]
    place = order.index(index)
    before = parts[place - 1][1][0].lower() if place else ""
    after = parts[place + 1][1][0].lower() if place + 1 < len(parts) else ""
    return before == "h" or after == "s"


def _part(part: str, moment: datetime, spoken: Spoken, halves: bool, is_minute: bool) -> str:
    kind, width = part[0], len(part)
    if kind in "ye":
        return f"{moment.year:04d}" if width > 2 or kind == "e" else f"{moment.year % 100:02d}"
    if kind == "m" and not is_minute:
        return _name(spoken.months[moment.month - 1], width) or f"{moment.month:0{min(width, 2)}d}"
    if kind == "d":
        return _name(spoken.weekdays[moment.isoweekday() % 7], width) or f"{moment.day:0{min(width, 2)}d}"
    hour = (moment.hour % 12 or 12) if halves else moment.hour
    return f"{ {'h': hour, 'm': moment.minute, 's': moment.second}[kind]:0{min(width, 2)}d}"


def _name(name: str, width: int) -> str:
    """A month or weekday by its name: three letters, all, or the first."""
    if width < 3:
        return ""
    return name[:3] if width == 3 else name[:1] if width == 5 else name


def _elapsed(serial: float, matches: Sequence[re.Match[str]]) -> str:
    """A duration: the bracketed part counts on past its clock."""
    total = int((Decimal(repr(abs(serial))) * DAY_S).quantize(Decimal(1), ROUND_HALF_UP))
    sizes = {"h": 3600, "m": 60, "s": 1}
    largest = next(match["elapsed"][0].lower() for match in matches if match["elapsed"])
    written = "-" if serial < 0 else ""
    for match in matches:
        part = match["elapsed"] or match["part"]
        if part:
            kind = part[0].lower()
            count = total // sizes[kind] if kind == largest else total // sizes.get(kind, DAY_S) % 60
            written += f"{count:0{min(len(part), 2)}d}"
        else:
            written += _literal(match)
    return written.strip()
