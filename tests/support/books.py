"""EPUB books as small as they can be, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from tests.support.opendocument import zipped

META = (
    "<dc:title>Manual do servidor</dc:title><dc:creator>Ana Souza</dc:creator><dc:language>pt-BR</dc:language>"
    "<dc:date>2024-03-05</dc:date>"
)


def chapter(title: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>'
        f"<title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
    )


def book(chapters: Mapping[str, str | bytes | None], files: Mapping[str, bytes] | None = None) -> bytes:
    """Chapters in the order of the spine; one that is None is missing. They lie in the archive the other way round."""
    names = {name: f"c{number}" for number, name in enumerate(chapters)}
    items = "".join(f'<item id="{key}" href="{quote(name)}"/>' for name, key in names.items())
    refs = "".join(f'<itemref idref="{key}"/>' for key in names.values())
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{META}</metadata><manifest>{items}</manifest><spine>{refs}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    written = {
        f"OEBPS/{name}": content.encode() if isinstance(content, str) else content
        for name, content in reversed(list(chapters.items()))
        if content is not None
    }
    parts = {"mimetype": b"application/epub+zip", "META-INF/container.xml": container.encode()}
    return zipped({**parts, "OEBPS/book.opf": opf.encode(), **written, **(files or {})})
