"""Office files that are bombs, lies or half a file."""

from __future__ import annotations

import functools
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

import docx
import openpyxl
import pptx

from pipeline.errors import ErrorCode
from tests.promises.hostile.kinds import WORDS, Kind, quarantined, stored
from tests.promises.hostile.repeated import Repeated

MAIN_PART = {"docx": "word/document.xml", "pptx": "ppt/slides/slide1.xml", "xlsx": "xl/worksheets/sheet1.xml"}
BILLION_LAUGHS = "".join(
    ['<!DOCTYPE x [<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)), "]>"]
)


def docx_of(text: str = WORDS) -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    return _saved(document.save)


def pptx_of(text: str = WORDS) -> bytes:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = text
    return _saved(presentation.save)


def xlsx_of(text: str = WORDS) -> bytes:
    book = openpyxl.Workbook()
    book.active.append([text, "Total"])
    return _saved(book.save)


OFFICE: Mapping[str, Callable[[], bytes]] = {"docx": docx_of, "pptx": pptx_of, "xlsx": xlsx_of}


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def rewritten(
    data: bytes, changes: Mapping[str, Callable[[bytes], bytes]], added: Mapping[str, bytes | Repeated] | None = None
) -> bytes:
    """The archive with some of its parts changed and others added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
        for name, content in (added or {}).items():
            if isinstance(content, Repeated):
                content.add_to(new, name)
            else:
                new.writestr(name, content, compresslevel=1)
    return buffer.getvalue()


def with_part(kind: str, content: bytes | Repeated) -> bytes:
    """A good file with one more part that nothing refers to."""
    return rewritten(OFFICE[kind](), {}, {"media/extra.bin": content})


def bomb(kind: str) -> bytes:
    """Less than a megabyte that unpacks to 600 MB."""
    return rewritten(OFFICE[kind](), {}, {f"media/{n}.bin": Repeated(b" ", 100) for n in range(6)})


def lying_bomb(kind: str) -> bytes:
    """A part that says it is 64 bytes long, with their checksum, and unpacks to 300 MB."""
    content = Repeated(b"\0", 300)
    data = with_part(kind, content)
    true = struct.pack("<L", content.checksum(zlib.crc32)), struct.pack("<L", len(content))
    false = struct.pack("<L", zlib.crc32(bytes(64))), struct.pack("<L", 64)
    return data.replace(true[0], false[0]).replace(true[1], false[1])


def overlapping(kind: str) -> bytes:
    """Thousands of names for one compressed part, as in the densest bombs."""
    data = with_part(kind, b"\0" * 1_000_000)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.start_dir
        last = max(archive.infolist(), key=lambda member: member.header_offset)
    entry = data[data.rindex(b"PK\x01\x02") : data.rindex(b"PK\x05\x06")]
    assert last.filename.encode() in entry
    count = 2000
    directory = data[start : data.rindex(b"PK\x05\x06")] + entry * count
    total = len(zipfile.ZipFile(io.BytesIO(data)).namelist()) + count
    return data[:start] + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, total, total, len(directory), start, 0)


@functools.cache
def nested_zips() -> bytes:
    content = b"\0" * 10_000_000
    for _ in range(5):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", content)
        content = buffer.getvalue()
    return content


def billion_laughs(kind: str) -> bytes:
    def change(part: bytes) -> bytes:
        declaration, mark, root = part.rpartition(b"?>")
        return declaration + mark + BILLION_LAUGHS.encode() + root.replace(b"O conselho", b"&a9;", 1)

    return rewritten(OFFICE[kind](), {MAIN_PART[kind]: change})


def deep_xml(kind: str) -> bytes:
    """The main part with 100,000 elements inside each other."""
    depth = 100_000
    part = b"<a>" * depth + b"</a>" * depth
    return rewritten(OFFICE[kind](), {MAIN_PART[kind]: lambda xml: xml.replace(b"</", part + b"</", 1)})


def without_main_part(kind: str) -> bytes:
    return rewritten(OFFICE[kind](), {MAIN_PART[kind]: lambda _: b""})


def encrypted_members() -> bytes:
    """The flag of classic zip encryption on every member."""
    data = bytearray(docx_of())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def lzma_members() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_of())) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return buffer.getvalue()


def many_pages(kind: str) -> bytes:
    stem = MAIN_PART[kind].removesuffix("1.xml")
    return rewritten(OFFICE[kind](), {}, {f"{stem}{number}.xml": b"<x/>" for number in range(2, 2002)})


def far_cell() -> bytes:
    """A sheet whose last cell is the last that Excel knows."""
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = WORDS, "fim"
    return _saved(book.save)


def diagonal() -> bytes:
    """Values that share no row and no column, and so make a sheet of millions of places."""
    book = openpyxl.Workbook()
    for step in range(1, 3000):
        book.active.cell(step * 300, step * 5).value = WORDS
    return _saved(book.save)


SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHOWN_CELL = f'<c r="A1" t="inlineStr"><is><t>{WORDS}</t></is></c>'


def sheet(rows: str = f'<row r="1">{SHOWN_CELL}</row>', before: str = "", behind: str = "", shared: str = "") -> bytes:
    """A workbook whose sheet is this XML; `shared` are texts that its cells may refer to by number."""
    part = f"<worksheet {SPREADSHEET}>{before}<sheetData>{rows}</sheetData>{behind}</worksheet>".encode()
    added = {"xl/texts.xml": f"<sst {SPREADSHEET}>{shared}</sst>".encode()}
    changes = {MAIN_PART["xlsx"]: lambda _: part, "xl/_rels/workbook.xml.rels": _with_texts}
    return rewritten(xlsx_of(), changes, added)


def _with_texts(relationships: bytes) -> bytes:
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Id="rTexts" Type="%b" Target="texts.xml"/>' % kind
    return relationships.replace(b"</Relationships>", link + b"</Relationships>")


def merged_over_and_over() -> bytes:
    merge = '<mergeCell ref="A1:XFD1048576"/>'
    return sheet(behind=f"<mergeCells>{merge * 50_000}</mergeCells>")


def hidden_over_and_over() -> bytes:
    """Columns that are hidden ten thousand times, all of them."""
    column = '<col min="1" max="16384" hidden="1"/>'
    return sheet(before=f"<cols>{column * 10_000}</cols>")


def shared_by_thousands() -> bytes:
    """One struck text that makes 30 MB where it stands."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 1001))
    return sheet(rows, shared=f"<si><r><rPr><strike/></rPr><t>{'a' * 30_000}</t></r></si>")


def tabs_of_one_sheet() -> bytes:
    """Twenty thousand tabs that show the same sheet."""
    tab = b'<sheet xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1" '
    tabs = b"".join(b'%bname="s%d" sheetId="%d"/>' % (tab, number, number) for number in range(2, 20_000))
    return rewritten(xlsx_of(), {"xl/workbook.xml": lambda xml: xml.replace(b"</sheets>", tabs + b"</sheets>")})


def _for_each(make: Callable[[str], bytes], name: str, *codes: ErrorCode) -> list[Kind]:
    makers = {kind: functools.partial(make, kind) for kind in OFFICE}
    if codes:
        return [quarantined(f"{name}.{kind}", maker, *codes) for kind, maker in makers.items()]
    return [stored(f"{name}.{kind}", maker) for kind, maker in makers.items()]


KINDS = (
    *_for_each(bomb, "zip-bomb", ErrorCode.TOO_LARGE),
    *_for_each(lying_bomb, "zip-bomb-that-lies", ErrorCode.CORRUPT),
    *_for_each(overlapping, "zip-bomb-that-overlaps", ErrorCode.TOO_LARGE),
    *_for_each(lambda kind: with_part(kind, nested_zips()), "nested-zips-inside"),
    quarantined("billion-laughs.docx", functools.partial(billion_laughs, "docx"), ErrorCode.CORRUPT),
    quarantined("billion-laughs.pptx", functools.partial(billion_laughs, "pptx"), ErrorCode.CORRUPT),
    quarantined("billion-laughs.xlsx", functools.partial(billion_laughs, "xlsx"), ErrorCode.CORRUPT),
    *[
        quarantined(f"deep-xml.{kind}", functools.partial(deep_xml, kind), ErrorCode.CORRUPT)
        for kind in ("docx", "pptx")
    ],
    stored("deep-xml.xlsx", functools.partial(deep_xml, "xlsx")),
    *_for_each(without_main_part, "empty-main-part", ErrorCode.CORRUPT),
    quarantined("nested-zips.docx", nested_zips, ErrorCode.UNSUPPORTED),
    quarantined("encrypted-members.docx", encrypted_members, ErrorCode.ENCRYPTED),
    quarantined("lzma-members.docx", lzma_members, ErrorCode.CORRUPT),
    quarantined("truncated.docx", lambda: docx_of()[:-500], ErrorCode.CORRUPT),
    quarantined("many-slides.pptx", lambda: many_pages("pptx"), ErrorCode.TOO_LONG),
    quarantined("many-sheets.xlsx", lambda: many_pages("xlsx"), ErrorCode.TOO_LONG),
    stored("last-cell.xlsx", far_cell, WORDS, "fim"),
    stored("merged-over-and-over.xlsx", merged_over_and_over),
    stored("hidden-over-and-over.xlsx", hidden_over_and_over),
    quarantined("shared-by-thousands.xlsx", shared_by_thousands, ErrorCode.TOO_LONG),
    stored("tabs-of-one-sheet.xlsx", tabs_of_one_sheet),
    quarantined("diagonal.xlsx", diagonal, ErrorCode.TOO_LARGE),
    stored("pptx-named.docx", pptx_of),
)
