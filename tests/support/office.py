"""Office files with XML that no library writes, and what the pipeline makes of them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement

from pipeline.convert.text_export import document_text
from tests.support.documents import converted

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"


def element(xml: str) -> BaseOxmlElement:
    """An element whose prefixes are those of NAMESPACES."""
    return parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {DECLARED}", xml, count=1))


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*content: str) -> str:
    return f"<w:p>{''.join(content)}</w:p>"


def word(*blocks: str) -> Document:
    """A Word document with these blocks as its body."""
    file = docx.Document()
    for block in blocks:
        file.element.body.insert(len(file.element.body) - 1, element(block))
    return file


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>{''.join(rows)}</w:tbl>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in cells)}</w:tr>"


def add_part(file: Document, name: str, content_type: str, data: bytes, kind: str) -> str:
    """The identifier by which the document refers to a new part."""
    part = Part(PackURI(f"/word/{name}"), content_type, data, file.part.package)
    return str(file.part.relate_to(part, f"{RELATIONSHIP_TYPE.OFFICE_DOCUMENT.rpartition('/')[0]}/{kind}"))


def add_notes(file: Document, kind: str, **notes: str) -> None:
    """The part of footnotes or endnotes; each note is given by the XML of its paragraphs."""
    content = "".join(f'<w:{kind} w:id="{name[1:]}">{xml}</w:{kind}>' for name, xml in notes.items())
    data = f"<w:{kind}s {DECLARED}>{content}</w:{kind}s>".encode()
    add_part(file, f"{kind}s.xml", FOOTNOTES_TYPE.format(f"{kind}s"), data, f"{kind}s")


def text_of(folder: Path, file: Document | bytes, extension: str = "docx") -> str:
    """The full text of the file as the pipeline exports it."""
    return text_and_warnings(folder, file, extension)[0]


def text_and_warnings(folder: Path, file: Document | bytes, extension: str = "docx") -> tuple[str, tuple[str, ...]]:
    source = folder / f"file.{extension}"
    source.write_bytes(file if isinstance(file, bytes) else saved(file))
    _, conversion = converted(source)
    return document_text(folder / f"file.{extension}.document.json"), conversion.warnings


def saved(file: Document) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()
