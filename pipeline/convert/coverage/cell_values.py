"""A number in a sheet as its format writes it, and the ways that it may be written instead."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from pipeline.convert.coverage.cell_dates import BUILT_IN as BUILT_IN_DATES
from pipeline.convert.coverage.cell_dates import written_dates

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??"},
    **{48: "##0.0E+0", 49: "@"},
    **dict.fromkeys((5, 6, 37, 38), "#,##0"),
    **dict.fromkeys((7, 8, 39, 40), "#,##0.00"),
    **dict.fromkeys((41, 42), '#,##0;-#,##0;"-"'),
    **dict.fromkeys((43, 44), '#,##0.00;-#,##0.00;"-"'),
}
PIECE = re.compile(r'"(?P<said>[^"]*)"|\\(?P<one>.)|\[[^\]]*\]|[_*].|(?P<sign>.)', re.S)
CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")
DATE_CODE = re.compile(r"[dmyhs]", re.I)
ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.I)
TENTHS = re.compile(r"\.0+")
THOUSANDS = re.compile(r"[0#?](,+)(?:\.|[^0#?,.]*$)")
GENERAL = re.compile(r"General|Geral", re.I)
HOLDS = {
    **{"<": operator.lt, ">": operator.gt, "=": operator.eq},
    **{"<=": operator.le, ">=": operator.ge, "<>": operator.ne},
}
REMEMBERED = 1 << 14  # values
GENERAL_WIDTH = 10  # digits of a number without format
MAX_WHOLE = 1e21  # whole numbers below are shown without an exponent
MAX_PLACES = 30  # of a format
HALF = Fraction(1, 2)
DIGIT = re.compile("[0#?]")


class NumberFormats:
    """The number formats of each cell style, as codes such as `#,##0.00`; built-in dates have several."""

    def __init__(self, styles: Any, workbook: Any) -> None:
        custom = {each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter(f"{SHEET}numFmt")}
        used = [style.get("numFmtId", "0") for style in styles.iterfind(f"{SHEET}cellXfs/{SHEET}xf")]
        self._codes = [(custom[number],) if number in custom else _built_in(number) for number in used]
        properties = workbook.find(f"{SHEET}workbookPr")
        self.from_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def of(self, style: str) -> tuple[str, ...]:
        """The format codes that a cell of this style (its `s`) may be shown by, likeliest first; none for an unknown
        style."""
        return self._codes[int(style)] if style.isdigit() and int(style) < len(self._codes) else ()


def _built_in(number: str) -> tuple[str, ...]:
    if not number.isdigit():
        return ()
    return BUILT_IN_DATES.get(int(number)) or tuple(filter(None, [BUILT_IN.get(int(number))]))


@functools.lru_cache(REMEMBERED)
def shown(value: str, codes: tuple[str, ...], from_1904: bool) -> tuple[str, ...]:
    """Spellings, the likeliest first; the value itself comes last. An empty one: the format shows nothing of it."""
    try:
        number = float(value)
        exact = Fraction(f"{number:.15g}")
    except (ValueError, OverflowError):
        return (value,)
    spelled: list[str] = []
    for code in codes:
        section = _section(code, number)
        if ELAPSED.search(section) or _is_date(section):
            spelled += written_dates(number, (section,), from_1904=from_1904)
        elif section != "@" and not GENERAL.search(section):
            spelled += _written(section, abs(exact))
    return tuple(dict.fromkeys([*spelled, *_general(number), value]))


def _section(code: str, number: float) -> str:
    """The part of the code for numbers like this."""
    sections = _sections(code)
    conditions = [CONDITION.search(section) for section in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None or HOLDS[condition[1]](number, float(condition[2])):
                return section
    place = 1 if number < 0 else 2 if number == 0 else 0
    return sections[place if place < min(3, len(sections)) else 0]


def _sections(code: str) -> list[str]:
    sections = [""]
    for piece in PIECE.finditer(code):
        if piece["sign"] == ";":
            sections.append("")
        else:
            sections[-1] += piece[0]
    return sections


def _is_date(section: str) -> bool:
    signs = "".join(piece["sign"] or "" for piece in PIECE.finditer(GENERAL.sub("", section)))
    return bool(DATE_CODE.search(signs)) and not DIGIT.search(TENTHS.sub("", signs))


def _written(section: str, number: Fraction) -> Iterator[str]:
    """`number` is not negative."""
    pieces = [(piece["said"] or piece["one"] or "", piece["sign"] or "") for piece in PIECE.finditer(section)]
    signs = "".join(sign for _, sign in pieces)
    if not DIGIT.search(signs):
        yield "".join(text or sign for text, sign in pieces)
    elif exponent := re.search(r"E[+-]0+", signs, re.I):
        yield from _scientific(signs[: exponent.start()], number)
    elif re.search(r"[0#?]\s*/\s*[0#?\d]", signs):
        yield from _fractions(signs, number)
    else:
        thousands = THOUSANDS.search(signs)
        scaled = number * 100 ** signs.count("%") / 1000 ** (len(thousands[1]) if thousands else 0)
        yield _filled(pieces, scaled)
        places = [at for at, (_, sign) in enumerate(pieces) if DIGIT.match(sign)]
        yield _filled(pieces[places[0] : places[-1] + 1], scaled)


def _filled(pieces: Sequence[tuple[str, str]], number: Fraction) -> str:
    """Digits in their places, from the point to both sides, with what the format says between them."""
    signs = [sign for _, sign in pieces]
    point = signs.index(".") if "." in signs else len(signs)
    places = min(MAX_PLACES, sum(map(bool, map(DIGIT.match, signs[point:]))))
    digits = str(int(number * 10**places + HALF)).zfill(places + 1)
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return _whole(pieces[:point], whole.lstrip("0")) + _part(pieces[point:], part)


def _whole(pieces: Sequence[tuple[str, str]], digits: str) -> str:
    first = next((at for at, (_, sign) in enumerate(pieces) if DIGIT.match(sign)), -1)
    written = []
    for at in range(len(pieces) - 1, -1, -1):
        text, sign = pieces[at]
        if at == first:
            written.append(digits or ("0" if sign == "0" else ""))
        elif DIGIT.match(sign):
            written.append(digits[-1:] or ("0" if sign == "0" else ""))
            digits = digits[:-1]
        else:
            written.append(text or ("" if sign == "," else sign))
    return "".join(reversed(written))


def _part(pieces: Sequence[tuple[str, str]], digits: str) -> str:
    kept, written = len(digits.rstrip("0")), ""
    left = iter(enumerate(digits))
    for text, sign in pieces:
        if DIGIT.match(sign):
            at, digit = next(left, (kept, ""))
            written += digit if at < kept or sign == "0" else ""
        else:
            written += text or ("" if sign == "," else sign)
    return written


def _scientific(mantissa: str, number: Fraction) -> Iterator[str]:
    """The exponent is a multiple of the number of digits before the point."""
    step = max(1, len(DIGIT.findall(mantissa.partition(".")[0])))
    places = len(DIGIT.findall(mantissa.partition(".")[2]))
    power = int(f"{float(number):e}".partition("e")[2]) // step * step if number else 0
    if round(number / Fraction(10) ** power, places) >= 10**step:
        power += step
    text = _filled([("", sign) for sign in mantissa], number / Fraction(10) ** power)
    yield from (f"{text}E{power:+0{width}d}" for width in (2, 3, 4))


def _fractions(signs: str, number: Fraction) -> Iterator[str]:
    """With a whole part and without, over as many digits as there is room for, or over what the format says."""
    below = signs.partition("/")[2].strip()
    said = re.match(r"\d*[1-9]\d*", below)
    most = 10 ** max(1, len(DIGIT.findall(below))) - 1
    for part, whole in ((number % 1, int(number)), (number, 0)):
        nearest = part.limit_denominator(most)
        over = int(said[0]) if said else nearest.denominator
        above = round(part * over)
        yield str(whole + above // over) if above in (0, over) else f"{whole or ''} {above}/{over}"


def _general(number: float) -> Iterator[str]:
    """As a sheet shows numbers without a format, and exactly."""
    if number == int(number) and abs(number) < MAX_WHOLE:
        yield f"{number:.0f}"
    yield f"{number:.15g}"
    room = max(0, GENERAL_WIDTH - len(str(abs(int(number)))))
    if room:
        yield f"{number:.{room}f}".rstrip("0").rstrip(".")
    yield from (f"{number:.{width}g}" for width in (GENERAL_WIDTH + 1, GENERAL_WIDTH, GENERAL_WIDTH - 1))
    scientific = f"{number:.5E}"
    yield from (scientific, re.sub(r"E([+-])0", r"E\1", scientific))
