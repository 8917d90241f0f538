"""What decides how well questions are answered: size of chunks, what is embedded with them, which side, which fusion.

Every variant indexes the chunks of a judged corpus (benchmarks.dev_corpus) in Qdrant and asks all its questions, in one
run; each figure stands beside that of the product's own way.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qdrant_client import QdrantClient
from qdrant_client import models as qdrant

from benchmarks import dev_corpus
from benchmarks.figures import Figure
from pipeline import embed, embedding_models
from pipeline.chunk import chunk_document
from pipeline.datadir import files
from pipeline.evaluation.measures import measure, summarise
from pipeline.evaluation.questions import Question, read_questions
from pipeline.schema import Chunk, ChunkedDocument, Method
from pipeline.search import Hit
from pipeline.settings.sections import ChunkingSettings, EmbeddingSettings
from pipeline.sparse import ChunkTerms, question_terms, weigh_chunks
from pipeline.sparse.analysis import LANGUAGES
from pipeline.store import local_search
from pipeline.store.points import SPARSE_VECTOR, VECTOR, Terms, Vectors, sparse
from pipeline.store.queries import request

_LIMITS = (128, 256, 512)
_TOP_K = 50
_FIELDS = ["path", "text"]
Way = Callable[[Vectors, Terms], qdrant.QueryRequest]
Text = Callable[[Chunk, str], str]


@dataclass(frozen=True)
class Passage:
    """A chunk, with its document's path, title and language, and its terms."""

    path: str
    title: str
    chunk: Chunk
    terms: dict[str, float]


OWN_TEXT = "headings and text"
TEXTS: dict[str, Text] = {
    OWN_TEXT: lambda chunk, _: chunk.embedded_text,
    "text alone": lambda chunk, _: chunk.text,
    "title, headings and text": lambda chunk, title: f"{title}\n{chunk.embedded_text}",
}


def by(method: Method) -> Way:
    return lambda vector, terms: request(method, vector, terms, _TOP_K, _FIELDS)


def by_ranks(k: int, *weights: float) -> Way:
    """Reciprocal ranks in the place of scores; weights of the dense and the sparse side."""
    fusion = qdrant.RrfQuery(rrf=qdrant.Rrf(k=k, weights=list(weights)))
    return lambda *question: by(Method.HYBRID)(*question).model_copy(update={"query": fusion})


WAYS: dict[str, Way] = {
    **{f"{method}": by(method) for method in Method},
    "reciprocal ranks, k 60": by_ranks(60, 1, 1),
    "reciprocal ranks, k 2": by_ranks(2, 1, 1),
    "reciprocal ranks, k 60, sparse three times": by_ranks(60, 1, 3),
}


def run() -> list[Figure]:
    if not (dev_corpus.CORPUS / "qrels.json").is_file():
        return [Figure(what="retrieval", value=0, unit="", note="no corpus: name one in NIC_BENCH_CORPUS")]
    local_search.install()
    dev_corpus.chunk_files(dev_corpus.CORPUS, dev_corpus.CACHE)
    questions = read_questions(dev_corpus.CORPUS / "qrels.json")
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for limit in _LIMITS:
            settings = limited(Path(folder), limit)
            passages = chunked(Path(folder) / str(limit), settings)
            for name, text in TEXTS.items():
                is_own = text is TEXTS[OWN_TEXT]
                if limit != _LIMITS[0] and not is_own:
                    continue
                client = indexed(passages, settings, text)
                for way, make in WAYS.items() if is_own else [(Method.HYBRID, WAYS[Method.HYBRID])]:
                    answers = ask(client, questions, settings, make)
                    found += judged(f"{limit} tokens, {name}, {way}", questions, answers)
    return found


