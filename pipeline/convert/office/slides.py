"""A presentation in the form that Docling reads completely: what is drawn as text, what is hidden shown.

Docling 2.143 (python-pptx) passes over diagrams, alternates, descriptions of pictures, embedded files, struck text and
links; hidden slides and shapes go into a layer that no text is made from.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from pipeline.convert.marks import STRUCK, address_behind
from pipeline.convert.office import drawing_texts
from pipeline.convert.office.equations import latex
from pipeline.convert.office.markup import resolve_alternates
from pipeline.convert.office.names import FALSE, A, M, P, R, remove
from pipeline.convert.office.package import Package
from pipeline.convert.office.pieces import Paragraph, Piece
from pipeline.convert.office.tools import Tools

SHAPES: Final = tuple(f"{P}{name}" for name in ("graphicFrame", "pic", "sp", "cxnSp", "grpSp"))
STRIKES: Final = frozenset({"sngStrike", "dblStrike"})


def rewrite_slides(package: Package, tools: Tools) -> None:
    """Changes the trees of the package in place."""
    seen: set[str] = set()
    _drop_shown_slides(package)
    for part in slide_parts(package):
        root = package.xml(part)
        if root is None:
            continue
        if root.attrib.pop("show", "1") in FALSE:
            tools.noticed.add("hidden_slides")
        _Slide(package, tools, part).rewrite(root, seen)
        for notes in package.related(part, "notesSlide"):
            notes_root = package.xml(notes)
            if notes_root is not None:
                _Slide(package, tools, notes).mark(notes_root)


def slide_pieces(package: Package, tools: Tools) -> list[Piece]:
    """The texts of a presentation that is embedded in another file."""
    rewrite_slides(package, tools)
    roots = (package.xml(part) for part in slide_parts(package))
    return [Paragraph(text) for root in roots if root is not None for text in drawing_texts.shape_paragraphs(root)]


def slide_parts(package: Package) -> list[str]:
    """In the order in which they are shown."""
    part = package.main_part("pptx")
    root = package.xml(part)
    links = package.relationships(part)
    found = (links.get(slide.get(f"{R}id", "")) for slide in root.iter(f"{P}sldId")) if root is not None else ()
    return [link.target for link in found if link is not None and link.target in package.names]


def _drop_shown_slides(package: Package) -> None:
    """A slide that is listed again is shown once."""
    part = package.main_part("pptx")
    root, links = package.xml(part), package.relationships(part)
    met: set[str] = set()
    for slide in list(root.iter(f"{P}sldId")) if root is not None else ():
        link = links.get(slide.get(f"{R}id", ""))
        if link is not None and link.target in met:
            remove(slide)
        elif link is not None:
            met.add(link.target)


class _Slide:
    """One slide, or the page of its notes."""

    def __init__(self, package: Package, tools: Tools, part: str) -> None:
        self.package = package
        self.tools = tools
        self.part = part

    def rewrite(self, root: etree._Element, seen: set[str]) -> None:
        resolve_alternates(root)
        self._show_shapes(root)
        self.mark(root)
        for shape in list(root.iter(*SHAPES)):
            if not any(True for _ in shape.iterancestors(f"{P}oleObj")):  # a preview of an embedded file
                self._write_out(shape)
        self._keep_footers(root, seen)
        self._keep_background(root, seen)

    def mark(self, root: etree._Element) -> None:
        """Struck text and the addresses of links, in every paragraph."""
        for paragraph in root.iter(f"{A}p"):
            _write_equations(paragraph)
            for run in list(paragraph.iter(f"{A}r", f"{A}fld")):
                self._mark_run(run)

    def _mark_run(self, run: etree._Element) -> None:
        properties, text = run.find(f"{A}rPr"), run.find(f"{A}t")
        if properties is None or text is None or not (text.text or "").strip():
            return
        if properties.get("strike") in STRIKES:
            before, after = _neighbour(run, -1), _neighbour(run, 1)
            text.text = _struck(text.text, opens=not _is_struck(before), closes=not _is_struck(after))
        link = properties.find(f"{A}hlinkClick")
        target = self.package.relationships(self.part).get(link.get(f"{R}id", "")) if link is not None else None
        if target is not None and target.is_external:
            text.text += address_behind(text.text, target.target)

    def _show_shapes(self, root: etree._Element) -> None:
        for properties in root.iter(f"{P}cNvPr"):
            if properties.attrib.pop("hidden", "0") not in FALSE:
                self.tools.noticed.add("hidden_shapes")

    def _write_out(self, shape: etree._Element) -> None:
        """Behind a shape, a text box at its place with what it says other than as text."""
        if shape.tag == f"{P}graphicFrame":
            drawing_texts.drop_shown_charts(shape, self.part, self.package)
        self._add_address(shape)
        texts = list(self._texts(shape))
        if texts:
            shape.addnext(_text_box(texts, _place(shape)))
        names = drawing_texts.picture_parts(shape, self.part, self.package)
        if shape.tag == f"{P}pic" and drawing_texts.are_metafiles(names):
            remove(shape)

    def _add_address(self, shape: etree._Element) -> None:
        """Of a link that is the whole shape's, behind its last words."""
        properties = next(shape.iter(f"{P}cNvPr"), None)
        link = properties.find(f"{A}hlinkClick") if properties is not None else None
        target = self.package.relationships(self.part).get(link.get(f"{R}id", "")) if link is not None else None
        texts = [text for text in shape.iter(f"{A}t") if (text.text or "").strip()]
        if texts and target is not None and target.is_external:
            texts[-1].text += address_behind("".join(text.text for text in texts), target.target)

    def _texts(self, shape: etree._Element) -> Iterator[str]:
        properties = next(shape.iter(f"{P}cNvPr"), None)
        if said := drawing_texts.description(properties):
            yield said
        if shape.tag == f"{P}grpSp":  # what is in it comes by itself
            return
        if shape.tag == f"{P}graphicFrame":
            yield from drawing_texts.diagram_texts(shape, self.part, self.package)
            yield from drawing_texts.newer_chart_texts(shape, self.part, self.package)
            yield from drawing_texts.axis_titles(shape, self.part, self.package)
            yield from self._embedded(shape)
        else:
            for name in drawing_texts.picture_parts(shape, self.part, self.package):
                yield from self.tools.picture(name, self.package)

    def _embedded(self, frame: etree._Element) -> Iterator[str]:
        for reference in frame.iter(f"{P}oleObj"):
            link = self.package.relationships(self.part).get(reference.get(f"{R}id", ""))
            if link is not None and not link.is_external:
                for piece in self.tools.embedded(link.target, self.package):
                    yield from _lines(piece)

    def _keep_background(self, root: etree._Element, seen: set[str]) -> None:
        """Each text of layout and master, which all their slides show, once."""
        tree = root.find(f"{P}cSld/{P}spTree")
        if tree is None or root.get("showMasterSp", "1") in FALSE:
            return
        for layout in self.package.related(self.part, "slideLayout"):
            for name in filter(self.package.is_new, (layout, *self.package.related(layout, "slideMaster"))):
                background = self.package.xml(name)
                shapes = background.iter(f"{P}sp") if background is not None else ()
                texts = [text for shape in shapes if _own_text(shape) for text in drawing_texts.shape_paragraphs(shape)]
                new = [text for text in dict.fromkeys(texts) if text not in seen]
                seen.update(new)
                if new:
                    tree.append(_text_box(new, None))

    @staticmethod
    def _keep_footers(root: etree._Element, seen: set[str]) -> None:
        """Each footer text once: as a text box, since Docling takes footers for page furniture."""
        for shape in list(root.iter(f"{P}sp")):
            kind = next((one.get("type") for one in shape.iter(f"{P}ph")), None)
            is_fixed_date = kind == "dt" and next(shape.iter(f"{A}fld"), None) is None
            if kind in ("ftr", "hdr") or is_fixed_date:
                texts = [text for text in drawing_texts.shape_paragraphs(shape) if text not in seen]
                seen.update(texts)
                if texts:
                    shape.addnext(_text_box(texts, _place(shape)))
                remove(shape)


