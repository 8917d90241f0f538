"""Numbers and dates read as a sheet shows them."""

from __future__ import annotations

import pytest

from pipeline.convert.office.number_format import builtin_format, shown_number, shown_text
from pipeline.convert.office.spoken import ENGLISH, PORTUGUESE

ACCOUNTING = '_-"R$"\\ * #,##0.00_-;\\-"R$"\\ * #,##0.00_-;_-"R$"\\ * "-"??_-;_-@_-'
TELEPHONE = "[<=9999999999]\\(##\\)\\ ####\\-####;\\(##\\)\\ #####\\-####"
CASES = [
    (1234567.5, '"R$" #,##0.00', "R$ 1.234.567,50"),
    (1234.5, "[$R$-416]\\ #,##0.00;[Red]\\-[$R$-416]\\ #,##0.00", "R$ 1.234,50"),
    (-5, "[$R$-416]\\ #,##0.00;[Red]\\-[$R$-416]\\ #,##0.00", "-R$ 5,00"),
    (-1234.5, ACCOUNTING, "-R$ 1.234,50"),
    (0, ACCOUNTING, "R$ -"),
    (0.125, "0.0%", "12,5%"),
    (0.07000000000000001, "0.0%", "7,0%"),
    (42, "00000", "00042"),
    (12345678901, "000\\.000\\.000\\-00", "123.456.789-01"),
    (12345678000195, '00"."000"."000"/"0000"-"00', "12.345.678/0001-95"),
    (70040010, "00000\\-000", "70040-010"),
    (11987654321, TELEPHONE, "(11) 98765-4321"),
    (1133334444, TELEPHONE, "(11) 3333-4444"),
    (1234567, "#,##0", "1.234.567"),
    (999.995, "#,##0.00", "1.000,00"),
    (-0.001, "0.00", "0,00"),
    (1234567, "#,##0,", "1.235"),
    (1234567, '0.0,,"M"', "1,2M"),
    (5, '[>=10]"muito";[<10]"pouco"', "pouco"),
    (7, '0" anos"', "7 anos"),
    (12345.678, "0.00E+00", "1,23E+04"),
    (0.5, "# ?/?", "1/2"),
    (1.25, "# ??/??", "1 1/4"),
    (98.7, "General", "98,7"),
    (0.1 + 0.2, "General", "0,3"),
    (1 / 3, "General", "0,333333333"),
    (12345678000195, "General", "12345678000195"),
    (123, ";;;", "123"),
    (45723, "dd/mm/yyyy", "07/03/2025"),
    (45723, "yyyy-mm-dd", "2025-03-07"),
    (45723, 'd" de "mmmm" de "yyyy', "7 de março de 2025"),
    (45723, "[$-416]dddd, d/m/yy;@", "sexta-feira, 7/3/25"),
    (45723.75, "[$-409]d-mmm-yy h:mm AM/PM;@", "7-Mar-25 6:00 PM"),
    (45723, "mmm/yy", "mar/25"),
    (46022.99930555555, "dd/mm/yyyy hh:mm", "31/12/2025 23:59"),
    (0.6041666666666666, "hh:mm", "14:30"),
    (0.9999999, "hh:mm:ss", "00:00:00"),
    (1.5, "[h]:mm", "36:00"),
    (0.04166666, "[mm]:ss", "60:00"),
    (1, "dd/mm/yyyy", "01/01/1900"),
    (-1, "dd/mm/yyyy", "-1"),
]


@pytest.mark.parametrize(("value", "code", "shown"), CASES)
def test_a_brazilian_sheet_shows(value: float, code: str, shown: str) -> None:
    assert " ".join(shown_number(value, code, PORTUGUESE).split()) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [(1234567.5, '"$"#,##0.00', "$1,234,567.50"), (0.125, "0.0%", "12.5%"), (45723, "mmmm d, yyyy", "March 7, 2025")],
)
def test_an_english_sheet_shows(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code, ENGLISH) == shown


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    assert shown_number(44261, "dd/mm/yyyy", PORTUGUESE, date1904=True) == "07/03/2025"


def test_formats_without_a_code_are_known_by_their_number() -> None:
    assert shown_number(45723, builtin_format(14, PORTUGUESE), PORTUGUESE) == "07/03/2025"
    assert shown_number(45723, builtin_format(14, ENGLISH), ENGLISH) == "3/7/2025"
    assert shown_number(45723.75, builtin_format(22, ENGLISH), ENGLISH) == "3/7/2025 18:00"
    assert shown_number(5, builtin_format(6, ENGLISH), ENGLISH) == "$5"
    assert shown_number(-5, builtin_format(42, ENGLISH), ENGLISH).strip() == "-$5"
    assert builtin_format(163, PORTUGUESE) == "General"


def test_a_format_may_put_something_around_text() -> None:
    assert shown_text("5/2025", '"Processo "@') == "Processo 5/2025"
    assert shown_text("a", '0;0;0;"x "@') == "x a"
    assert shown_text("a", "General") == shown_text("a", "0.00") == "a"
