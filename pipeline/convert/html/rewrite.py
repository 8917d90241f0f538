"""What an HTML page shows, in elements that Docling keeps; what its author hid is left out.

Elements are only marked on the way and stripped at the end, all at once, which merges the texts around them and takes
linear time. Docling 2.143 drops `footer`, `noscript`, `iframe srcdoc`, `aria-hidden`, an `alt` beside a caption, in
table cells and in image maps, and text directly in `dl`; it breaks words at `wbr` and comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

MOST_ATTRIBUTES = 500  # libxml2 takes quadratic time to remove more, and nobody writes them
MOST_WRAPPERS = 20
LEVELS = {"ul", "ol", "dl", "li", "blockquote", "q", "sub", "sup", "details", "fieldset", "table", "svg", "template"}
DROP, UNWRAP = "x-drop", "x-unwrap"
CAPTIONED = "x-captioned"
NEVER_SHOWN = {"script", "datalist", "metadata", "rp", "annotation", "annotation-xml"}
HIDING_STYLE = re.compile(r"display:none|visibility:(?:hidden|collapse)|(?<![\w-])opacity:0(?![.\d])")
NOTE = re.compile(r"\b(?:foot|end|rear)notes?\b")
BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|table|flex|grid|list-item)", re.I)
INLINE = (  # without a meaning that Docling would keep
    *("span", "font", "bdi", "bdo", "nobr", "small", "big", "mark", "cite", "abbr", "dfn", "data", "time", "wbr"),
    *("ruby", "rb", "rtc", "acronym", "blink", "tt", "rt", "slot", "output"),
)
RENAMED = {
    **dict.fromkeys(("footer", "noscript", "noframes", "frameset", "iframe", "stamp", "signature"), "div"),
    **dict.fromkeys(("xmp", "listing", "plaintext"), "pre"),
}
JOINED_BY = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_", "mover": "^"}
MATH_TOKENS = ("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mstyle", "semantics", "msqrt", "mroot", "mfenced")
KEPT_ATTRIBUTES = {
    *("href", "src", "alt", "colspan", "rowspan", "start", "type", "value", "scope", "lang", "title", "charset"),
    *("shadowrootmode", "content", "name", "reversed"),
}


def leave_out_hidden(page: etree._Element) -> None:
    """What is never shown, and what `hidden` or an inline style hides. Style sheets hide what a click may show."""
    for element in page.iter("*"):
        if element.tag in ("html", "body", "head"):
            continue  # hidden until a script runs: nothing here would show it
        if element.tag in NEVER_SHOWN or (_is_hidden(element) and not _is_note(element)):
            element.tag = DROP
    etree.strip_elements(page, DROP, with_tail=False)


def leave_out_shapes(page: etree._Element) -> None:
    """Of drawings, what holds no text: Docling looks at all that is below each of its elements, and finds nothing."""
    bare: set[etree._Element] = set()
    for drawing in page.xpath("//svg[not(ancestor::svg)]"):
        for element in reversed([*drawing.iterdescendants("*")]):
            texts = (element.text, *(child.tail for child in element))
            if element.tag != "image" and bare.issuperset(element) and not any(text and text.strip() for text in texts):
                bare.add(element)
    for element in bare:
        element.tag = DROP
    etree.strip_elements(page, DROP, with_tail=False)


def unwrap_wrappers(page: etree._Element) -> None:
    """Of very many elements of one kind that hold nothing but the next, most say nothing, and Docling takes quadratic
    time in their number."""
    needless = []
    for element in page.iter("*"):
        if _only_child(element.getparent()) is element:
            continue
        chain = [element]
        while (inner := _only_child(chain[-1])) is not None:
            chain.append(inner)
        needless += chain[MOST_WRAPPERS:]
    for element in needless:
        element.tag = UNWRAP


def _only_child(element: etree._Element | None) -> etree._Element | None:
    """What the element wraps: one of its own kind and nothing else, where it means nothing that there are two."""
    if element is None:
        return None
    inner = next(iter(element), None)  # to count children takes as long as to read them
    if inner is None or inner.getnext() is not None or inner.tag != element.tag:
        return None
    is_bare = not (element.text or "").strip() and not (inner.tail or "").strip()
    return inner if is_bare and element.tag not in LEVELS else None


def keep_what_is_shown(page: etree._Element) -> None:
    """Every other element that Docling would drop, as one that it keeps."""
    for caption in page.iter("figcaption"):
        caption.getparent().set(CAPTIONED, "yes")
    for element in list(page.iter("*")):
        if change := CHANGES.get(element.tag):
            change(element)
        element.tag = UNWRAP if ":" in element.tag else RENAMED.get(element.tag, element.tag)  # Word's own elements
        if element.tag in INLINE and BLOCK_STYLE.search(element.get("style", "")):
            element.tag = "div"


def strip_marked(page: etree._Element) -> None:
    """Everything that was marked goes; so do attributes that make Docling see forms and hidden parts in a page."""
    etree.strip_elements(page, DROP, "style", with_tail=False)
    etree.strip_tags(page, UNWRAP, *INLINE, *MATH_TOKENS, *JOINED_BY)
    for element in page.iter("*"):
        kept = {name: value for name, value in element.items() if _is_kept(element.tag, name)}
        if len(kept) < len(element.attrib) <= MOST_ATTRIBUTES:
            element.attrib.clear()
            element.attrib.update(kept)


def _is_kept(tag: str, attribute: str) -> bool:
    if attribute in ("class", "style"):
        return (tag, attribute) in (("pre", "class"), ("code", "class"), ("ol", "style"))
    return attribute in KEPT_ATTRIBUTES


def insert_text(element: etree._Element, text: str) -> None:
    """In the place of an element without content, which is unwrapped later."""
    element.tag, element.text = UNWRAP, text


def _is_hidden(element: etree._Element) -> bool:
    if element.get("hidden") is not None:
        return True
    if element.tag == "template":
        return element.get("shadowrootmode") not in ("open", "closed")
    style = element.get("style")
    return bool(style and HIDING_STYLE.search(re.sub(r"\s+", "", style.lower())))


def _is_note(element: etree._Element) -> bool:
    """Books hide their notes until a reader asks for them."""
    return bool(NOTE.search(f"{element.get('epub:type', '')} {element.get('role', '')}"))


def _inline_frame(frame: etree._Element) -> None:
    """The page that a frame holds in its own attribute; one that is elsewhere is not fetched."""
    source = frame.attrib.pop("srcdoc", "")
    inner = etree.HTML(source, etree.HTMLParser(no_network=True, remove_comments=True)) if source.strip() else None
    body = inner.find("body") if inner is not None else None
    if body is None:
        return
    leave_out_hidden(body)
    etree.strip_elements(body, "iframe", with_tail=False)
    keep_what_is_shown(body)
    frame.text = body.text
    frame.extend(list(body))


def _image(image: etree._Element) -> None:
    """Docling makes the `alt` a caption, but not in a cell, nor beside another caption."""
    alt = image.get("alt", "").strip()
    if not alt:
        return
    if next(image.iterancestors("td", "th"), None) is not None:
        insert_text(image, f" {alt} ")
    elif next((figure for figure in image.iterancestors("figure") if figure.get(CAPTIONED)), None) is not None:
        image.tail = f" {alt} {image.tail or ''}"


def _area(area: etree._Element) -> None:
    insert_text(area, f" {area.get('alt', '')} ")


def _reading(annotation: etree._Element) -> None:
    annotation.text = f"({annotation.text or ''})"


def _definitions(definitions: etree._Element) -> None:
    """Text between the terms is what a browser shows like any other line."""
    for child in list(definitions):
        if child.tail and child.tail.strip():
            line = etree.Element("dd")
            line.text, child.tail = child.tail, None
            child.addnext(line)
        if child.tag not in ("dt", "dd", "div", DROP):
            child.tag = "dd"
    if definitions.text and definitions.text.strip():
        line = etree.Element("dd")
        line.text, definitions.text = definitions.text, None
        definitions.insert(0, line)


def _title(title: etree._Element) -> None:
    if next(title.iterancestors("svg"), None) is not None:  # Docling would take it for the page's own
        insert_text(title, f" {title.text or ''} ")


def _operator(element: etree._Element) -> None:
    if len(element) > 1:
        element[0].tail = JOINED_BY[element.tag]


CHANGES: dict[str, Callable[[etree._Element], None]] = {
    "iframe": _inline_frame,
    "img": _image,
    "area": _area,
    "rt": _reading,
    "dl": _definitions,
    "title": _title,
    **dict.fromkeys(JOINED_BY, _operator),
}
