"""A number as a sheet shows it: Excel's number formats (ECMA-376 part 1, 18.8.31), in Brazilian or English form."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from pipeline.convert.office.date_format import is_date, shown_date
from pipeline.convert.office.format_sections import DIGITS, Section, Token, parse
from pipeline.convert.office.spoken import Spoken

GENERAL_WIDTH: Final = 11  # characters that Excel gives a number without format
EXCEL_DIGITS: Final = 15  # that a number is exact to
BUILTIN: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"R$" #,##0', 6: '"R$" #,##0', 7: '"R$" #,##0.00',
    8: '"R$" #,##0.00', 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "hh:mm", 21: "hh:mm:ss",
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: "#,##0;-#,##0;-", 42: '"R$" #,##0;-"R$" #,##0;-', 43: "#,##0.00;-#,##0.00;-",
    44: '"R$" #,##0.00;-"R$" #,##0.00;-', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip


def shown_number(value: float, code: str, spoken: Spoken, *, date1904: bool = False) -> str:
    """The text of a cell with a number, or with a date, which is a number of days.

    >>> shown_number(1234567.5, '"R$" #,##0.00', PORTUGUESE)
    'R$ 1.234.567,50'
    """
    exact = Decimal(f"{value:.{EXCEL_DIGITS}g}")
    sections = parse(code)
    if all(not section.tokens for section in sections):  # `;;;` hides the cell: what is hidden is kept
        return _general(exact, spoken)
    section, shown, signed = _chosen(sections[:3], exact)
    if is_date(section.code):
        return shown_date(value, section.code, spoken, date1904=date1904) or _general(exact, spoken)
    text = _written(section, shown, spoken)
    return f"-{text}" if signed and re.search(r"[1-9]", text) else text


def shown_text(text: str, code: str) -> str:
    """The text of a cell with text: a format's fourth part may put something around it."""
    sections = parse(code)
    textual = sections[3] if len(sections) > 3 else sections[0] if len(sections) == 1 else None
    if textual is None or not any(token.kind == "at" for token in textual.tokens):
        return text
    return "".join(text if token.kind == "at" else token.text for token in textual.tokens)


def builtin_format(identifier: int, spoken: Spoken) -> str:
    """The format that a number below 164 stands for (18.8.30); those of dates depend on the language."""
    return spoken.date_formats.get(identifier) or BUILTIN.get(identifier, "General")


def _chosen(sections: tuple[Section, ...], value: Decimal) -> tuple[Section, Decimal, bool]:
    """(part of the format, number that it shows, whether a minus is to be put before it)."""
    conditional = [section for section in sections if section.condition]
    if conditional:
        section = next((one for one in sections if one.fits(value)), sections[-1])
        return section, abs(value), value < 0
    if value < 0 and len(sections) > 1:
        return sections[1], -value, False
    if value == 0 and len(sections) > 2:
        return sections[2], value, False
    return sections[0], abs(value), value < 0


def _written(section: Section, value: Decimal, spoken: Spoken) -> str:
    tokens = section.tokens
    kinds = {token.kind for token in tokens}
    if "general" in kinds or "at" in kinds:
        plain = _general(value, spoken)
        return "".join(plain if token.kind in ("general", "at") else token.text for token in tokens)
    if "digit" not in kinds:
        return "".join(token.text for token in tokens)
    value *= Decimal(100) ** sum(token.kind == "percent" for token in tokens)
    if "exponent" in kinds:
        return _scientific(tokens, value, spoken)
    if "slash" in kinds:
        return _fraction(tokens, value)
    return _decimal(tokens, value, spoken)


