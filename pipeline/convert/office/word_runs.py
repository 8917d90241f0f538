"""The runs of a Word paragraph: one text as Word shows it, whatever its formatting.

Docling 2.143 strips the text of runs that are formatted differently and joins them with blanks ("preg ão"), leaves out
symbols and boxes to tick, and forgets which text is struck and where links lead.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from pipeline.convert.marks import STRUCK, address_behind
from pipeline.convert.office.equations import latex
from pipeline.convert.office.names import W14, M, R, W, is_on, remove, unwrap
from pipeline.convert.office.package import Relationship
from pipeline.convert.office.symbols import OPEN, TICKED, is_symbol_font, symbol, symbols
from pipeline.convert.office.word_fields import Fields
from pipeline.convert.office.word_styles import STRIKES, Styles
from pipeline.convert.office.word_text import new_text, text_run

FORMATS: Final = tuple(f"{W}{name}" for name in ("b", "i", "u", "strike", "vertAlign", "rStyle"))
RUN_PROPERTIES: Final = f"{W}rPr"
VALUE: Final = f"{W}val"
KEPT_PROPERTIES: Final = (f"{W}rFonts", f"{W}lang")  # the font tells Docling what is code


def tick_controls(root: etree._Element) -> None:
    """Content controls to tick become the text of their state."""
    for box in list(root.iter(f"{W14}checkbox")):
        content = next(box.iterancestors(f"{W}sdt")).find(f"{W}sdtContent")
        runs = list(content.iter(f"{W}r")) if content is not None else []
        if runs:
            is_ticked = is_on(box.find(f"{W14}checked"), f"{W14}val")
            for run in runs[1:]:
                remove(run)
            _replace_content(runs[0], TICKED if is_ticked else OPEN)


def _replace_content(run: etree._Element, text: str) -> None:
    for child in [child for child in run if child.tag != f"{W}rPr"]:
        run.remove(child)
    run.append(new_text(text))


class Runs:
    """Makes the runs of one story (body, header, note) plain, paragraph by paragraph, in its order."""

    def __init__(self, styles: Styles, links: dict[str, Relationship]) -> None:
        self.styles = styles
        self.links = links
        self.fields = Fields()
        self.hidden = 0
        """Passages that Word hides."""

    def make_plain(self, paragraph: etree._Element) -> None:
        """In place, and in the document's order: what Docling would lose or misread becomes plain runs."""
        for equation in [child for child in paragraph if child.tag == f"{M}oMath"]:
            _inline_equation(equation, paragraph)
        for ruby in list(paragraph.iter(f"{W}ruby")):
            _flatten_ruby(ruby)
        for link in list(paragraph.iterchildren(f"{W}hyperlink")):
            self._flatten_link(link)
        runs = list(paragraph.iterchildren(f"{W}r"))
        for run in runs:
            _write_out(run)
            self.fields.read(run)
        runs = [run for run in paragraph.iterchildren(f"{W}r") if _shown(run)]
        self._count_hidden(runs)
        self._mark_struck(runs)
        _drop_formatting(runs)

    def _flatten_link(self, link: etree._Element) -> None:
        target = self.links.get(link.get(f"{R}id", ""))
        text = "".join(node.text or "" for node in link.iter(f"{W}t"))
        anchor = f"#{link.get(f'{W}anchor')}" if link.get(f"{W}anchor") else ""
        address = f"{target.target}{anchor}" if target is not None and target.is_external else ""
        if behind := address_behind(text, address):
            link.append(text_run(behind))
        unwrap(link)

    def _count_hidden(self, runs: list[etree._Element]) -> None:
        hidden = [self.styles.is_hidden(run) for run in runs if _texts(run)]
        self.hidden += sum(now and not before for before, now in zip([False, *hidden], hidden, strict=False))

    def _mark_struck(self, runs: list[etree._Element]) -> None:
        """Around each stretch of struck text, which may be in many runs."""
        stretch: list[etree._Element] = []
        for run in runs:
            texts = _texts(run)
            if texts and self.styles.is_struck(run):
                stretch += texts
                unstrike(run)
            elif texts:
                _mark(stretch)
                stretch = []
        _mark(stretch)


