"""The texts of drawings, the same in all of Office: diagrams, the newer charts, shapes, descriptions of pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lxml import etree

from pipeline.convert.office.names import DGM, A, C, R, V, remove
from pipeline.convert.office.package import Package

RASTER: Final = frozenset({"png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "jfif"})
# What programs write as description when nobody did: a file's or shape's name.
MADE_UP: Final = re.compile(
    r"\S*\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)|(?:imagem?|image|picture|figura|gráfico|chart|diagrama?|logo)\s*\d*",
    re.I,
)


def shape_paragraphs(shape: etree._Element) -> list[str]:
    """The paragraphs of a DrawingML text, those without text left out."""
    return [text for paragraph in shape.iter(f"{A}p") if (text := paragraph_text(paragraph))]


def paragraph_text(paragraph: etree._Element) -> str:
    """The text of an `a:p`, with a blank for each line break."""
    pieces = (node.text or "" if node.tag == f"{A}t" else " " for node in paragraph.iter(f"{A}t", f"{A}br"))
    return "".join(pieces).strip()


def diagram_texts(frame: etree._Element, part: str, package: Package) -> list[str]:
    """The entries of a SmartArt diagram, in its order."""
    texts = []
    for reference in frame.iter(f"{DGM}relIds"):
        root = _related(reference.get(f"{R}dm", ""), part, package)
        texts += [text for point in _outermost(root) for text in shape_paragraphs(point)]
    return texts


def _outermost(root: etree._Element | None) -> list[etree._Element]:
    """The points of a diagram."""
    points = root.iter(f"{DGM}pt") if root is not None else ()
    return [point for point in points if next(point.iterancestors(f"{DGM}pt"), None) is None]


def newer_chart_texts(frame: etree._Element, part: str, package: Package) -> list[str]:
    """Words and numbers of a chart in the format of 2016, which nothing else reads: funnel, tree map, waterfall."""
    texts = []
    for reference in frame.iter("{*}chart"):
        if not reference.tag.startswith(C):
            root = _related(reference.get(f"{R}id", ""), part, package)
            points = root.iter("{*}pt", "{*}v", f"{A}t") if root is not None else ()
            texts += [text for point in points if (text := (point.text or "").strip())]
    return texts


def axis_titles(frame: etree._Element, part: str, package: Package) -> list[str]:
    """What is written in a classic chart beside its title and data, which Docling 2.143 reads: axes, text boxes."""
    texts = []
    for reference in frame.iter(f"{C}chart"):
        root = _related(reference.get(f"{R}id", ""), part, package)
        if root is not None:
            title = root.find(f"{C}chart/{C}title")
            skipped = set(title.iter(f"{A}p")) if title is not None else set()
            paragraphs = [paragraph for paragraph in root.iter(f"{A}p") if paragraph not in skipped]
            texts += [text for paragraph in paragraphs if (text := paragraph_text(paragraph))]
            texts += _user_shapes(reference.get(f"{R}id", ""), part, package)
    return texts


def _user_shapes(identifier: str, part: str, package: Package) -> list[str]:
    """Text boxes that were drawn into a chart."""
    chart = package.relationships(part)[identifier].target
    roots = [package.xml(name) for name in package.related(chart, "chartUserShapes")]
    return [text for root in roots if root is not None for text in shape_paragraphs(root)]


def description(properties: etree._Element | None) -> str:
    """What the author wrote to describe a picture to those who do not see it."""
    if properties is None:
        return ""
    said = " ".join((properties.get("descr") or properties.get("title") or "").split())
    return "" if MADE_UP.fullmatch(said) else said


def _related(identifier: str, part: str, package: Package) -> etree._Element | None:
    """The part of a diagram or chart, where it is shown for the first time."""
    link = package.relationships(part).get(identifier)
    is_shown = link is not None and not link.is_external and package.is_new(link.target)
    return package.xml(link.target) if link is not None and is_shown else None


def picture_parts(drawing: etree._Element, part: str, package: Package) -> list[str]:
    """The names of the picture files that a drawing shows; pictures elsewhere are not fetched."""
    links = package.relationships(part)
    found = []
    for node in drawing.iter(f"{A}blip", f"{V}imagedata"):
        link = links.get(node.get(f"{R}embed") or node.get(f"{R}id") or "")
        if link is not None and not link.is_external and link.target in package.names:
            found.append(link.target)
    return list(dict.fromkeys(found))


def is_chart(drawing: etree._Element) -> bool:
    """Whether it has a classic chart, which Docling reads."""
    return any(True for _ in drawing.iter(f"{C}chart"))


def drop_shown_charts(drawing: etree._Element, part: str, package: Package) -> None:
    """Take out references to classic charts that were shown before, which Docling would read again.

    To be called before the texts of the drawing are read.
    """
    links = package.relationships(part)
    here: set[str] = set()
    for reference in list(drawing.iter(f"{C}chart")):
        link = links.get(reference.get(f"{R}id", ""))
        if link is not None and (link.target in here or package.was_met(link.target)):
            remove(reference)
        elif link is not None:
            here.add(link.target)


def are_metafiles(parts: Sequence[str]) -> bool:
    """Whether there are pictures, all in Windows' own formats, for which Docling would start LibreOffice."""
    return bool(parts) and not any(part.rpartition(".")[2].lower() in RASTER for part in parts)
