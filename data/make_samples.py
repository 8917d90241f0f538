"""Writes the sample folder of approved documents from sample_texts/: python data/make_samples.py [--out DIR].

Running it twice gives the same bytes. Fixed dates and seeded noise see to that; other versions of the libraries may
compress or draw a little differently, so tests/test_samples.py compares contents with what is in git.
"""

from __future__ import annotations

import argparse
import html
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import docx
import pptx
import xlsxwriter  # type: ignore[import-untyped]
from docx.document import Document
from docx.opc.coreprops import CoreProperties as DocxProperties
from pptx.parts.coreprops import CorePropertiesPart as PptxProperties
from sample_content import Block, Kind, Sample, read_samples
from sample_pdf import digital_pdf
from sample_scans import photo_jpeg, scanned_pdf, scanned_png

OUT = Path(__file__).parent / "samples" / "30-Aprovados"
TEXT_WIDTH = 72
LEVELS = {Kind.TITLE: 0, Kind.HEADING: 1, Kind.SUBHEADING: 2}
HTML_TAGS = {Kind.TITLE: "h1", Kind.HEADING: "h2", Kind.SUBHEADING: "h3", Kind.PARAGRAPH: "p"}


def write_samples(out: Path) -> None:
    """Writes every document under `out`, besides a truncated PDF and a file of an unsupported kind."""
    files = {str(sample.path): _writer(sample)(sample) for sample in read_samples()}
    files["Relatórios/relatorio-corrompido.pdf"] = files["Relatórios/Relatório anual 2024.pdf"][:1500]
    files["Relatórios/planilhas-antigas.zip"] = _zipped({"leia-me.txt": b"Planilhas anteriores a 2020.\n"})
    for path, content in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(content)


def _writer(sample: Sample) -> Callable[[Sample], bytes]:
    if sample.layout == "scan" and sample.path.suffix == ".pdf":
        return scanned_pdf
    return WRITERS[sample.path.suffix]


def _markdown(sample: Sample) -> bytes:
    return sample.source.encode()


def _plain_text(sample: Sample) -> bytes:
    """Hard-wrapped, with the encoding and line ends of an old Windows editor."""
    lines = [line for block in sample.blocks for line in (*_plain_lines(block), "")]
    return "\r\n".join(lines).encode("cp1252")


def _plain_lines(block: Block) -> Iterator[str]:
    if block.kind == Kind.TITLE:
        yield from (block.text.upper(), "=" * len(block.text))
    elif block.kind == Kind.LIST:
        for line in block.lines:
            yield from textwrap.wrap(f"- {line}", TEXT_WIDTH, subsequent_indent="  ")
    else:
        yield from textwrap.wrap(block.text, TEXT_WIDTH)


def _html(sample: Sample) -> bytes:
    meta = {
        "author": sample.text_of("author"),
        "description": sample.text_of("description"),
        "keywords": ", ".join(sample.tags),
        "date": sample.text_of("created_date"),
    }
    head = [f'<meta name="{name}" content="{html.escape(value)}">' for name, value in meta.items()]
    body = [_element(block) for block in sample.blocks]
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{sample.text_of("language")}">',
        "<head>",
        '<meta charset="utf-8">',
        f"<title>{html.escape(sample.title)}</title>",
        *head,
        "</head>",
        "<body>",
        *body,
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines).encode()


def _element(block: Block) -> str:
    if block.kind == Kind.LIST:
        items = "\n".join(f"<li>{html.escape(line)}</li>" for line in block.lines)
        return f"<ul>\n{items}\n</ul>"
    if block.kind == Kind.TABLE:
        header, *rows = block.rows
        return "\n".join(("<table>", _row(header, "th"), *(_row(row, "td") for row in rows), "</table>"))
    tag = HTML_TAGS[block.kind]
    return f"<{tag}>{html.escape(block.text)}</{tag}>"


def _row(cells: list[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _docx(sample: Sample) -> bytes:
    document = docx.Document()
    _set_properties(document.core_properties, sample)
    for block in sample.blocks:
        _add_to_docx(document, block)
    buffer = BytesIO()
    document.save(buffer)
    return _frozen(buffer)


def _add_to_docx(document: Document, block: Block) -> None:
    if block.kind in LEVELS:
        document.add_heading(block.text, LEVELS[block.kind])
    elif block.kind == Kind.TABLE:
        table = document.add_table(0, len(block.rows[0]), "Table Grid")
        for number, row in enumerate(block.rows):
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.paragraphs[0].add_run(text).bold = number == 0
        document.add_paragraph()
    else:
        style = "List Bullet" if block.kind == Kind.LIST else None
        for line in block.lines:
            document.add_paragraph(line, style)


def _pptx(sample: Sample) -> bytes:
    presentation = pptx.Presentation()
    _set_properties(presentation.core_properties, sample)
    bullets_layout = presentation.slide_layouts[1]
    for block in sample.blocks:
        if block.kind == Kind.HEADING:
            slide = presentation.slides.add_slide(bullets_layout)
            slide.shapes.title.text = block.text
        elif block.kind == Kind.LIST:
            slide.placeholders[1].text = "\n".join(block.lines)
        else:
            slide.notes_slide.notes_text_frame.text = block.text
    buffer = BytesIO()
    presentation.save(buffer)
    return _frozen(buffer)


def _set_properties(properties: DocxProperties | PptxProperties, sample: Sample) -> None:
    properties.title = sample.title
    properties.author = properties.last_modified_by = sample.text_of("author")
    properties.comments = sample.text_of("description")
    properties.keywords = ", ".join(sample.tags)
    properties.language = sample.text_of("language")
    properties.version = sample.text_of("version")
    properties.created = sample.moment("created_date")
    properties.modified = sample.moment("modified_date")


def _xlsx(sample: Sample) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": True})
    book.set_properties(
        {
            "title": sample.title,
            "author": sample.text_of("author"),
            "keywords": ", ".join(sample.tags),
            "created": sample.moment("created_date").replace(tzinfo=None),
        }
    )
    bold = book.add_format({"bold": True, "border": 1})
    ruled = book.add_format({"border": 1})
    for heading, table in zip(sample.blocks[::2], sample.blocks[1::2], strict=True):
        sheet = book.add_worksheet(heading.text)
        sheet.set_column(0, len(table.rows[0]) - 1, 20)
        for number, row in enumerate(table.rows):
            sheet.write_row(number, 0, row, bold if number == 0 else ruled)
    book.close()
    return buffer.getvalue()


def _frozen(archive: BytesIO) -> bytes:
    """The same zip archive without the time of day that it was written."""
    with zipfile.ZipFile(archive) as written:
        return _zipped({name: written.read(name) for name in written.namelist()})


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


WRITERS: dict[str, Callable[[Sample], bytes]] = {
    ".pdf": digital_pdf,
    ".docx": _docx,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
    ".md": _markdown,
    ".txt": _plain_text,
    ".html": _html,
    ".png": scanned_png,
    ".jpg": photo_jpeg,
    ".jpeg": photo_jpeg,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write (default: the one in git)")
    write_samples(parser.parse_args().out)
