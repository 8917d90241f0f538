"""A book is read along its spine."""

from __future__ import annotations

import pytest

from pipeline.convert.conversion import extract
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.support.books import book, chapter
from tests.support.documents import body_texts


def read(data: bytes) -> tuple[list[str], Conversion]:
    document, conversion = extract(data, "epub", ConversionSettings(ocr_engine="none"))
    return list(body_texts(document)), conversion


def test_chapters_follow_the_spine_and_not_the_archive() -> None:
    texts, conversion = read(book({"b.xhtml": chapter("Um", "Primeiro."), "a.xhtml": chapter("Dois", "Segundo.")}))
    assert texts == ["Um", "Primeiro.", "Dois", "Segundo."]
    assert conversion.warnings == ()
    properties = conversion.properties
    assert (properties.title, properties.author, properties.language) == ("Manual do servidor", "Ana Souza", "pt-BR")


def test_a_chapter_is_read_by_its_charset() -> None:
    latin = chapter("Um", "Prorrogação.").replace("utf-8", "iso-8859-1").encode("iso-8859-1")
    wide = chapter("Dois", "Comissão.").replace("utf-8", "utf-16").encode("utf-16")
    assert read(book({"a.xhtml": latin, "b b.xhtml": wide}))[0] == ["Um", "Prorrogação.", "Dois", "Comissão."]


def test_a_missing_chapter_is_counted() -> None:
    texts, conversion = read(book({"a.xhtml": chapter("Um", "Primeiro."), "falta.xhtml": None}))
    assert texts == ["Um", "Primeiro."]
    assert conversion.warnings == ("Parts of the book that are missing: 1.",)


def test_a_book_for_one_device_says_so() -> None:
    locked = b"<encryption><EncryptedData><CipherReference URI='OEBPS/a.xhtml'/></EncryptedData></encryption>"
    with pytest.raises(PermanentError) as raised:
        read(book({"a.xhtml": chapter("Um", "x")}, {"META-INF/encryption.xml": locked}))
    assert raised.value.code == ErrorCode.ENCRYPTED


def test_locked_fonts_lock_no_book() -> None:
    locked = b"<encryption><EncryptedData><CipherReference URI='OEBPS/f.otf'/></EncryptedData></encryption>"
    assert read(book({"a.xhtml": chapter("Um", "x")}, {"META-INF/encryption.xml": locked}))[0] == ["Um", "x"]


def test_notes_that_a_reader_asks_for_and_typographic_signs_are_kept() -> None:
    note = '<aside epub:type="footnote" hidden="hidden"><p>rodapé</p></aside><p role="doc-endnote" hidden="">fim</p>'
    data = f"{chapter('Um', '“ação”').removesuffix('</body></html>')}{note}</body></html>"
    latin = data.replace("utf-8", "iso-8859-1").encode("cp1252")
    assert read(book({"a.xhtml": latin}))[0] == ["Um", "“ação”", "rodapé", "fim"]


def test_what_a_style_sheet_strikes_is_marked() -> None:
    data = chapter("Um", 'por <span class="rev">cinco</span> dez <b class="outro">dias</b>')
    sheet = b".rev, p.x{text-decoration:line-through} .outro{color:red}"
    assert read(book({"a.xhtml": data}, {"OEBPS/s.css": sheet}))[0] == ["Um", "por ~~cinco~~ dez dias"]
