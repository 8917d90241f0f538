"""The chunks that answer each question best, by meaning and by words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.run.fingerprints import Fingerprints
from pipeline.schema import Method, Record
from pipeline.search.hits import FIELDS, Hit, make_hit, rank
from pipeline.search.neighbours import with_neighbours
from pipeline.search.relevance import NEAREST
from pipeline.search.rerank import rerank
from pipeline.settings.sections import Settings
from pipeline.sparse import LANGUAGES, marked_terms, places, question_terms
from pipeline.store.filters import EVERYTHING, Filters

if TYPE_CHECKING:
    from pipeline.store.points import Terms, Vectors
    from pipeline.store.reader import Reader

_CHUNKS_PER_DOCUMENT = 10  # asked for at first, where one of each document is wanted


class Options(Record):
    """What a search does besides finding the best chunks."""

    filters: Filters = EVERYTHING
    by_document: bool = Field(False, description="of each document only its best chunk")
    neighbours: int = Field(0, ge=0, le=20, description="chunks on either side of a hit that its context takes in")
    is_reranked: bool = Field(True, description="as far as [search] reranker names a model")


_PLAIN = Options()


@dataclass(frozen=True)
class Questions:
    """What is asked, each with its vector: a row of float32, of the model's dimension and length 1."""

    texts: list[str]
    vectors: Vectors


def embedded(texts: list[str], settings: Settings) -> Questions:
    """Questions for `search_collection` and `similarities`. Raises what `pipeline.embed` raises."""
    from pipeline.embed import embed_queries

    return Questions(texts, embed_queries(texts, settings.embedding, DataDir.at(settings.pipeline.data_dir).models))


def search(
    queries: list[str], top_k: int, settings: Settings, method: Method = Method.HYBRID, options: Options = _PLAIN
) -> list[list[Hit]]:
    """For each query at most `top_k` hits, best first.

    Raises TransientError (INCOMPLETE) when nothing is published yet, ConfigurationError when a query is empty, what is
    published was made with another embedding model or the reranker cannot be loaded, and what
    `pipeline.store.reader.open_published` and `pipeline.embed` raise.
    """
    if not all(query.strip() for query in queries):
        raise ConfigurationError("the text to search for is empty")
    store = open_published(settings)
    return search_collection(store, embedded(queries, settings), top_k, settings, method, options)


def search_collection(  # noqa: PLR0913, PLR0917 - a question has as many parts
    store: Reader,
    questions: Questions,
    top_k: int,
    settings: Settings,
    method: Method = Method.HYBRID,
    options: Options = _PLAIN,
) -> list[list[Hit]]:
    """`search` in a collection that need not be published. Raises what `search` raises of reranker and store."""
    if not questions.texts:
        return []
    terms = [question_terms(text, LANGUAGES) for text in questions.texts]
    weights = [dict.fromkeys(found, 1.0) for found in terms]

    def ask(limit: int) -> list[list[Hit]]:
        return _ask(store, questions.vectors, weights, limit, method, filters=options.filters)

    reranks = bool(options.is_reranked and settings.search.reranker)
    candidates = max(top_k, settings.search.rerank_candidates) if reranks else top_k
    answers = _best_of_documents(ask, candidates) if options.by_document else ask(candidates)
    if reranks:
        answers = [rerank(text, hits, settings) for text, hits in zip(questions.texts, answers, strict=True)]
    return [
        _with_highlights(store, hits[:top_k], text, options.neighbours)
        for text, hits in zip(questions.texts, answers, strict=True)
    ]


def similarities(store: Reader, question: Questions, options: Options = _PLAIN) -> list[float]:
    """Cosines of the chunks that are nearest to one question among those that the filters admit, for `is_relevant`."""
    (found,) = store.query(question.vectors, [{}], NEAREST, [], Method.DENSE, filters=options.filters)
    return [score for score, _ in found]


def nearest(vectors: Vectors, top_k: int, settings: Settings) -> list[list[Hit]]:
    """For each vector (float32, of the collection's dimension) at most `top_k` hits, best first.

    Raises what `search` raises of the collection.
    """
    return _ask(open_published(settings), vectors, [{}] * len(vectors), top_k, Method.DENSE)


def open_published(settings: Settings) -> Reader:
    """What readers of the alias see now, if questions can be put to it. Raises what `search` raises of it."""
    from pipeline.store import reader

    found = reader.open_published(settings)
    if found is None:
        raise TransientError(
            f"nothing is published as {settings.qdrant.collection_name!r} yet: run `nic run` first",
            ErrorCode.INCOMPLETE,
        )
    # another way of chunking is no reason not to ask
    if found.collection != Fingerprints(settings).collection and found.made_with() != reader.made_with(settings):
        raise ConfigurationError(
            "the published collection was made with another embedding model or analysis of words: run `nic run`, or "
            "set NIC_EMBEDDING_MODEL back"
        )
    return found


def _ask(  # noqa: PLR0913 - a question has as many parts
    store: Reader,
    vectors: Vectors,
    terms: Sequence[Terms],
    limit: int,
    method: Method,
    *,
    filters: Filters = EVERYTHING,
) -> list[list[Hit]]:
    return [
        sorted((make_hit(score, payload) for score, payload in found), key=rank)
        for found in store.query(vectors, terms, limit, FIELDS, method, filters=filters)
    ]


def _best_of_documents(ask: Callable[[int], list[list[Hit]]], count: int) -> list[list[Hit]]:
    """The best chunk of each of `count` documents, or of all that there are.

    Grouped here and not by Qdrant: its groups are formed of the fused candidates just the same, but each question
    would be a request of its own, and a long document could fill all candidates. Here the next request asks for more.
    """
    limit = count * _CHUNKS_PER_DOCUMENT
    while True:
        answers = ask(limit)
        firsts = [list({hit.document_id: hit for hit in reversed(hits)}.values()) for hits in answers]
        if all(len(best) >= count or len(hits) < limit for best, hits in zip(firsts, answers, strict=True)):
            return [sorted(best, key=rank)[:count] for best in firsts]
        limit *= 4


def _with_highlights(store: Reader, hits: list[Hit], question: str, neighbours: int) -> list[Hit]:
    terms = marked_terms(question, LANGUAGES)
    marked = [hit.model_copy(update={"highlights": tuple(places(hit.text, hit.language, terms))}) for hit in hits]
    return with_neighbours(store, marked, neighbours) if neighbours else marked
