"""The weights of BM25: against the formula as it is published, through the files of the stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.datadir import files
from pipeline.schema import Chunk, ChunkedDocument
from pipeline.sparse import ChunkTerms, sparse_vector, terms, weigh_chunks


def weighed(folder: Path, *texts: str) -> tuple[dict[str, float], ...]:
    chunks = tuple(Chunk(index=index, text=text, token_count=1) for index, text in enumerate(texts))
    document = ChunkedDocument(chunks=chunks, language="pt-BR", section_count=0, total_tokens=len(texts))
    files.write_json(folder / "chunks.json", document)
    weigh_chunks(folder / "chunks.json", folder / "terms.json")
    return files.read_model(folder / "terms.json", ChunkTerms).chunks


def test_a_weight_is_what_the_published_formula_gives(tmp_path: Path) -> None:
    text = "prazo prazo licitação " + " ".join(f"palavra{number}" for number in range(27))
    (weights,) = weighed(tmp_path, text)
    k1, b, length, average = 1.2, 0.75, 30, 60
    (prazo,) = terms("prazo", "pt")
    assert weights[prazo] == pytest.approx(2 * (k1 + 1) / (2 + k1 * (1 - b + b * length / average)), abs=1e-4)


def test_another_occurrence_adds_less_and_a_longer_chunk_weighs_less(tmp_path: Path) -> None:
    once, twice, thrice, longer = weighed(
        tmp_path, "prazo", "prazo prazo", "prazo prazo prazo", "prazo " + "norma " * 90
    )
    (term,) = terms("prazo", "pt")
    assert twice[term] - once[term] > thrice[term] - twice[term] > 0
    assert longer[term] < once[term]


def test_a_chunk_s_weights_depend_on_nothing_but_the_chunk(tmp_path: Path) -> None:
    assert weighed(tmp_path, "férias de trinta dias")[0] == weighed(tmp_path, "outro texto", "férias de trinta dias")[1]


def test_headings_are_found_too(tmp_path: Path) -> None:
    chunk = Chunk(index=0, text="trinta dias", headings=("Férias",), token_count=1)
    document = ChunkedDocument(chunks=(chunk,), language="pt", section_count=1, total_tokens=1)
    files.write_json(tmp_path / "chunks.json", document)
    weigh_chunks(tmp_path / "chunks.json", tmp_path / "terms.json")
    (weights,) = files.read_model(tmp_path / "terms.json", ChunkTerms).chunks
    assert set(terms("Férias", "pt")) < set(weights)


def test_a_sparse_vector_is_sorted_and_the_same_in_every_process() -> None:
    indices, values = sparse_vector({"prazo": 2.0, "fer": 1.0})
    assert indices == sorted(indices)
    assert dict(zip(indices, values, strict=True)) == {362471794: 1.0, 3205378919: 2.0}
