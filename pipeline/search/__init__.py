"""Asks the published collection. Importing this loads neither a model nor the Qdrant library."""

from pipeline.search.ask import Options, Questions, embedded, nearest, open_published, search, search_collection
from pipeline.search.hits import Hit
from pipeline.search.passages import Passage, snippet, whole
from pipeline.store.filters import Filters

__all__ = [
    "Filters",
    "Hit",
    "Options",
    "Passage",
    "Questions",
    "embedded",
    "nearest",
    "open_published",
    "search",
    "search_collection",
    "snippet",
    "whole",
]
