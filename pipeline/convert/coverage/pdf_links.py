"""Where the links of a PDF page lead, unless the page's text says so."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind

MAX_LINKS = 2000  # a page
MAX_CHARACTERS = 2000  # longer ones hold data, not a place
WEB = re.compile(r"(?:https?|ftp)://", re.I)
MAIL = re.compile(r"mailto:([^?]*)", re.I)
NOT_SAID = re.compile(r"^https?://(www\.)?", re.I)
UNQUOTED = "%/:?#[]@!$&'()*+,;=~"


def link_passages(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, number: int
) -> Iterator[Passage]:
    """One passage for each address; pieces of one link, which follow each other, count together."""
    pieces: list[tuple[str, str]] = []
    for address, shown in _links(document, page, text_page):
        if pieces and pieces[-1][0] == address:
            pieces[-1] = (address, f"{pieces[-1][1]} {shown}")
        else:
            pieces.append((address, shown))
    seen: set[str] = set()
    for address, shown in pieces:
        if _bare(address) not in _bare(shown):
            repeated = LeftOut.REPEATED if address in seen else None
            spellings = {quote(address, safe=UNQUOTED)} - {address}
            yield Passage(PassageKind.LINK, f"page {number}, link", address, repeated, tuple(spellings), number)
        seen.add(address)


def _links(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage
) -> Iterator[tuple[str, str]]:
    position, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    for _ in range(MAX_LINKS):
        if not pdfium.FPDFLink_Enumerate(page, position, link):
            return
        address, area = _address(document, link), pdfium.FS_RECTF()
        if address and _is_shown(page, link) and pdfium.FPDFLink_GetAnnotRect(link, area):
            yield address, text_page.get_text_bounded(area.left, area.bottom, area.right, area.top)


def _is_shown(page: pypdfium2.PdfPage, link: pdfium.FPDF_LINK) -> bool:
    annotation = pdfium.FPDFLink_GetAnnot(page, link)
    is_hidden = bool(pdfium.FPDFAnnot_GetFlags(annotation) & pdfium.FPDF_ANNOT_FLAG_HIDDEN)
    pdfium.FPDFPage_CloseAnnot(annotation)
    return not is_hidden


def _address(document: pypdfium2.PdfDocument, link: pdfium.FPDF_LINK) -> str:
    action = pdfium.FPDFLink_GetAction(link)
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return ""
    size = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
    buffer = ctypes.create_string_buffer(max(1, size))
    pdfium.FPDFAction_GetURIPath(document, action, buffer, size)
    address = buffer.value.decode("utf-8", "replace").strip()
    mail = MAIL.match(address)
    is_place = len(address) <= MAX_CHARACTERS and (mail or WEB.match(address))
    return (unquote(mail[1]) if mail else address) if is_place else ""


def _bare(text: str) -> str:
    """Letters and digits, without what people leave out when they write an address."""
    return re.sub(r"[\W_]+", "", NOT_SAID.sub("", unquote("".join(text.split())))).casefold()
