"""BM25's share of a document: how much each term counts in each chunk. How rare a term is, Qdrant adds (IDF modifier).

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). The average length is a constant
here: a document's weights then depend on nothing but the document.
"""

from __future__ import annotations

import functools
import zlib
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version

from pydantic import NonNegativeFloat

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.schema import ChunkedDocument, Record
from pipeline.sparse import analysis

_SATURATION = 1.2  # k1: how soon another occurrence adds little
_LENGTH = 0.75  # b: how much a long chunk's terms are discounted
_AVERAGE_TERMS = 60  # of a chunk of 128 tokens; half or twice as many changes no figure of docs/retrieval.md by a point
_DECIMALS = 4


class ChunkTerms(Record):
    """Content of terms-<fingerprint>.json: for each chunk its terms and their weights."""

    chunks: tuple[dict[str, NonNegativeFloat], ...]


@functools.cache  # asked for every stage of every document, and a library's version is read from its files
def identity() -> str:
    """Everything but the chunks that decides the weights."""
    return f"bm25.{analysis.VERSION} PyStemmer=={version('PyStemmer')}"


def weigh_chunks(chunks: FilePath, target: FilePath) -> None:
    """Write the term weights of a ChunkedDocument JSON atomically to `target`, as ChunkTerms."""
    document = files.read_model(chunks, ChunkedDocument)
    weighed = (_weigh(analysis.terms(chunk.embedded_text, document.language)) for chunk in document.chunks)
    files.write_json(target, ChunkTerms(chunks=tuple(weighed)))


def _weigh(terms: list[str]) -> dict[str, float]:
    norm = _SATURATION * (1 - _LENGTH + _LENGTH * len(terms) / _AVERAGE_TERMS)
    return {
        term: round(count * (_SATURATION + 1) / (count + norm), _DECIMALS)
        for term, count in sorted(Counter(terms).items())
    }


def sparse_vector(weights: Mapping[str, float]) -> tuple[list[int], list[float]]:
    """Indices, ascending, and values. A term's index is its CRC-32: of 100,000 terms about one pair shares one, whose
    weights are added up."""
    vector: dict[int, float] = {}
    for term, weight in weights.items():
        index = zlib.crc32(term.encode())
        vector[index] = vector.get(index, 0.0) + weight
    return sorted(vector), [vector[index] for index in sorted(vector)]
