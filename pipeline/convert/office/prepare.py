"""An Office file made ready for Docling: its limits checked, its parts rewritten into what Docling reads completely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from docling_core.types.doc import DoclingDocument
from lxml import etree

from pipeline.convert import properties, safe_xml
from pipeline.convert.office.archive import inspect_office
from pipeline.convert.office.embedded import embedded_pieces
from pipeline.convert.office.package import Package
from pipeline.convert.office.slides import rewrite_slides
from pipeline.convert.office.stand_ins import stand_in
from pipeline.convert.office.tools import Tools
from pipeline.convert.office.word import rewrite_word
from pipeline.convert.office.workbook import Workbook, add_beside
from pipeline.convert.prepared import Prepared
from pipeline.settings.sections import ConversionSettings

IRREGULAR: Final = (ValueError, TypeError, LookupError, AttributeError, StopIteration)
IRREGULAR_WARNING: Final = "The file's XML is irregular: notes, headers, drawings and shown values may be missing."
"""Text where numbers belong, parts without what they must have: Docling alone may still read such a file."""

PROPERTIES: Final = {
    properties.CORE_PROPERTIES: (
        b'<p:coreProperties xmlns:p="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
    ),
    "docProps/custom.xml": (
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>'
    ),
}
"""The parts in which a file tells of itself, and each when it tells nothing."""

Finish = Callable[[DoclingDocument], None]


def prepare_office(data: bytes, settings: ConversionSettings, kind: str) -> Prepared:
    """Raises PermanentError: corrupt, encrypted, too_large or too_long."""
    inspect_office(data, settings)
    found = properties.from_office(data)
    package, tools = Package.open(data), Tools.of(settings, embedded_pieces)
    _leave_out_damaged_properties(package)
    try:
        add_rest = REWRITE[kind](package, tools)
    except IRREGULAR:
        return Prepared(data, properties.Found(found.properties, (*found.warnings, IRREGULAR_WARNING)))

    def finish(document: DoclingDocument) -> list[str]:
        if add_rest is not None:
            add_rest(document)
        return [*tools.warnings(), *([IRREGULAR_WARNING] if package.is_irregular else [])]

    changed = package.save() if kind == "xlsx" else package.save(stand_in)  # a sheet's pictures have their own size
    return Prepared(changed, found, finish, attached=tools.attached)


def _leave_out_damaged_properties(package: Package) -> None:
    """A control character in a title is no reason to refuse the text: the readers of the file would."""
    for name, empty in PROPERTIES.items():
        try:
            safe_xml.parse(package.read(name) or empty)
        except etree.XMLSyntaxError:
            package.trees[name] = safe_xml.parse(empty)


def _word(package: Package, tools: Tools) -> Finish | None:
    rewrite_word(package, tools)
    return None


def _workbook(package: Package, tools: Tools) -> Finish | None:
    workbook = Workbook(package, tools)
    beside = workbook.rewrite()
    return lambda document: add_beside(document, workbook, beside)


def _slides(package: Package, tools: Tools) -> Finish | None:
    rewrite_slides(package, tools)
    return None


REWRITE: dict[str, Callable[[Package, Tools], Finish | None]] = {"docx": _word, "pptx": _slides, "xlsx": _workbook}
