"""What the API's description shows of its answers."""

from __future__ import annotations

from typing import Any

_COMMIT = "62c5cc20aceb85803c11008f852a02c838d64078"
_DOCUMENT = "1f222dc2-5b10-5cf8-92ff-91f4b394f2c7"
_PATH = "30-Aprovados/Políticas/Política de férias.docx"
_TEXT = "As férias são pedidas com antecedência mínima de 30 dias."
_RUN = "20261126T094901.833Z-93e876"

SEARCH: dict[str, Any] = {
    "commit": _COMMIT,
    "hits": [
        {
            "path": _PATH,
            "score": 1.847494,
            "text": _TEXT,
            "title": "Política de férias",
            "headings": ["Férias", "Pedido"],
            "page_numbers": [2],
            "document_id": _DOCUMENT,
            "chunk_index": 4,
            "document_type": "policy",
            "language": "pt-BR",
            "highlights": [[3, 9]],
        }
    ],
}
DETAIL: dict[str, Any] = {
    "document": {
        "document_id": _DOCUMENT,
        "path": _PATH,
        "title": "Política de férias",
        "document_type": "policy",
        "status": "approved",
        "language": "pt-BR",
        "modified_date": "2024-03-04T12:00:00Z",
        "extension": "docx",
        "size_bytes": 38112,
        "chunks": 12,
        "text_coverage": 1.0,
        "content_version": "0c2f3b1f9d52",
    },
    "outline": [{"title": "Férias", "level": 0, "passage": 0, "page": 1}],
    "has_page_pictures": False,
}
PASSAGES: dict[str, Any] = {
    "total": 12,
    "passages": [
        {"index": 4, "text": _TEXT, "kind": "text", "headings": ["Férias", "Pedido"], "page_numbers": [2]},
    ],
}
QUARANTINE: dict[str, Any] = {
    "documents": [
        {
            "path": "30-Aprovados/Relatórios/relatorio.pdf",
            "blob_sha": "9f2c64a61df0b5c7a1f1e6c4f2b0a8d3c5e7f901",
            "stage": "convert",
            "code": "corrupt",
            "message": "The PDF cannot be opened: export it again from its origin.",
            "remedy": "export it again from its origin",
            "release": "nic retry 30-Aprovados/Relatórios/relatorio.pdf",
            "since": "2026-11-26T09:49:42Z",
            "run_id": _RUN,
        }
    ]
}
RUNS: dict[str, Any] = {
    "runs": [
        {
            "run_id": _RUN,
            "started": "2026-11-26T09:49:01Z",
            "outcome": "finished",
            "seconds": 64.1,
            "total": 15,
            "new": 14,
            "points": 72,
            "quarantined": 1,
            "failures": {"corrupt": 1},
            "stages": {"fetch": {"documents": 15, "failed": 0, "elapsed_s": 0.04, "work_s": 0.13}},
        }
    ]
}
