"""CSV is one table, whatever its delimiter and charset; a formula in it is text."""

from __future__ import annotations

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.text_export import text_of
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings


def read(data: bytes) -> tuple[str, Conversion]:
    document, conversion = extract(data, "csv", ConversionSettings())
    return text_of(document), conversion


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    lines = (("Curso", "Vagas", "Obs"), ("Direito", "40", "a"), ("Letras", "25", "b"))
    data = "\n".join(delimiter.join(line) for line in lines).encode()
    assert read(data)[0] == "Curso | Vagas | Obs\nDireito | 40 | a\nLetras | 25 | b"


def test_commas_in_numbers_are_no_delimiters() -> None:
    assert read(b"Curso;Taxa\nDireito;12,50\nLetras;9,75\n")[0] == "Curso | Taxa\nDireito | 12,50\nLetras | 9,75"


def test_values_are_kept_as_they_are_written() -> None:
    data = (
        b'sep=;\r\n"C\xc3\xb3digo";Nota\r\n00042;"diz ""sim"";\r\ne n\xc3\xa3o"\r\n=CMD|\' /C calc\'!A0;07/03/2025\r\n'
    )
    assert read(data)[0] == "Código | Nota\n00042 | diz \"sim\";\ne não\n=CMD|' /C calc'!A0 | 07/03/2025"


def test_a_windows_charset_is_read_with_a_warning() -> None:
    found, conversion = read("Nome;Função\nJoão;Coordenação\n".encode("cp1252"))
    assert found == "Nome | Função\nJoão | Coordenação"
    assert conversion.warnings == ("The text is not UTF-8; it was read as cp1252.",)


def test_a_quote_that_is_never_closed_loses_nothing() -> None:
    assert read(b'a;b\n"1;2\n3;4\n')[0] == 'a | b\n"1 | 2\n3 | 4'


def test_blank_rows_and_columns_at_the_end_are_left_out() -> None:
    assert read(b"a;b;;;\n;;;;\n1;2;;;\n;;;;\n")[0] == "a | b\n1 | 2"


def test_one_column_is_a_table_too() -> None:
    assert read(b"Nome\nAna\n")[0] == "Nome\nAna"


@pytest.mark.slow
def test_one_very_long_row_costs_no_more_than_it_holds() -> None:
    data = b"x;y\n" + b";" * 20_000 + b"z\n" + b"1;2\n" * 20_000
    assert "z" in read(data)[0]
