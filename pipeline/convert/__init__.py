"""A source file becomes a DoclingDocument and a Conversion. Importing this package loads no Docling."""

from __future__ import annotations

from pipeline.config import ConversionSettings
from pipeline.files import FilePath
from pipeline.schema import Conversion


def convert_document(
    source: FilePath,
    extension: str,
    document_target: FilePath,
    conversion_target: FilePath,
    settings: ConversionSettings,
) -> Conversion:
    """Convert one file; runs in a worker process, which keeps Docling's models for the next call.

    Writes `conversion_target` (schema.Conversion) first and `document_target` (DoclingDocument, loadable with
    `DoclingDocument.load_from_json`) last, so the latter's existence means that both are there. Both are written
    atomically, and the document's bytes depend on nothing but content, extension, settings and library versions.

    Raises PermanentError (corrupt, encrypted, unsupported, too_long) and ConfigurationError; lets MemoryError and
    OSError through.
    """
    from pipeline.convert.conversion import convert

    return convert(source, extension, document_target, conversion_target, settings)
