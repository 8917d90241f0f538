"""Lexical search: a text's terms and their BM25 weights, to stand beside its dense vector in the collection."""

from pipeline.sparse.analysis import LANGUAGES, places, question_terms, terms
from pipeline.sparse.weights import ChunkTerms, identity, sparse_vector, weigh_chunks

__all__ = [
    "LANGUAGES",
    "ChunkTerms",
    "identity",
    "places",
    "question_terms",
    "sparse_vector",
    "terms",
    "weigh_chunks",
]
