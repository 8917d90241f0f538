"""The Luigi tasks: when and where. How is in the stage modules, which know nothing of Luigi.

RunAll -> Snapshot, Shard … -> (Fetch -> Convert -> Chunk -> Embed -> Store per document), Finalize.
Documents are yielded shard by shard, so that the scheduler never holds many pending tasks; Luigi batches the ready
documents of a stage into one run(), which maps them over the engine.
"""

from pipeline.tasks.base import stoppable_command
from pipeline.tasks.documents import (
    ChunkDocument,
    ConvertDocument,
    DocumentTask,
    EmbedDocument,
    FetchDocument,
    StoreDocument,
    encode,
)
from pipeline.tasks.main_job import Finalize, RunAll, RunDocuments
from pipeline.tasks.shard import Shard, Snapshot

__all__ = [
    "ChunkDocument",
    "ConvertDocument",
    "DocumentTask",
    "EmbedDocument",
    "FetchDocument",
    "Finalize",
    "RunAll",
    "RunDocuments",
    "Shard",
    "Snapshot",
    "StoreDocument",
    "encode",
    "stoppable_command",
]
