"""Lexical search: a text's terms and their BM25 weights, to stand beside its dense vector in the collection."""

from pipeline.sparse.analysis import LANGUAGES, marked_terms, places, question_terms, terms, words
from pipeline.sparse.weights import ChunkTerms, identity, sparse_vector, weigh_chunks

__all__ = [
    "LANGUAGES",
    "ChunkTerms",
    "identity",
    "marked_terms",
    "places",
    "question_terms",
    "sparse_vector",
    "terms",
    "weigh_chunks",
    "words",
]
