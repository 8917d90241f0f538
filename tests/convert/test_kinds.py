"""A file is what its content says, for every kind that an office keeps."""

from __future__ import annotations

import pytest

from pipeline.convert.formats import KIND_OF_EXTENSION, KNOWN_EXTENSIONS, PAGED_FORMATS, real_format
from pipeline.convert.preparations import PREPARATIONS
from pipeline.convert.readers import READERS
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import SourceSettings
from tests.promises.hostile.images import page, saved
from tests.promises.hostile.office import docx_of
from tests.support.books import book, chapter
from tests.support.compound_file import compound_file
from tests.support.messages import BODY, eml, msg
from tests.support.opendocument import flat, opendocument

PAGE = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
FILES = {
    "odt": opendocument("", "text"),
    "ods": opendocument("", "spreadsheet"),
    "odp": opendocument("", "presentation"),
    "rtf": b"\r\n{\\rtf1 x}",
    "eml": eml("x").as_bytes(),
    "msg": msg({BODY: "x"}),
    "mhtml": PAGE,
    "epub": book({"a.xhtml": chapter("a")}),
    "doc": compound_file({"WordDocument": bytes(5000), "ObjectPool": {"Workbook": b"x"}}),
    "xls": compound_file({"Workbook": b"x"}),
    "ppt": compound_file({"PowerPoint Document": b"x"}),
    "html": b'<?xml version="1.0"?>\n<!-- x --><!DOCTYPE html><html>',
    **{kind: saved(page(), kind.upper()) for kind in ("tiff", "webp", "bmp", "gif")},
}


@pytest.mark.parametrize("kind", FILES)
def test_a_kind_is_known_whatever_the_name_says(kind: str) -> None:
    assert real_format(FILES[kind], "docx") == kind
    assert real_format(FILES[kind], "dat") == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (flat("", "text"), "odt"),
        (flat("", "spreadsheet"), "ods"),
        (opendocument("", "text", suffix="-template"), "odt"),
        (compound_file({"Book": b"x"}), "xls"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w/>', "doc"),
        (b"From ana@exemplo.br Tue Mar 5\nReceived: x\nSubject: y\n\nz", "eml"),
        (b"From: <Saved by Blink>\r\nSnapshot-Content-Location: http://x\r\nSubject: y\r\n\r\n", "mhtml"),
        (b"MIME-Version: 1.0\r\nTo: a@b.br\r\nContent-Type: multipart/related\r\n\r\n", "eml"),
        (saved(page(), "TIFF", big_tiff=True), "tiff"),
    ],
)
def test_kin_and_doubtful_files_are_told_apart(data: bytes, kind: str) -> None:
    assert real_format(data, "doc") == kind


def test_only_the_name_makes_a_text_csv() -> None:
    assert real_format(b"a;b\n1;2\n", "csv") == "csv"
    assert real_format(b"a;b\n1;2\n", "txt") == "txt"
    assert real_format(docx_of(), "csv") == "docx"


@pytest.mark.parametrize("data", [b"BM", b"RIFF", b"texto qualquer", b"Nota: isto\nfoi escrito\n"])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(PermanentError) as raised:
        real_format(data, "msg")
    assert raised.value.code == ErrorCode.CORRUPT


def test_every_extension_that_a_source_takes_can_be_converted() -> None:
    assert set(SourceSettings().supported_extensions) == KNOWN_EXTENSIONS
    kinds = {KIND_OF_EXTENSION.get(extension, extension) for extension in KNOWN_EXTENSIONS}
    assert kinds == set(PREPARATIONS) | set(READERS) | (PAGED_FORMATS - set(KIND_OF_EXTENSION))