def _write_equations(paragraph: etree._Element) -> None:
    """Within a text; a paragraph that is an equation is Docling's work."""
    if not any((node.text or "").strip() for node in paragraph.iter(f"{A}t")):
        return
    for holder in list(paragraph.iterchildren("{*}m")):
        run = etree.Element(f"{A}r")
        etree.SubElement(run, f"{A}t").text = " ".join(latex(equation) for equation in holder.iter(f"{M}oMath"))
        paragraph.replace(holder, run)


def _own_text(shape: etree._Element) -> bool:
    """Text that the layout shows itself; what stands in its placeholders are prompts."""
    return next(shape.iter(f"{P}ph"), None) is None


def _lines(piece: Piece) -> Iterable[str]:
    return [piece.text] if isinstance(piece, Paragraph) else [" | ".join(row) for row in piece]


def _is_struck(run: etree._Element | None) -> bool:
    properties = run.find(f"{A}rPr") if run is not None else None
    return properties is not None and properties.get("strike") in STRIKES


def _neighbour(run: etree._Element, step: int) -> etree._Element | None:
    neighbour = run.getnext() if step > 0 else run.getprevious()
    return neighbour if neighbour is not None and neighbour.tag in (f"{A}r", f"{A}fld") else None


def _struck(text: str, *, opens: bool, closes: bool) -> str:
    inner = text.strip()
    return text.replace(inner, f"{STRUCK * opens}{inner}{STRUCK * closes}", 1)


def _place(shape: etree._Element) -> etree._Element | None:
    return next(shape.iter(f"{A}xfrm", f"{P}xfrm"), None)


def _text_box(texts: Iterable[str], place: etree._Element | None) -> etree._Element:
    box = etree.Element(f"{P}sp")
    identity = etree.SubElement(box, f"{P}nvSpPr")
    etree.SubElement(identity, f"{P}cNvPr", {"id": "0", "name": "text"})
    etree.SubElement(identity, f"{P}cNvSpPr", {"txBox": "1"})
    etree.SubElement(identity, f"{P}nvPr")
    form = etree.SubElement(box, f"{P}spPr")
    if place is not None:
        frame = etree.SubElement(form, f"{A}xfrm")
        frame.extend(copy.deepcopy(child) for child in place if child.tag in (f"{A}off", f"{A}ext"))
    body = etree.SubElement(box, f"{P}txBody")
    etree.SubElement(body, f"{A}bodyPr")
    for text in texts:
        run = etree.SubElement(etree.SubElement(body, f"{A}p"), f"{A}r")
        etree.SubElement(run, f"{A}t").text = text
    return box
