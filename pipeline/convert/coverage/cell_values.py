"""A number in a sheet in the ways that it may be shown: as a date, percentage, amount, or padded with zeros."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta
from typing import Any

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"},
    **dict.fromkeys((5, 6, 37, 38, 41, 42), "#,##0"),
    **dict.fromkeys((7, 8, 39, 40, 43, 44), "#,##0.00"),
}
NOT_CODE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
DATE_CODE = re.compile(r"[dmyhs]", re.I)
REMEMBERED = 1 << 14  # values
MAX_DECIMALS = 6
DAY_ZERO = datetime(1899, 12, 30)
DAY_ZERO_1904 = datetime(1904, 1, 1)
MAX_DAYS = 2_958_465
DATE_FORMS = (
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"),
    *("%d/%m/%y", "%m/%Y", "%m/%y", "%d/%m", "%H:%M:%S", "%H:%M"),
)
TIME_FORMS = ("%H:%M:%S", "%H:%M")
MONTHS = (
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "january february march april may june july august september october november december",
)
LEADING_ZERO = re.compile(r"\b0(?=\d)")


class NumberFormats:
    """The number format of each cell style, as a code such as `#,##0.00`; `date` for built-in dates."""

    def __init__(self, styles: Any, workbook: Any) -> None:
        custom = {each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter(f"{SHEET}numFmt")}
        used = [style.get("numFmtId", "0") for style in styles.iterfind(f"{SHEET}cellXfs/{SHEET}xf")]
        self._codes = [custom.get(number, _built_in(number)) for number in used]
        properties = workbook.find(f"{SHEET}workbookPr")
        self.from_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def of(self, style: str) -> str:
        return self._codes[int(style)] if style.isdigit() and int(style) < len(self._codes) else ""


def _built_in(number: str) -> str:
    if not number.isdigit():
        return ""
    return "date" if int(number) in BUILT_IN_DATES else BUILT_IN.get(int(number), "")


@functools.lru_cache(REMEMBERED)
def shown(value: str, code: str, from_1904: bool) -> list[str]:
    """Spellings, the likeliest first; the value itself comes last."""
    try:
        number = float(value)
    except ValueError:
        return [value]
    if code in ("", "General"):
        return [f"{number:.15g}", value]
    bare = NOT_CODE.sub("", code)
    if DATE_CODE.search(bare) and 0 <= number <= MAX_DAYS:
        return [*_dates(number, DAY_ZERO_1904 if from_1904 else DAY_ZERO), value]
    scaled = number * 100 if "%" in bare else number
    decimals = _decimals(bare)
    tried = [decimals, *(count for count in range(MAX_DECIMALS + 1) if count != decimals)]
    padded = len(match[0]) if (match := re.match(r"0+", bare)) else 1
    exact = f"{abs(number):.15g}"
    return [
        f"{abs(scaled):.{decimals}f}".zfill(padded),
        exact,
        *(f"{abs(part):.{count}f}" for part in (scaled, number) for count in tried),
        value,
    ]


def _decimals(code: str) -> int:
    found = re.search(r"\.(0+)", code)
    return min(len(found[1]), MAX_DECIMALS) if found else 0


def _dates(number: float, day_zero: datetime) -> list[str]:
    moment = (day_zero + timedelta(days=number, milliseconds=500)).replace(microsecond=0)
    if number < 1:
        return [moment.strftime(form) for form in TIME_FORMS]
    texts = [moment.strftime(form) for form in DATE_FORMS]
    for months in MONTHS:
        month = months.split()[moment.month - 1]
        texts += [f"{moment.day} {month} {moment.year}", f"{moment.day} de {month} de {moment.year}"]
        texts += [f"{part}/{year}" for part in (month, month[:3]) for year in (f"{moment:%y}", moment.year)]
    return [*texts, *(LEADING_ZERO.sub("", text) for text in texts)]
