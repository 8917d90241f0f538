"""Templates, shows and files with macros are read as the documents that they are."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.text_export import text_of
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.kinds import WORDS
from tests.promises.hostile.office import OFFICE, rewritten

CONTENT_TYPES = "[Content_Types].xml"
WORD, POWERPOINT, EXCEL = "application/vnd.ms-word", "application/vnd.ms-powerpoint", "application/vnd.ms-excel"
OPEN = "application/vnd.openxmlformats-officedocument"
KIN = {
    "docm": ("docx", f"{WORD}.document.macroEnabled.main+xml"),
    "dotx": ("docx", f"{OPEN}.wordprocessingml.template.main+xml"),
    "dotm": ("docx", f"{WORD}.template.macroEnabledTemplate.main+xml"),
    "pptm": ("pptx", f"{POWERPOINT}.presentation.macroEnabled.main+xml"),
    "potx": ("pptx", f"{OPEN}.presentationml.template.main+xml"),
    "potm": ("pptx", f"{POWERPOINT}.template.macroEnabled.main+xml"),
    "ppsx": ("pptx", f"{OPEN}.presentationml.slideshow.main+xml"),
    "ppsm": ("pptx", f"{POWERPOINT}.slideshow.macroEnabled.main+xml"),
    "xlsm": ("xlsx", f"{EXCEL}.sheet.macroEnabled.main+xml"),
    "xltx": ("xlsx", f"{OPEN}.spreadsheetml.template.main+xml"),
    "xltm": ("xlsx", f"{EXCEL}.template.macroEnabled.main+xml"),
}
PLAIN = {
    "docx": f"{OPEN}.wordprocessingml.document.main+xml",
    "pptx": f"{OPEN}.presentationml.presentation.main+xml",
    "xlsx": f"{OPEN}.spreadsheetml.sheet.main+xml",
}


def kin(extension: str) -> bytes:
    """A file with macros, declared as its program declares it."""
    kind, declared = KIN[extension]
    change = {CONTENT_TYPES: lambda xml: xml.replace(PLAIN[kind].encode(), declared.encode())}
    data = rewritten(OFFICE[kind](), change, {"vbaProject.bin": b"Sub AutoOpen()"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert declared.encode() in archive.read(CONTENT_TYPES)
    return data


@pytest.mark.parametrize("extension", KIN)
def test_a_kindred_file_is_read_without_a_word_about_its_name(extension: str) -> None:
    document, conversion = extract(kin(extension), extension, ConversionSettings())
    assert WORDS in text_of(document)
    assert "AutoOpen" not in text_of(document)
    assert conversion.warnings == ()