def _texts(run: etree._Element) -> list[etree._Element]:
    return [node for node in run.iterchildren(f"{W}t") if (node.text or "").strip()]


def _shown(run: etree._Element) -> bool:
    return any(child.tag in (f"{W}t", f"{W}tab", f"{W}noBreakHyphen") for child in run)


def _mark(texts: list[etree._Element]) -> None:
    if not texts:
        return
    first, last = texts[0].text or "", texts[-1].text or ""
    if len(texts) == 1:
        last = first = first.rstrip() + STRUCK + first[len(first.rstrip()) :]
    else:
        texts[-1].text = last.rstrip() + STRUCK + last[len(last.rstrip()) :]
    texts[0].text = first[: len(first) - len(first.lstrip())] + STRUCK + first.lstrip()


def unstrike(run: etree._Element) -> None:
    """The marks say it now, and are not to be put twice."""
    properties = run.find(f"{W}rPr")
    if properties is None:
        properties = etree.Element(f"{W}rPr")
        run.insert(0, properties)
    for name in STRIKES:
        for child in properties.findall(name):
            properties.remove(child)
    etree.SubElement(properties, STRIKES[0], {f"{W}val": "0"})


def _drop_formatting(runs: list[etree._Element]) -> None:
    """Where it changes within the paragraph. A paragraph in one format is one text for Docling, too."""
    if len({_format(run) for run in runs if _texts(run)}) <= 1:
        return
    for run in runs:
        properties = run.find(f"{W}rPr")
        for child in list(properties) if properties is not None else ():
            if child.tag not in KEPT_PROPERTIES:
                properties.remove(child)


def _format(run: etree._Element) -> tuple[str | None, ...]:
    properties = run.find(RUN_PROPERTIES)
    found = {child.tag: child.get(VALUE, "1") for child in properties} if properties is not None else {}
    return tuple(found.get(name) for name in FORMATS)


def _write_out(run: etree._Element) -> None:
    """Symbols, boxes to tick and page breaks of a run as text."""
    fonts = run.find(f"{W}rPr/{W}rFonts")
    font = fonts.get(f"{W}ascii", "") if fonts is not None else ""
    for child in list(run):
        if child.tag == f"{W}sym":
            code = int(child.get(f"{W}char", "20"), 16)
            run.replace(child, new_text(symbol(child.get(f"{W}font", ""), code)))
        elif child.tag == f"{W}br":
            child.attrib.pop(f"{W}type", None)  # python-docx joins the words around the break of a page
        elif child.tag == f"{W}t" and is_symbol_font(font):
            child.text = symbols(font, child.text or "")
        elif child.tag == f"{W}fldChar" and (state := _form_field(child)):
            child.addnext(new_text(state))


def _form_field(begin: etree._Element) -> str:
    """What the form fields of Word 97 show: the box's state, the list's chosen entry."""
    box = begin.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        state = box.find(f"{W}checked")
        return TICKED if is_on(state if state is not None else box.find(f"{W}default")) else OPEN
    choices = begin.find(f"{W}ffData/{W}ddList")
    if choices is None:
        return ""
    entries = [entry.get(f"{W}val", "") for entry in choices.iterchildren(f"{W}listEntry")]
    result = choices.find(f"{W}result")
    default = result if result is not None else choices.find(f"{W}default")
    index = int(default.get(f"{W}val", "0")) if default is not None else 0
    return entries[index] if 0 <= index < len(entries) else ""


def _flatten_ruby(ruby: etree._Element) -> None:
    """The base text, and the reading above it in parentheses."""
    run = ruby.getparent()
    base, above = (
        "".join(node.text or "" for part in ruby.findall(f"{W}{name}") for node in part.iter(f"{W}t"))
        for name in ("rubyBase", "rt")
    )
    run.replace(ruby, new_text(f"{base} ({above})" if above else base))


def _inline_equation(equation: etree._Element, paragraph: etree._Element) -> None:
    """Within a text, `$x^{2}$` as in table cells; Docling would make pieces of the paragraph. Alone, it is its work."""
    if not any((node.text or "").strip() for node in paragraph.iter(f"{W}t")):
        return
    equation.addprevious(text_run(latex(equation)))
    remove(equation)
