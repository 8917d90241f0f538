"""What the fields of a form in an OpenDocument text say."""

from __future__ import annotations

from pipeline.convert.opendocument.names import NAMESPACES, name
from pipeline.convert.opendocument.package import Element


def controls(root: Element) -> dict[str, str]:
    """What the form fields say, by the id that places them."""
    found = {}
    for form in root.iter(name("office:forms")):
        for control in form.iter():
            if identifier := control.get(name("xml:id")) or control.get(name("form:id")):
                found[identifier] = _control_text(control)
    return found


def _control_text(control: Element) -> str:
    label = control.get(name("form:label"), "")
    kind = control.tag.rpartition("}")[2]
    if kind in ("checkbox", "radio"):
        is_on = control.get(name("form:current-state")) == "checked" or control.get(name("form:current-selected"))
        return f" [{'x' if is_on and is_on != 'false' else ' '}] {label} "
    chosen = [
        option.get(name("form:label"), "")
        for option in control.iterfind("form:option", NAMESPACES)
        if option.get(name("form:current-selected")) == "true"
    ]
    value = control.get(name("form:current-value")) or control.get(name("form:value")) or ", ".join(chosen)
    return f" {value} " if value else f" {label} " if kind == "fixed-text" else ""


def mark_text(mark: Element) -> str:
    """What a field shows that came from a Word form and has no text of its own."""
    values: dict[str, list[str]] = {}
    for parameter in mark.iterfind("field:param", NAMESPACES):
        values.setdefault(parameter.get(name("field:name"), ""), []).append(parameter.get(name("field:value"), ""))
    kind = mark.get(name("field:type"), "")
    if kind.endswith("FORMCHECKBOX"):
        return "[x] " if values.get("Checkbox_Checked") == ["true"] else "[ ] "
    entries, chosen = values.get("Dropdown_ListEntry", []), values.get("Dropdown_Selected", [""])[0]
    return entries[int(chosen)] if chosen.isdigit() and int(chosen) < len(entries) else ""
