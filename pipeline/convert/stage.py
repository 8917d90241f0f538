"""A source file becomes a DoclingDocument and a Conversion. Importing this package loads no Docling."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import ModuleType

from pipeline.convert.docling_import import without_torch
from pipeline.datadir.files import FilePath
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings


def convert_document(  # noqa: PLR0913, PLR0917 - plain data, as it goes to a process
    source: FilePath,
    extension: str,
    document_target: FilePath,
    conversion_target: FilePath,
    settings: ConversionSettings,
    pages: Sequence[FilePath] = (),
) -> Conversion:
    """Convert one file; runs in a worker process, which keeps Docling's models for the next call.

    Writes `conversion_target` (schema.Conversion) first and `document_target` (DoclingDocument, loadable with
    `DoclingDocument.load_from_json`) last, so the latter's existence means that both are there. Both are written
    atomically, and the document's bytes depend on nothing but content, extension, settings and library versions:
    not on `pages`, files of `read_pages` for this document, which only spare the time of reading those pages.

    Raises PermanentError (corrupt, encrypted, unsupported, too_long) and ConfigurationError; lets MemoryError and
    OSError through.
    """
    targets = document_target, conversion_target
    result: Conversion = conversion_module().convert(source, extension, targets, settings, pages)
    return result


def load(extension: str, settings: ConversionSettings) -> None:
    """Load what converting files like this needs: libraries and models, which this process keeps."""
    conversion_module().load(extension, settings)


def page_ranges(source: FilePath, extension: str, settings: ConversionSettings) -> list[tuple[int, int]]:
    """Page ranges (from 1, both ends included) worth reading ahead in parallel; none for nearly every document."""
    from pipeline.convert.reading_ahead import ranges

    return ranges(source, extension, settings)


def read_pages(  # noqa: PLR0913, PLR0917 - plain data, as it goes to a process
    source: FilePath, extension: str, first: int, last: int, target: FilePath, settings: ConversionSettings
) -> None:
    """Read pages by OCR and write what was read, atomically, to `target`, for `convert_document` to use.

    A page that fails is left out: the conversion tries it again. Raises what `convert_document` raises.
    """
    conversion_module().read_pages(source, extension, (first, last), target, settings)


@functools.cache
def conversion_module() -> ModuleType:
    """The module that does the work, imported with Docling and without torch."""
    with without_torch():
        from pipeline.convert import conversion
    return conversion
