"""Changes to any DoclingDocument so that later stages find all text in its body and no binary data."""

from __future__ import annotations

from docling_core.types.doc import ContentLayer, DoclingDocument, NodeItem, PictureItem


def tidy(document: DoclingDocument) -> None:
    """In place: name and origin neutral, no images, speaker notes and text of pictures as ordinary body text.

    Docling's exports and chunkers pass over notes and over what is inside pictures.
    """
    document.name, document.origin = "document", None
    for page in document.pages.values():
        page.image = None
    for picture in document.pictures:
        picture.image = None
        _move_text_behind(picture, document)
    for text in document.texts:
        if text.content_layer == ContentLayer.NOTES:
            text.content_layer = ContentLayer.BODY


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
