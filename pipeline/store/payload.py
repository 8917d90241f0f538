"""Builds the NIC Schema payload of every chunk of a document from what the document, its place and the source say.

What nobody says stays absent. Nothing is stored here (that is `pipeline.store.collection`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Chunk, ChunkedDocument, Conversion, Document, Snapshot, point_id
from pipeline.settings.sections import EmbeddingSettings, Settings
from pipeline.store.nic_schema import Payload

# Whole words, without accents and case, that name a document's type in Portuguese or English.
_TYPE_WORDS = {
    "policy": "politica politicas policy policies regimento regimentos regulamento regulamentos estatuto estatutos "
    "resolucao resolucoes norma normas",
    "procedure": "procedimento procedimentos pop pops procedure procedures instrucao instrucoes",
    "guideline": "guia guias diretriz diretrizes guideline guidelines guide guides",
    "manual": "manual manuais manuals",
    "report": "relatorio relatorios report reports ata atas summary",
    "presentation": "apresentacao apresentacoes presentation presentations",
    "form": "formulario formularios form forms",
}
_TYPE_OF_WORD = {word: name for name, words in _TYPE_WORDS.items() for word in words.split()}
_TYPE_OF_EXTENSION = dict.fromkeys(
    ("pptx", "pptm", "potx", "potm", "ppsx", "ppsm", "ppt", "pot", "pps", "odp", "otp", "fodp"), "presentation"
)


def payloads(  # noqa: PLR0913 - a payload draws on all of them
    snapshot: Snapshot,
    document: Document,
    conversion: Conversion,
    chunked: ChunkedDocument,
    *,
    content_version: str,
    file_hash: str,
    collection: str,
    vector_dimension: int,
    settings: Settings,
) -> list[Payload]:
    """One payload for each chunk, in order. `file_hash` is the SHA-256 of the file, 64 hex digits.

    The document's own properties win over what the source knows. Raises PermanentError (REJECTED) when they break
    NIC Schema, for example by an expiration before the effective date.
    """
    facts: dict[str, Any] = {
        **_identity(snapshot, document, chunked),
        **_own_properties(document, conversion),
        **_origin(snapshot, document, settings),
        "file_hash": file_hash,
        "language": chunked.language,
        "page_count": conversion.page_count,
        "section_count": chunked.section_count,
        "total_tokens": chunked.total_tokens,
        "organization": settings.pipeline.organization,
        "processing_timestamp": datetime.now(UTC),
        "processing_pipeline_version": settings.pipeline.processing_pipeline_version,
        "ocr_applied": conversion.ocr_applied,
        "ocr_confidence": conversion.ocr_confidence,
        "quality_score": conversion.quality_score,
        "text_coverage": conversion.text_coverage,
        "qdrant_collection": collection,
        "total_chunks": len(chunked.chunks),
        "vector_dimension": vector_dimension,
        "embedding_model": _model_name(settings.embedding),
        "content_version": content_version,
    }
    facts["title"] = conversion.properties.title or chunked.title or facts["title"]
    try:
        return [Payload(**facts, **_chunk(document.document_id, chunk)) for chunk in chunked.chunks]
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, problem['loc']))} {problem['msg']}" for problem in error.errors())
        raise PermanentError(f"the document's facts break NIC Schema: {problems}", ErrorCode.REJECTED) from None


def warnings_of(conversion: Conversion) -> list[str]:
    """What the report should say about a stored document, besides that it is stored."""
    unapproved = [] if conversion.properties.approver else ["approved, but the document names no approver"]
    return [*conversion.warnings, *unapproved]


def document_type(path: PurePosixPath, extension: str) -> str:
    """The type that the file's name gives, else its nearest folder, else its format. `path` is below the target folder.

    Of several words the first counts: in Portuguese the head of a title comes first.

    >>> document_type(PurePosixPath("Políticas/Manual de procedimentos.pdf"), "pdf")
    'manual'
    """
    for name in (path.stem, *(folder.name for folder in path.parents)):
        found = next((_TYPE_OF_WORD[word] for word in _words(name) if word in _TYPE_OF_WORD), None)
        if found:
            return found
    return _TYPE_OF_EXTENSION.get(extension, "other")


def _words(name: str) -> Iterator[str]:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return (match.group() for match in re.finditer(r"[a-z]+", letters))


def _identity(snapshot: Snapshot, document: Document, chunked: ChunkedDocument) -> dict[str, Any]:
    path = PurePosixPath(document.path)
    below = path.relative_to(snapshot.folder)
    # composed, as people type it in a filter; the path itself stays as the source spells it
    folders = [unicodedata.normalize("NFC", folder) for folder in below.parts[:-1]]
    return {
        "document_id": document.document_id,
        "title": unicodedata.normalize("NFC", path.stem.replace("_", " ").strip() or path.name),
        "file_path": document.path,
        "file_name": path.name,
        "file_extension": document.extension,
        "file_size_bytes": document.size_bytes,
        "document_type": document_type(below, document.extension),
        "category": folders[0] if folders else None,
        "subcategory": folders[1] if len(folders) > 1 else None,
    }


def _own_properties(document: Document, conversion: Conversion) -> dict[str, Any]:
    own = conversion.properties
    return {
        **own.model_dump(exclude={"title", "language"}),
        "author": own.author or document.author,
        "created_date": own.created_date or document.created_date,
        "modified_date": own.modified_date or document.modified_date,
    }


def _origin(snapshot: Snapshot, document: Document, settings: Settings) -> dict[str, Any]:
    return {
        "gitlab_project": settings.gitlab.project if snapshot.source == "gitlab" else None,
        "gitlab_branch": snapshot.branch,
        "gitlab_commit": document.commit,
        "gitlab_url": document.url,
        "gitlab_file_path": document.path,
    }


def _chunk(document_id: str, chunk: Chunk) -> dict[str, Any]:
    return {
        "chunk_id": point_id(document_id, chunk.index),
        "chunk_index": chunk.index,
        "content": chunk.text,
        "token_count": chunk.token_count,
        "chunk_type": chunk.chunk_type,
        "section_title": chunk.headings[-1] if chunk.headings else None,
        "section_path": chunk.headings,
        "page_numbers": chunk.page_numbers,
        "bounding_boxes": chunk.bounding_boxes,
    }


def _model_name(settings: EmbeddingSettings) -> str:
    """As the settings name it; of a folder on this machine only the last part."""
    folder = Path(settings.model_name).expanduser()
    return folder.name if folder.is_dir() else settings.model_name
