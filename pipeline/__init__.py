"""NIC ETL's Luigi tasks, where `luigi --module pipeline` finds them."""

# ruff: noqa: E402 - Luigi reads luigi.cfg while it is imported
from pipeline.settings.luigi_file import refuse_malformed

refuse_malformed()

from pipeline.engine.spawning import is_engine_process
from pipeline.monitoring.logs import configure_logging
from pipeline.settings import environment

if not is_engine_process():  # which work for a run and know no tasks
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
environment.apply()  # Luigi's own settings and the libraries' variables are read soon; what is wrong is told then
if not is_engine_process():
    install()
