"""What OCR has read, as far as the converted document shows it: words from pages and words that stand with pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from docling_core.types.doc import DocItem, DoclingDocument, NodeItem, PictureItem, TableItem, TextItem

from pipeline.convert.coverage.words import words_of

MIN_SHARE = 0.5  # of the words with a picture that the file's own text does not have


def words_by_page(document: DoclingDocument) -> Counter[int]:
    """How many words the document has from each page."""
    counts: Counter[int] = Counter()
    items: Iterable[TextItem | TableItem] = (*document.texts, *document.tables)
    for item in items:
        if item.prov:
            counts[item.prov[0].page_no] += len(_words(item))
    return counts


def pictures_read(document: DoclingDocument, beyond: Counter[str]) -> int:
    """How many pictures have words with them that the file has only as ink: inside, as caption, or right behind."""
    read = 0
    for picture in document.pictures:
        words = [word for item in _with(picture, document) for word in _words(item)]
        read += bool(words) and sum(word in beyond for word in words) >= MIN_SHARE * len(words)
    return read


def _with(picture: PictureItem, document: DoclingDocument) -> Iterator[DocItem]:
    parent = picture.parent.resolve(document) if picture.parent else None
    siblings = parent.children if isinstance(parent, NodeItem) else []
    names = [child.cref for child in siblings]
    behind = names.index(picture.self_ref) + 1 if picture.self_ref in names else len(names)
    for reference in (*picture.children, *picture.captions, *siblings[behind : behind + 1]):
        item = reference.resolve(document)
        if isinstance(item, TextItem | TableItem):
            yield item


def _words(item: DocItem) -> list[str]:
    if isinstance(item, TableItem):
        return [word for cell in item.data.table_cells for word in words_of(cell.text)]
    return words_of(item.text) if isinstance(item, TextItem) else []
