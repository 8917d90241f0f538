"""Bytes are read in the charset that they are in; what is damaged or guessed is said, and noise is no text."""

from __future__ import annotations

import gzip
import random

import pytest

from pipeline.convert.charset import declared_charset, decode
from pipeline.errors import ErrorCode, PermanentError

SENTENCE = "Comissão de ética: ação e prorrogação."
NORM = "ÓRGÃO: § 1º A avaliação é anual; não há recurso à decisão, salvo nos casos do art. 5º, às 10h."


@pytest.mark.parametrize("charset", ["cp1252", "cp850", "mac_roman"])
@pytest.mark.parametrize("text", [SENTENCE, NORM, "Não há.", "É proibido.", "São Paulo", "Função", "│ Nome │ Ação │"])
def test_short_portuguese_in_old_charsets_is_read_and_the_guess_is_said(text: str, charset: str) -> None:
    if "│" in text and charset != "cp850":
        pytest.skip("has no box characters")
    assert decode(text.encode(charset)) == (text, [f"The text is not UTF-8; it was read as {charset}."])


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_without_a_mark_is_read_and_the_guess_is_said(charset: str) -> None:
    text, warnings = decode(NORM.encode(charset))
    assert text == NORM
    assert warnings == [f"The text has no byte order mark; it was read as {charset}."]


@pytest.mark.parametrize("bad", [b"\xe9", b"\xe3\xa7", b"\xff", b"\xf0\x9f\x98"])
def test_one_bad_sequence_in_utf_8_is_one_replacement(bad: bytes) -> None:
    text, warnings = decode(f"{NORM} ".encode() + bad + b" fim.")
    assert text == f"{NORM} \ufffd fim."
    assert warnings == ["Damaged byte sequences, each replaced by the character U+FFFD: 1."]


def test_cesu_8_is_read_as_it_was_meant() -> None:
    emoji = "😀".encode("utf-16-be")
    pair = "".join(chr(int.from_bytes(emoji[i : i + 2])) for i in (0, 2)).encode("utf-8", "surrogatepass")
    assert decode(f"{SENTENCE} ".encode() + pair) == (
        f"{SENTENCE} 😀",
        ["Characters in CESU-8, read as if in UTF-8: 1."],
    )
    text, warnings = decode(f"{SENTENCE} ".encode() + pair[:3])
    assert text == f"{SENTENCE} \ufffd"
    assert len(warnings) == 1


def test_lines_of_a_file_may_be_in_two_charsets() -> None:
    data = f"{SENTENCE}\n".encode() + f"{NORM}\n".encode("cp1252") * 3
    assert decode(data)[0] == f"{SENTENCE}\n" + f"{NORM}\n" * 3


@pytest.mark.parametrize(
    "data",
    [
        random.Random(1).randbytes(20_000),  # noqa: S311 - no secret
        b"\xa5" * 20_000,
        (b"\xa5" * 79 + b"\r\n") * 200,
        gzip.compress(NORM.encode() * 100),
        bytes(range(1, 32)) * 10,
        b"\0\1\2\3" * 1000,
    ],
    ids=["random", "one byte", "lines of one byte", "compressed", "control characters", "binary"],
)
def test_noise_is_no_text(data: bytes) -> None:
    with pytest.raises(PermanentError, match="no text") as raised:
        decode(data)
    assert raised.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize("data", [b"", b"\xe9", "ÇÃO".encode("cp850"), b"\x1bE\x0ctexto\x1a", b"\0" * 100])
def test_what_is_short_or_empty_is_not_called_noise(data: bytes) -> None:
    decode(data)


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        ("<meta charset=iso-8859-1>", "cp1252"),
        ("<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=Windows-1252'>", "cp1252"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>", "cp1252"),
        ("<!-- <meta charset=utf-8> --><meta charset=iso-8859-15>", "iso8859-15"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=macintosh>", "mac-roman"),
        ("<meta charset=base64>", None),
        ("<meta charset=unicode_escape>", None),
        ("<p>charset</p>", None),
    ],
)
def test_a_declaration_means_what_it_means_on_the_web(head: str, charset: str | None) -> None:
    assert declared_charset(head.encode()) == charset


def test_a_declared_charset_is_believed_unless_the_bytes_are_utf_8() -> None:
    assert decode(SENTENCE.encode("iso8859-15"), "iso8859-15") == (SENTENCE, [])
    assert decode(("Привет " * 30).encode("cp1251"), "cp1251")[0].startswith("Привет")
    assert decode(SENTENCE.encode(), "cp1252") == (
        SENTENCE,
        ["The page declares another charset; it was read as utf-8."],
    )
