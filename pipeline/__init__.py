"""NIC ETL's Luigi tasks, where `luigi --module pipeline` finds them."""

from pipeline.progress import configure_logging
from pipeline.scheduling import install
from pipeline.tasks import (
    ChunkDocument,
    ConvertDocument,
    EmbedDocument,
    FetchDocument,
    Finalize,
    RunAll,
    RunDocuments,
    Shard,
    Snapshot,
    StoreDocument,
)

__all__ = [
    "ChunkDocument",
    "ConvertDocument",
    "EmbedDocument",
    "FetchDocument",
    "Finalize",
    "RunAll",
    "RunDocuments",
    "Shard",
    "Snapshot",
    "StoreDocument",
]

configure_logging()
install()