def _decimal(tokens: tuple[Token, ...], value: Decimal, spoken: Spoken) -> str:
    """Digits into their places, from the right of the whole part and from the left of the fraction."""
    point = next((index for index, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    last = max(index for index, token in enumerate(tokens) if token.kind == "digit")
    first = min(index for index, token in enumerate(tokens) if token.kind == "digit")
    commas = [index for index, token in enumerate(tokens) if token.kind == "comma"]
    for index in commas:
        if index > last or (index > _last_digit(tokens[:point]) and index < point):
            value /= 1000
    is_grouped = any(first < index < _last_digit(tokens[:point]) for index in commas)
    places = sum(token.kind == "digit" for token in tokens[point:])
    whole, _, fraction = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}".partition(".")
    left = _whole_part(tokens[:point], whole.lstrip("0"), spoken.group if is_grouped else "")
    return left + _fraction_part(tokens[point:], fraction, spoken.point)


def _last_digit(tokens: tuple[Token, ...]) -> int:
    return max((index for index, token in enumerate(tokens) if token.kind == "digit"), default=-1)


def _whole_part(tokens: tuple[Token, ...], digits: str, group: str) -> str:
    places = [index for index, token in enumerate(tokens) if token.kind == "digit"]
    written: list[str] = []
    position = 0
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.kind != "digit":
            written.append("" if token.kind == "comma" else token.text)
            continue
        rest = len(digits) - position if index == places[0] else 1
        for _ in range(max(rest, 1)):
            digit = digits[-1 - position] if position < len(digits) else {"0": "0", "?": " "}.get(token.text, "")
            separator = group if digit.strip() and position and position % 3 == 0 else ""
            written.append(digit + separator)
            position += 1
    return "".join(reversed(written))


def _fraction_part(tokens: tuple[Token, ...], digits: str, point: str) -> str:
    written = ""
    position = 0
    kept = len(digits.rstrip("0"))
    for token in tokens:
        if token.kind == "digit":
            optional = {"#": "", "?": " "}.get(token.text, "0")
            written += digits[position] if position < kept else optional
            position += 1
        elif token.kind == "point":
            written += point
        elif token.kind != "comma":
            written += token.text
    return written


def _scientific(tokens: tuple[Token, ...], value: Decimal, spoken: Spoken) -> str:
    at = next(index for index, token in enumerate(tokens) if token.kind == "exponent")
    mantissa, rest = tokens[:at], tokens[at + 1 :]
    point = next((index for index, token in enumerate(mantissa) if token.kind == "point"), len(mantissa))
    step = max(sum(token.kind == "digit" for token in mantissa[:point]), 1)
    power = (value.adjusted() // step) * step if value else 0
    places = sum(token.kind == "digit" for token in mantissa[point:])
    if value.scaleb(-power).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) >= 10**step:
        power += step  # 9.999 is 1.0E+1
    width = sum(token.kind == "digit" for token in rest)
    sign = "-" if power < 0 else tokens[at].text[1].replace("-", "")
    return f"{_decimal(mantissa, value.scaleb(-power), spoken)}E{sign}{abs(power):0{width}d}"


def _fraction(tokens: tuple[Token, ...], value: Decimal) -> str:
    """`# ?/?`: whole part and a fraction with as many digits as the format has, or over the number that it names."""
    code = "".join(token.text for token in tokens)
    _, _, below = code.partition("/")
    fixed = re.match(r"\s*(\d*[1-9]\d*)", below)
    has_whole = bool(re.match(r"\s*[0#?]+\s+", code))
    whole = int(value) if has_whole else 0
    rest = Fraction(value - whole)
    width = max(sum(sign in DIGITS for sign in below), 1)
    if fixed:
        over, denominator = round(rest * int(fixed[1])), int(fixed[1])
    else:
        nearest = rest.limit_denominator(10**width - 1)
        over, denominator = nearest.numerator, nearest.denominator
    if has_whole and over in (0, denominator):
        return str(whole + over // denominator)
    return f"{whole or ''} {over}/{denominator}".strip()


def _general(value: Decimal, spoken: Spoken) -> str:
    """Whole numbers in full, others to the digits that fit into a cell."""
    if value == value.to_integral_value():
        return f"{value:.0f}" if value.adjusted() < EXCEL_DIGITS + 6 else f"{value:.5E}"
    whole = len(f"{abs(int(value))}")
    if abs(value) < Decimal("0.0001"):
        return f"{value.normalize():.5E}".replace(".", spoken.point)
    rounded = value.quantize(Decimal(1).scaleb(-max(GENERAL_WIDTH - 1 - whole, 0)), ROUND_HALF_UP)
    return f"{rounded.normalize():f}".replace(".", spoken.point)
