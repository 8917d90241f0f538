"""Form fields of an HTML page as the text that they show: values, chosen options, and boxes as `[x]` or `[ ]`."""

from __future__ import annotations

from lxml import etree

from pipeline.convert.html.rewrite import DROP, UNWRAP, insert_text
from pipeline.convert.html_elements import CHECKED, UNCHECKED

SECRET = ("hidden", "password")
WITHOUT_TEXT = ("color", "range", "file")


def spell_out_forms(page: etree._Element) -> None:
    """In place. Docling 2.143 repeats the labels of some boxes, and loses the choice of a list and its groups."""
    for element in list(page.iter("input", "textarea", "select", "progress", "meter")):
        if element.tag == "input":
            _input(element)
        elif element.tag == "select":
            _select(element)
        elif element.tag == "textarea":
            insert_text(element, f" {element.text or element.get('placeholder', '')} ")


def _input(field: etree._Element) -> None:
    kind = field.get("type", "text").lower()
    if kind in SECRET:
        field.tag = DROP
    elif kind in ("checkbox", "radio"):
        insert_text(field, f" {_state(field, 'checked')} ")
    elif kind == "image":
        insert_text(field, f" {field.get('alt', '')} ")
    else:
        shown = "" if kind in WITHOUT_TEXT else field.get("value") or field.get("placeholder", "")
        insert_text(field, f" {shown} ")


def _select(choice: etree._Element) -> None:
    """All options, as they are on the list; which one is chosen where the page says it."""
    choice.tag = UNWRAP
    is_chosen = any(option.get("selected") is not None for option in choice.iter("option"))
    for group in choice.iter("optgroup"):
        group.tag, group.text = UNWRAP, f" {group.get('label', '')}: "
    for option in choice.iter("option"):
        mark = f"{_state(option, 'selected')} " if is_chosen else ""
        insert_text(option, f" {mark}{(option.text or option.get('label', '')).strip()} ")


def _state(element: etree._Element, attribute: str) -> str:
    return CHECKED if element.get(attribute) is not None else UNCHECKED
