"""What is read right is not said to be missing: charsets, readings, marks; what is taken away is."""

from __future__ import annotations

import pytest

from pipeline.convert.conversion import extract
from pipeline.settings.sections import ConversionSettings
from tests.convert.coverage.measured import missing
from tests.support.office import add_notes, paragraph, run, saved, word
from tests.support.opendocument import opendocument

NO_OCR = ConversionSettings(ocr_engine="none")
RUSSIAN, CZECH, PORTUGUESE = "Решение комитета принято", "Příliš žluťoučký kůň", "A comissão decidirá “logo”"
HEAD = "From: a@b.br\nSubject: Aviso\nMIME-Version: 1.0\nContent-Type: {}; charset={}\n\n"


def page(text: str, charset: str) -> bytes:
    return f'<html><head><meta charset="{charset}"></head><body><p>{text}</p></body></html>'.encode(charset)


def mail(text: str, label: str, charset: str, kind: str = "text/plain") -> bytes:
    return HEAD.format(kind, label).encode() + text.encode(charset)


def with_reading() -> bytes:
    reading = (
        "<w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>leitura</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>Base</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    )
    return saved(word(paragraph(run("Antes "), reading, run(" depois"))))


def with_marks() -> bytes:
    marks = (
        '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="2"/><w:t>*</w:t></w:r>',
        '<w:r><w:endnoteReference w:customMarkFollows="1" w:id="3"/><w:t>(a)</w:t></w:r>',
    )
    file = word(paragraph(run("Texto"), *marks, run(" segue")))
    add_notes(file, "footnote", n2=paragraph("<w:r><w:t>*</w:t></w:r>", run(" Uma nota")))
    add_notes(file, "endnote", n3=paragraph("<w:r><w:t>(a)</w:t></w:r>", run(" Nota de fim")))
    return saved(file)


FONTS = rb"{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}{\f2\fcharset238 C;}{\f3\fcharset161 D;}}"
IN_FONTS = rb"\f0 a\'e7\'e3o \f1 \'d0\'e5\'f8\'e5\f2  \'9c\'bf\f3  \'e1\'e2\plain  fim\par}"
HIDDEN = b'Antes\n\n<p style="display:none">oculto</p>\n\nDepois <span hidden>x</span>.\n'
NOTE = (
    '<text:p>Texto<text:note text:note-class="footnote"><text:note-citation text:label="*">*</text:note-citation>'
    "<text:note-body><text:p>Uma nota</text:p></text:note-body></text:note></text:p>"
)
CASES = {
    "page in koi8-r": ("html", page(RUSSIAN, "koi8-r")),
    "page in windows-1251": ("html", page(RUSSIAN, "windows-1251")),
    "page in iso-8859-2": ("html", page(CZECH, "iso-8859-2")),
    "page in shift_jis": ("html", page("日本語の文書", "shift_jis")),
    "page in utf-16": ("html", "<p>Resolução nº 7".encode("utf-16")),
    "mail in koi8-r": ("eml", mail(RUSSIAN, "koi8-r", "koi8-r")),
    "mail that is no ASCII": ("eml", mail(PORTUGUESE, "us-ascii", "cp1252")),
    "HTML mail that is no ASCII": ("eml", mail(f"<p>{PORTUGUESE}", "us-ascii", "cp1252", "text/html")),
    "mail in UTF-8 that says ASCII": ("eml", mail(PORTUGUESE, "us-ascii", "utf-8")),
    "mail in no charset": ("eml", mail(PORTUGUESE, "unknown-8bit", "utf-8")),
    "RTF with fonts of charsets": ("rtf", rb"{\rtf1\ansi" + FONTS + IN_FONTS),
    "RTF in a code page": ("rtf", rb"{\rtf1\ansi\ansicpg1251 \'d0\'e5\'f8\'e5\'ed\'e8\'e5\par}"),
    "RTF written twice": ("rtf", rb"{\rtf1 Antes {\upr{velho}{\*\ud{novo}}} depois\par}"),
    "RTF with a mark": ("rtf", rb"{\rtf1 Texto{\super *}{\footnote {\super *} Uma nota} segue\par}"),
    "readings in Word": ("docx", with_reading()),
    "marks in Word": ("docx", with_marks()),
    "readings in a page": ("html", "<p><ruby>漢<rt>kan</rt>字<rp>(</rp><rt>ji</rt><rp>)</rp></ruby> fim".encode()),
    "marks in OpenDocument": ("odt", opendocument(NOTE)),
    "hidden parts of Markdown": ("md", HIDDEN),
}


@pytest.mark.parametrize(("kind", "data"), CASES.values(), ids=CASES)
def test_what_is_read_is_not_said_to_be_missing(kind: str, data: bytes) -> None:
    _, conversion = extract(data, kind, NO_OCR)
    assert (conversion.text_coverage, conversion.missing) == (1.0, ())
    assert sum(words for words, _ in missing(data, kind).values()) > 0


def test_hidden_text_of_word_and_rich_text_is_counted() -> None:
    file = word(paragraph(run("Antes "), run("oculto", "<w:vanish/>"), run(" visto", '<w:vanish w:val="0"/>')))
    assert missing(saved(file), "docx", "Antes visto") == {"hidden_text": (1, ("paragraph 1",))}
    assert missing(rb"{\rtf1 Antes {\v oculto}\par}", "rtf", "Antes") == {"body": (1, ("paragraph 1",))}
