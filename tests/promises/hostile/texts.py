"""Text files of odd encodings, odd characters and odd sizes; Markdown that is built to be slow."""

from __future__ import annotations

import codecs

from pipeline.errors import ErrorCode
from tests.promises.hostile.kinds import WORDS, quarantined, stored

PARAGRAPH = (f"{WORDS} e a publicação do parecer. " * 3).strip()
LONG_LINES = "\n".join([PARAGRAPH] * 10_000)  # a megabyte without a blank line


def yaml_bomb() -> bytes:
    """Aliases that stand for ten to the ninth words, in the keys that the pipeline reads."""
    lines = ["a0: &a0 [ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    keys = "title: *a9\ntags: *a9\nauthor: [*a9, *a9]\n? [*a9]\n: x\n"
    return ("---\n" + "\n".join(lines) + f"\n{keys}---\n\n{WORDS}\n").encode()


def merge_key_bomb() -> bytes:
    """Each line merges the one before twice: two to the fortieth keys."""
    lines = "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 41))
    return f"---\na0: &a0 {{x: 1}}\n{lines}title: x\n---\n\n{WORDS}\n".encode()


def huge_front_matter() -> bytes:
    lines = "\n".join(f"chave{number}: valor {number}" for number in range(10_000))
    return f"---\ntitle: Portaria\n{lines}\n---\n\n{WORDS}\n".encode()


def huge_table() -> bytes:
    head = "| nome | valor |\n|---|---|\n"
    return (f"# {WORDS}\n\n{head}" + "".join(f"| item {n} | {n} |\n" for n in range(2000))).encode()


def mixed_encodings() -> bytes:
    return f"{PARAGRAPH}\n\n".encode() + f"{PARAGRAPH}\n\n".encode("cp1252") + f"{PARAGRAPH}\n".encode("utf-16")


KINDS = (
    quarantined("line-of-50-mb.txt", lambda: b"a" * 50_000_000, ErrorCode.TOO_LONG),
    quarantined("line-of-50-mb.md", lambda: b"palavra " * 6_250_000, ErrorCode.TOO_LONG),
    stored("line-of-1-mb.txt", lambda: f"{WORDS} {'a' * 1_000_000}".encode()),
    stored("line-of-1-mb-of-words.txt", lambda: f"{WORDS} {'palavra ' * 125_000}".encode()),
    stored("paragraph-of-1-mb.txt", LONG_LINES.encode),
    stored("blank-lines.txt", lambda: f"{WORDS}{chr(10) * 5_000_000}{WORDS}".encode()),
    stored("blanks.txt", lambda: f"{WORDS}\n{' ' * 5_000_000}\n{WORDS}".encode()),
    stored("latin-1.txt", lambda: PARAGRAPH.encode("latin-1")),
    stored("cp1252.txt", lambda: f"“{PARAGRAPH}”".encode("cp1252")),
    stored("utf-16.txt", lambda: codecs.BOM_UTF16_LE + PARAGRAPH.encode("utf-16-le")),
    stored("utf-16-without-bom.txt", lambda: PARAGRAPH.encode("utf-16-le")),
    stored("utf-32.txt", lambda: codecs.BOM_UTF32_BE + PARAGRAPH.encode("utf-32-be")),
    stored("utf-8-bom.md", lambda: codecs.BOM_UTF8 + f"# {WORDS}".encode()),
    stored("mixed-encodings.txt", mixed_encodings, "O conselho aprova a licen"),
    stored("latin-1-of-1-mb.txt", lambda: LONG_LINES.encode("latin-1")),
    stored("nul-bytes.txt", lambda: f"{WORDS}\0 hoje\0\0".encode(), f"{WORDS} hoje"),
    stored("nul-bytes.md", lambda: f"# {WORDS}\0\n\ntexto\0".encode()),
    stored("control-characters.txt", lambda: f"{WORDS} \x01\x02\x08\x1b[31m\x7f\x9b fim".encode()),
    stored("bidi-characters.txt", lambda: f"{WORDS} \u202eoãçircsed\u202c \u2066x\u2069\u200f".encode()),
    stored("odd-line-ends.txt", lambda: f"{WORDS}\r\r\n\u2028{WORDS}\x0b\x0c\x85".encode()),
    stored("combining-marks.txt", lambda: f"{WORDS} {'e' + chr(0x301) * 50_000}".encode()),
    stored("private-characters.txt", lambda: f"{WORDS} {chr(0xE000) * 100}{chr(0x10FFFF)}\ufffe".encode()),
    stored("overlong-utf-8.txt", lambda: PARAGRAPH.encode() + b"\xc0\xaf\xed\xa0\x80", "O conselho aprova"),
    quarantined("zip-named.txt", lambda: b"PK\x03\x04" + b"\0" * 100, ErrorCode.CORRUPT),
    stored("html-named.txt", lambda: f"<html><p>{WORDS}</p></html>".encode()),
    stored("empty.txt", lambda: b"", ""),
    stored("empty.md", lambda: b"", ""),
    stored("only-a-bom.txt", lambda: codecs.BOM_UTF8, ""),
    stored("only-blanks.txt", lambda: b" \n\t \r\n", ""),
    stored("yaml-alias-bomb.md", yaml_bomb),
    stored("yaml-tags.md", lambda: f"---\ntitle: !!python/object/apply:os.getcwd []\n---\n\n{WORDS}\n".encode()),
    stored("huge-front-matter.md", huge_front_matter),
    stored("endless-front-matter.md", lambda: f"---\ntitle: x\n{WORDS}\n".encode()),
    stored("deep-yaml.md", lambda: f"---\ntitle: {'[' * 5000}\n---\n\n{WORDS}\n".encode()),
    stored("huge-table.md", huge_table, WORDS, "item 1999 | 1999"),
    stored("long-tag.md", lambda: f"{WORDS}\n\n<{'a' * 500_000}\n".encode()),
    stored("deep-quotes.md", lambda: f"{'>' * 100_000} {WORDS}\n".encode()),
    stored("deep-numbers.md", lambda: f"{'1. ' * 20_000} {WORDS}\n".encode()),
    stored("deep-mixture.md", lambda: f"{'> - 7) ' * 20_000} {WORDS}\n".encode()),
    stored("deep-brackets.md", lambda: f"{WORDS} {chr(91) * 100_000}\n".encode()),
    stored("deep-lists.md", lambda: "".join(f"{'  ' * n}- {WORDS}\n" for n in range(2000)).encode()),
    stored("emphasis.md", lambda: f"{WORDS} {'*a_' * 5_000}\n".encode()),
    stored("backticks.md", lambda: f"{WORDS} {'`' * 100_000}\n".encode()),
    stored("paired-brackets.md", lambda: f"{WORDS}\n\n{'[' * 20_000}{']' * 20_000}\n".encode()),
    stored("open-links.md", lambda: f"{WORDS}\n\n{'[](' * 20_000}\n".encode()),
    stored("links-without-end.md", lambda: f"{WORDS}\n\n{'[a](b' * 20_000}\n".encode()),
    stored(
        "link-definitions.md", lambda: f"{WORDS}\n\n{''.join(f'[a{n}]: b{n}{chr(10)}' for n in range(5_000))}".encode()
    ),
    stored("open-instructions.md", lambda: f"{WORDS}\n\na {'<?' * 50_000}\n".encode()),
    stored("open-comments.md", lambda: f"{WORDS}\n\na {'<!--' * 50_000}\n".encode()),
    stored("blanks.md", lambda: f"{WORDS} {' ' * 200_000}a{chr(9) * 200_000}b\n".encode()),
    stored("underscores.md", lambda: f"{WORDS} {'_a' * 50_000}\n".encode()),
    stored("merge-key-bomb.md", merge_key_bomb),
    quarantined("noise.txt", lambda: bytes(range(256)) * 100, ErrorCode.UNSUPPORTED),
    quarantined("noise.md", lambda: bytes(range(256)) * 100, ErrorCode.UNSUPPORTED),
    quarantined("one-byte.txt", lambda: b"\xa5" * 20_000, ErrorCode.UNSUPPORTED),
)
