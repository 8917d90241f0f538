"""Bytes become text: which charset they are in, what of them is damaged, and whether they are text at all."""

from __future__ import annotations

import codecs
import re

from bs4.dammit import EncodingDetector

from pipeline.errors import ErrorCode, PermanentError

# The longer marks first: UTF-32's begins like UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
WIDE_NUL_SHARE = 0.3  # of the bytes; Latin text in UTF-16 without a mark has a NUL in every second byte
LATIN = re.compile(r"[\t\n\r -~\u00a0-\u024f\u2010-\u203a\u20ac]")
LATIN_SHARE = 0.7
SINGLE_BYTE = ("cp1252", "cp850", "mac_roman")  # what Portuguese and English text files come in, most likely first
# An accented letter, sign or quotation mark where Portuguese has it: `Fun‡Æo` and `Fun‹o` have none, `Função` two.
PORTUGUESE = re.compile(
    r"[áàâãéêíóôõúüç](?![A-Z])(?:(?<=\w\w)|(?=[a-z])|(?<=[àáéó])(?!\w))"
    r"|(?<![a-zß-ÿ])([ÁÀÂÃÉÊÍÓÔÕÚÜÇ])(?!\1)|(?<=[\dnN])[ºª°]|§(?=[§\s])|(?<!\w)[“‘](?=\w)|(?<=[\w.,!?])[”’]|[–—…](?!\w)"
    r"|[─-╬]{2,}"
)
# Surrogates, which UTF-8 has no place for: pairs are how Java and Oracle write what lies beyond U+FFFF (CESU-8).
SURROGATE_PAIR = re.compile(rb"\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])")
LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
REPLACEMENT = "\ufffd"
# What labels mean on the web (https://encoding.spec.whatwg.org/#names-and-labels) where Python takes them literally.
WEB_MEANING = {
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"), "utf-8"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **{"iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "euc_kr": "cp949", "shift_jis": "cp932"},
}
WINDOWS_LATIN = ("iso8859-1", "cp1252")
WEB_CHARSET = re.compile(r"utf-8|iso8859-\d+|cp\d+|koi8-[ru]|mac-(roman|cyrillic)|gb18030|big5|euc_jp")
DECLARING_BYTES = 2048
HTML_COMMENT = re.compile(rb"<!--.*?-->", re.S)
SHORT_BYTES = 64  # too few to call noise
FEW_BYTES = 2
WHITESPACE = b" \t\n\r\x0b\x0c"
RUN = re.compile(rb"(.)\1+", re.S)
NO_ASCII_TEXT = re.compile(rb"[^\t\n\f\r\x1b -~]")
NO_ASCII_SHARE = 0.5  # of the bytes, runs counted once: random ones have 0.6, text in Latin letters less than 0.2
CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
CONTROL_SHARE = 0.1
NO_TEXT = (
    "The file holds no text in UTF-8 or in a charset of Western Europe: save it as UTF-8, or give it the extension of "
    "its format."
)


def decode(data: bytes, declared: str | None = None) -> tuple[str, list[str]]:
    """(text with `\\n` line ends and without NUL, warnings: a charset was guessed, bytes were damaged).

    `declared` is the charset that the document names, as Python calls it. Raises PermanentError (UNSUPPORTED) for
    bytes that are no text.
    """
    text, warnings = _decoded(data, declared)
    if "\x00" in text:
        text = text.replace("\x00", "")
        warnings.append("NUL characters were removed from the text.")
    if len(text) >= SHORT_BYTES and len(CONTROL.findall(text)) > CONTROL_SHARE * len(text):
        raise PermanentError(NO_TEXT, ErrorCode.UNSUPPORTED)
    return text.replace("\r\n", "\n").replace("\r", "\n"), warnings


def decode_as(data: bytes, label: str) -> str:
    """The text in the charset of that label, which in Latin 1 may be UTF-8 or have the signs that only Windows has.

    If there is no such charset or the bytes are not in it, as `decode` reads them.
    """
    try:
        name = codecs.lookup(label).name
        text = data.decode(name)
    except (LookupError, ValueError):
        return decode(data)[0]
    if name in WINDOWS_LATIN:
        return decode(data, "cp1252")[0]
    return text.replace("\r\n", "\n").replace("\r", "\n")