def judged(what: str, questions: Sequence[Question], answers: Sequence[Sequence[Hit]]) -> list[Figure]:
    """hit@1, hit@5 and answer@5 in the document's language, hit@5 across languages."""
    rows = [
        (question.cross_lingual, measure(question, hits)) for question, hits in zip(questions, answers, strict=True)
    ]
    own = summarise([values for crosses, values in rows if not crosses]).measures
    crossed = summarise([values for crosses, values in rows if crosses]).measures
    note = f"hit@5 {own['hit_at_5']}, answer@5 {own['answer_at_5']}"
    note += f", hit@5 in another language {crossed['hit_at_5']}" if crossed else ""
    return [Figure(what=what, value=100 * own["hit_at_1"].mean, unit=f"% hit@1 of {len(rows)}", note=note)]


def limited(folder: Path, limit: int) -> EmbeddingSettings:
    """The bundled model, taking so many tokens of a text."""
    bundled = embedding_models.prepare(EmbeddingSettings(), dev_corpus.CACHE / "models").resolve()
    copy = folder / f"model-{limit}"
    shutil.copytree(bundled, copy, copy_function=os.symlink)
    (copy / "sentence_bert_config.json").unlink()
    (copy / "sentence_bert_config.json").write_text(f'{{"max_seq_length": {limit}}}')
    return EmbeddingSettings(model_name=str(copy), device="cpu")


def chunked(folder: Path, settings: EmbeddingSettings) -> list[Passage]:
    """The corpus's chunks under the default settings, as far as the model's limit allows them."""
    passages: list[Passage] = []
    for path, cached in dev_corpus.chunk_files(dev_corpus.CORPUS, dev_corpus.CACHE).items():
        target = folder / cached.name
        inputs = cached.with_suffix(".document"), cached.with_suffix(".conversion")
        chunk_document(*inputs, target, ChunkingSettings(), settings, dev_corpus.CACHE / "models")
        weigh_chunks(target, target.with_suffix(".terms"))
        document = files.read_model(target, ChunkedDocument)
        weights = files.read_model(target.with_suffix(".terms"), ChunkTerms).chunks
        title = document.title or Path(path).stem
        passages += [Passage(path, title, *pair) for pair in zip(document.chunks, weights, strict=True)]
    return passages


def indexed(passages: list[Passage], settings: EmbeddingSettings, text: Text) -> QdrantClient:
    """A collection in memory, as the product's."""
    card = embedding_models.describe(settings, dev_corpus.CACHE / "models")
    texts = [text(passage.chunk, passage.title) for passage in passages]
    vectors = embed.encode(texts, card.document_prompt, settings, dev_corpus.CACHE / "models")
    client = QdrantClient(":memory:")
    client.create_collection(
        "c",
        vectors_config={VECTOR: qdrant.VectorParams(size=card.dimension, distance=qdrant.Distance.COSINE)},
        sparse_vectors_config={SPARSE_VECTOR: qdrant.SparseVectorParams(modifier=qdrant.Modifier.IDF)},
    )
    points = [
        qdrant.PointStruct(
            id=number,
            vector={VECTOR: np.asarray(vector).tolist(), SPARSE_VECTOR: sparse(passage.terms)},
            payload={"path": passage.path, "text": passage.chunk.text},
        )
        for number, (passage, vector) in enumerate(zip(passages, vectors, strict=True))
    ]
    client.upsert("c", points)
    return client


def ask(client: QdrantClient, questions: Sequence[Question], settings: EmbeddingSettings, way: Way) -> list[list[Hit]]:
    texts = [question.question for question in questions]
    vectors = embed.embed_queries(texts, settings, dev_corpus.CACHE / "models")
    terms = [dict.fromkeys(question_terms(text, LANGUAGES), 1.0) for text in texts]
    answers = client.query_batch_points("c", [way(*question) for question in zip(vectors, terms, strict=True)])
    return [[_hit(point) for point in answer.points] for answer in answers]


def _hit(point: qdrant.ScoredPoint) -> Hit:
    found = point.payload or {}
    return Hit(
        path=found["path"],
        score=point.score,
        text=found["text"],
        title="",
        headings=(),
        page_numbers=(),
        document_id="",
        chunk_index=0,
    )
