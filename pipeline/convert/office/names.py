"""XML names of Office files: namespaces in lxml's form, to be put before a local name."""

from __future__ import annotations

from typing import Final

from lxml import etree

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
S: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
WP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
XDR: Final = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
DGM: Final = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
V: Final = "{urn:schemas-microsoft-com:vml}"
O: Final = "{urn:schemas-microsoft-com:office:office}"  # noqa: E741 - the prefix that Office uses
XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"

FALSE: Final = frozenset({"0", "false", "off"})


def is_on(element: etree._Element | None, attribute: str = f"{W}val") -> bool:
    """Whether a switch such as `<w:strike/>` is there and not turned off."""
    return element is not None and element.get(attribute, "1").lower() not in FALSE


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def unwrap(element: etree._Element, content: etree._Element | None = None) -> None:
    """Put the children of `content` (the element itself if not given) in the element's place."""
    for child in list(element if content is None else content):
        element.addprevious(child)
    remove(element)


def remove(element: etree._Element) -> None:
    """Take the element out of its tree, if it is in one; XML of Office has no text between elements."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
