"""Where heavy work runs: in this process, in warm local processes, or on a Dask cluster."""

from pipeline.engine.engine import Engine, inline_engine, open_engine
from pipeline.engine.jobs import Job, JobOutcome, Place

__all__ = ["Engine", "Job", "JobOutcome", "Place", "inline_engine", "open_engine"]
