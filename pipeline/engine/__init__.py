"""Where heavy work runs: in this process, in warm local processes, or on a Dask cluster."""

from pipeline.engine.engine import Engine, inline_engine, open_engine
from pipeline.engine.jobs import Job, Outcome, Place

__all__ = ["Engine", "Job", "Outcome", "Place", "inline_engine", "open_engine"]
