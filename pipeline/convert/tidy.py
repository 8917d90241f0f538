"""Changes to any DoclingDocument so that later stages find all text in its body, as it is seen, and no binary data."""

from __future__ import annotations

import re

from docling_core.types.doc import ContentLayer, DoclingDocument, NodeItem, PictureItem

# Shown as nothing, or as a hyphen where a line ended, but they part words for a search.
# Joiners (U+200C, U+200D) shape letters and stay.
INVISIBLE = re.compile("(?<=\\w)\u00ad\\s+(?=\\w)|[\u00ad\u200b\u2060\ufeff]+")


def tidy(document: DoclingDocument) -> None:
    """In place: name and origin neutral, no images, speaker notes and text of pictures as ordinary body text, and no
    soft hyphens and zero-width blanks but in `orig`.

    Docling's exports and chunkers pass over notes and over what is inside pictures.
    """
    document.name, document.origin = "document", None
    for page in document.pages.values():
        page.image = None
    for picture in document.pictures:
        picture.image = None
        _move_text_behind(picture, document)
    for text in document.texts:
        text.text = INVISIBLE.sub("", text.text)
        if text.content_layer == ContentLayer.NOTES:
            text.content_layer = ContentLayer.BODY
    for table in document.tables:
        for cell in table.data.table_cells:
            cell.text = INVISIBLE.sub("", cell.text)


def _move_text_behind(picture: PictureItem, document: DoclingDocument) -> None:
    """Children of the picture, except captions and footnotes, become its next siblings."""
    kept = {reference.cref for reference in (*picture.captions, *picture.footnotes)}
    moved = [child for child in picture.children if child.cref not in kept]
    parent = picture.parent.resolve(document) if picture.parent else None
    if not moved or not isinstance(parent, NodeItem):
        return
    picture.children = [child for child in picture.children if child.cref in kept]
    position = [child.cref for child in parent.children].index(picture.self_ref) + 1
    parent.children[position:position] = moved
    for child in moved:
        child.resolve(document).parent = parent.get_ref()