def declared_charset(data: bytes) -> str | None:
    """The charset that an HTML or XHTML page declares in its head, as the web understands it; None: none it knows.

    A wide charset cannot be declared in bytes that read as ASCII: UTF-8, as HTML (13.2.3.2) has it.
    """
    head = HTML_COMMENT.sub(b"", data[: 2 * DECLARING_BYTES])
    label = EncodingDetector.find_declared_encoding(head, is_html=True, search_entire_document=True)
    try:
        name = codecs.lookup((label or "").strip().removeprefix("x-")).name
    except (LookupError, ValueError, UnicodeError):
        return None
    name = WEB_MEANING.get(name, name)
    return name if WEB_CHARSET.fullmatch(name) else None


def _decoded(data: bytes, declared: str | None) -> tuple[str, list[str]]:
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _with_replacements(data.removeprefix(mark), name)
    if wide := _wide(data):
        text, warnings = _with_replacements(data, wide)
        return text, [f"The text has no byte order mark; it was read as {wide}.", *warnings]
    text, warnings = _as_utf8(data)
    intact = len(re.findall(rf"[^\x00-\x7f{REPLACEMENT}]", text))
    if text.count(REPLACEMENT) <= intact:  # bytes of other charsets hardly ever make a character of UTF-8
        lie = intact and declared not in (None, "utf-8")
        return text, [*(["The page declares another charset; it was read as utf-8."] if lie else []), *warnings]
    if declared and declared != "utf-8":
        return _with_replacements(data, declared)
    _refuse_noise(data)
    name = guessed_charset(data)
    text = b"\n".join(_utf8_or(line, name) for line in data.split(b"\n")).decode("utf-8")
    return text, [f"The text is not UTF-8; it was read as {name}.", *_damage(text.count(REPLACEMENT))]


def guessed_charset(data: bytes) -> str:
    """The single-byte charset in which the bytes read most like Portuguese."""
    return max(SINGLE_BYTE, key=lambda name: len(PORTUGUESE.findall(data.decode(name, "replace"))))


def _utf8_or(line: bytes, name: str) -> bytes:
    """The line in UTF-8: files that several programs wrote to have lines in several charsets."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(name, "replace").encode("utf-8")
    return line


def _as_utf8(data: bytes) -> tuple[str, list[str]]:
    data, pairs = SURROGATE_PAIR.subn(_beyond, data)
    data, lone = LONE_SURROGATE.subn(REPLACEMENT.encode(), data)
    text = data.decode("utf-8", "replace")
    damaged = text.count(REPLACEMENT) - data.count(REPLACEMENT.encode()) + lone
    notes = [f"Characters in CESU-8, read as if in UTF-8: {pairs}."] if pairs else []
    return text, [*notes, *_damage(damaged)]


def _beyond(pair: re.Match[bytes]) -> bytes:
    return pair.group().decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode()


def _with_replacements(data: bytes, name: str) -> tuple[str, list[str]]:
    if name == "utf-8":
        return _as_utf8(data)
    text = data.decode(name, "replace")
    return text, _damage(text.count(REPLACEMENT))


def _damage(count: int) -> list[str]:
    return [f"Damaged byte sequences, each replaced by the character U+FFFD: {count}."] if count > 0 else []


def _wide(data: bytes) -> str | None:
    if data.count(0) <= WIDE_NUL_SHARE * len(data):
        return None
    for name in WIDE:
        text = data.decode(name, "replace")
        if len(LATIN.findall(text)) > LATIN_SHARE * len(text):
            return name
    return None


def _refuse_noise(data: bytes) -> None:
    """Ruled lines of old tables are runs, and count once; a file of nothing else holds a byte or two."""
    squeezed = RUN.sub(rb"\1", data.replace(b"\x00", b""))
    has_words = len({*squeezed} - {*WHITESPACE}) > FEW_BYTES
    is_odd = len(NO_ASCII_TEXT.findall(squeezed)) > NO_ASCII_SHARE * len(squeezed)
    if len(data) >= SHORT_BYTES and (is_odd or not has_words):
        raise PermanentError(NO_TEXT, ErrorCode.UNSUPPORTED)
