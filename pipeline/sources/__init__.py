"""Where approved documents come from: one small protocol, one class per kind of source."""

from pipeline.sources.source import Source, open_source

__all__ = ["Source", "open_source"]
