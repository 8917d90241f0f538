"""Dates as documents write them: ISO 8601, PDF, Brazilian and English forms. Never guesses which number is the day."""

from __future__ import annotations

import re
from datetime import UTC, datetime

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janeiro january jan",
            "fevereiro february fev feb",
            "março marco march mar",
            "abril april abr apr",
            "maio may mai",
            "junho june jun",
            "julho july jul",
            "agosto august ago aug",
            "setembro september set sep",
            "outubro october out oct",
            "novembro november nov",
            "dezembro december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}
PDF_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z|[+-])(?:(\d\d)'?(?:(\d\d)'?)?)?)?.*")
NUMERIC_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")  # day first, as in Brazil
WORDED_DATE = re.compile(r"(\d{1,2})º?\s+(?:de\s+)?([a-zç]+)\.?,?\s+(?:de\s+)?(\d{4})", re.I)
MONTH_FIRST_DATE = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.I)


def parse_date(text: str) -> datetime:
    """The moment that `text` names; a bare date is midnight UTC. Raises ValueError when it names none.

    >>> parse_date("5 de março de 2024").isoformat()
    '2024-03-05T00:00:00+00:00'
    """
    text = text.strip()
    if match := PDF_DATE.fullmatch(text):
        return _from_pdf(match)
    if match := NUMERIC_DATE.fullmatch(text):
        day, month, year = map(int, match.groups())
        return datetime(year, month, day, tzinfo=UTC)
    if match := WORDED_DATE.fullmatch(text):
        return datetime(int(match[3]), _month(match[2]), int(match[1]), tzinfo=UTC)
    if match := MONTH_FIRST_DATE.fullmatch(text):
        return datetime(int(match[3]), _month(match[1]), int(match[2]), tzinfo=UTC)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _month(name: str) -> int:
    if name.lower() not in MONTHS:
        raise ValueError("not a month")
    return MONTHS[name.lower()]


def _from_pdf(match: re.Match[str]) -> datetime:
    """`D:YYYYMMDDHHmmSSOHH'mm'` (ISO 32000-1, 7.9.4), all but the year optional."""
    year, month, day, hour, minute, second, sign, offset_hours, offset_minutes = match.groups()
    date = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    zone = f"{sign}{offset_hours or '00'}:{offset_minutes or '00'}" if sign in ("+", "-") else "+00:00"
    return datetime.fromisoformat(f"{date}{zone}")
