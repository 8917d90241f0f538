"""What embedding promises: unit float32 vectors, the same bits whatever the company, one model per process."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import embed, embedding_models
from pipeline.datadir import files
from pipeline.embed import exported, torch_model
from pipeline.embedding_models.runtime import has_gpu
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError
from pipeline.schema import Chunk, ChunkedDocument
from pipeline.settings.sections import EmbeddingSettings
from tests.support.small_model import DIMENSION, make_model

CPU = EmbeddingSettings(device="cpu", precision="int8")
TORCH = EmbeddingSettings(device="cpu", backend="torch", precision="fp32")
TEXTS = (
    "O estágio obrigatório tem duração mínima de 300 horas.",
    "A matrícula é renovada a cada semestre, nas datas do calendário acadêmico.",
    "Bibliotecas abrem aos sábados.",
    "Long sentences in English are embedded as well. " * 8,
)


def write_chunks(path: Path, *texts: str) -> Path:
    chunks = tuple(
        Chunk(index=index, text=text, headings=("Regulamento",), token_count=1) for index, text in enumerate(texts)
    )
    document = ChunkedDocument(chunks=chunks, language="pt-BR", section_count=0, total_tokens=len(texts))
    files.write_json(path, document)
    return path


def embedded(folder: Path, models_dir: Path, *texts: str, settings: EmbeddingSettings = CPU) -> embed.Vectors:
    folder.mkdir(exist_ok=True)
    target = folder / "embeddings.npy"
    for stale in (target, folder / "terms.json"):
        stale.unlink(missing_ok=True)
    chunks = write_chunks(folder / "chunks.json", *texts)
    embed.embed_document(chunks, folder / "terms.json", target, settings, models_dir)
    vectors: embed.Vectors = np.load(target, allow_pickle=False)
    assert len(vectors) == len(texts)
    return vectors


def test_a_document_becomes_one_unit_vector_per_chunk(tmp_path: Path, models_dir: Path) -> None:
    vectors = embedded(tmp_path, models_dir, *TEXTS)

    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype.str == "<f4"
    assert vectors.flags.c_contiguous
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)


def test_a_vector_is_the_same_to_the_bit_whatever_its_neighbours(tmp_path: Path, models_dir: Path) -> None:
    together = embedded(tmp_path, models_dir, *TEXTS)
    backwards = embedded(tmp_path, models_dir, *reversed(TEXTS))
    alone = np.concatenate([embedded(tmp_path, models_dir, text) for text in TEXTS])

    assert together.tobytes() == backwards[::-1].tobytes() == alone.tobytes()


def test_in_full_precision_a_vector_has_the_bits_that_encode_gives(tmp_path: Path, models_dir: Path) -> None:
    model = embed.load(TORCH, models_dir)
    texts = [f"Regulamento\n{text}" for text in TEXTS]

    vectors = embedded(tmp_path, models_dir, *TEXTS, settings=TORCH)

    expected = model.encode(texts, prompt="passage: ", batch_size=1, normalize_embeddings=True)
    assert vectors.tobytes() == expected.tobytes()


def test_documents_embedded_together_get_the_files_that_they_get_alone(tmp_path: Path, models_dir: Path) -> None:
    alone = [embedded(tmp_path / str(number), models_dir, *TEXTS[number:]) for number in range(3)]
    paths = [(tmp_path / f"{n}" / "chunks.json", tmp_path / f"{n}.json", tmp_path / f"{n}.npy") for n in range(3)]
    paths.append((write_chunks(tmp_path / "none.json"), tmp_path / "no-terms.json", tmp_path / "none.npy"))

    assert embed.embed_documents(paths, CPU, models_dir) == [None] * 4

    for vectors, (_, _, target) in zip(alone, paths, strict=False):
        assert np.load(target, allow_pickle=False).tobytes() == vectors.tobytes()
    assert np.load(tmp_path / "none.npy", allow_pickle=False).shape == (0, 384)


def test_one_document_s_failure_is_its_own(tmp_path: Path, models_dir: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    blocked = tmp_path / "file" / "target.npy"
    blocked.parent.write_text("a file where a folder must be")
    good = write_chunks(tmp_path / "chunks.json", *TEXTS)
    targets_ = [tmp_path / "broken.npy", blocked, tmp_path / "good.npy"]

    terms = [tmp_path / f"{number}.json" for number in range(3)]

    outcomes = embed.embed_documents(list(zip((broken, good, good), terms, targets_, strict=True)), CPU, models_dir)

    assert [type(outcome).__name__ for outcome in outcomes[:1]] == ["DamagedFileError"]
    assert isinstance(outcomes[1], OSError)
    assert outcomes[2] is None
    assert np.load(tmp_path / "good.npy", allow_pickle=False).shape == (4, 384)
    assert not (tmp_path / "broken.npy").exists()


def test_documents_and_questions_get_the_model_s_own_prompts(tmp_path: Path, models_dir: Path) -> None:
    model = embed.load(TORCH, models_dir)

    document = embedded(tmp_path, models_dir, "prazo", settings=TORCH)[0]
    (question,) = embed.embed_queries(["prazo"], TORCH, models_dir)

    assert np.allclose(document, model.encode("passage: Regulamento\nprazo"), atol=1e-6)
    assert np.allclose(question, model.encode("query: prazo"), atol=1e-6)


def test_questions_come_back_in_their_order(models_dir: Path) -> None:
    questions = ["Quantas horas dura o estágio?", "Quando a biblioteca abre?", "?"]

    vectors = embed.embed_queries(questions, CPU, models_dir)

    assert vectors.shape == (3, 384)
    assert embed.embed_queries([questions[1]], CPU, models_dir)[0].tobytes() == vectors[1].tobytes()
    assert embed.embed_queries([], CPU, models_dir).shape == (0, 384)


def test_a_question_is_nearest_to_the_chunk_that_answers_it(tmp_path: Path, models_dir: Path) -> None:
    vectors = embedded(tmp_path, models_dir, *TEXTS)
    questions = ["Quantas horas tem o estágio?", "Quando se renova a matrícula?", "Que dia a biblioteca funciona?"]

    nearest = (embed.embed_queries(questions, CPU, models_dir) @ vectors.T).argmax(axis=1)

    assert nearest.tolist() == [0, 1, 2]


def test_the_model_is_loaded_once_per_process(
    tmp_path: Path, models_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for cached in (embed.load, torch_model.load_once, exported.load, exported.load_once):
        cached.cache_clear()
    with caplog.at_level(logging.INFO, logger="pipeline.embed"):
        for text in TEXTS[:3]:
            embedded(tmp_path, models_dir, text)
            embed.embed_queries([text], CPU, models_dir)

    assert sum("embedding model loaded" in message for message in caplog.messages) == 1


def test_a_model_is_loaded_once_whatever_path_leads_to_it(tmp_path: Path, models_dir: Path) -> None:
    (tmp_path / "models").symlink_to(models_dir)

    assert embed.load(TORCH, tmp_path / "models") is embed.load(TORCH, models_dir)
    assert exported.load(CPU, tmp_path / "models") is exported.load(CPU, models_dir)


def test_the_model_loads_as_it_was_described(models_dir: Path) -> None:
    card, model = embedding_models.describe(TORCH, models_dir), embed.load(TORCH, models_dir)

    assert (model.max_seq_length, model.get_embedding_dimension()) == (card.max_tokens, card.dimension)
    assert model.prompts["query"] == card.query_prompt
    assert model.prompts["document"] == card.document_prompt


def test_any_model_in_a_folder_works_the_same_way(tmp_path: Path, models_dir: Path) -> None:
    folder = make_model(tmp_path / "model", embedding_models.prepare(CPU, models_dir))
    settings = TORCH.model_copy(update={"model_name": str(folder)})

    vectors = embedded(tmp_path, models_dir, *TEXTS, settings=settings)

    assert vectors.shape == (len(TEXTS), DIMENSION)
    assert np.allclose(vectors[0], embed.load(settings, models_dir).encode(f"Regulamento\n{TEXTS[0]}"), atol=1e-6)


def test_a_document_without_chunks_loads_no_model(tmp_path: Path, models_dir: Path) -> None:
    chunks, terms, target = write_chunks(tmp_path / "chunks.json"), tmp_path / "terms.json", tmp_path / "embeddings.npy"
    script = (
        "import sys, pathlib; from pipeline import embed; from pipeline.settings.sections import EmbeddingSettings;"
        "paths = [pathlib.Path(given) for given in sys.argv[1:]];"
        "embed.embed_document(*paths[:3], EmbeddingSettings(), paths[3]);"
        "sys.exit('torch' in sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", script, chunks, terms, target, models_dir], check=False)

    assert run.returncode == 0
    assert np.load(target, allow_pickle=False).shape == (0, 384)


@pytest.mark.slow
def test_another_process_gives_the_same_bits_and_prints_nothing_else(tmp_path: Path, models_dir: Path) -> None:
    expected = embedded(tmp_path, models_dir, *TEXTS)
    script = (
        "import sys, pathlib; from pipeline import embed; from pipeline.settings.sections import EmbeddingSettings;"
        "paths = [pathlib.Path(given) for given in sys.argv[1:]];"
        "embed.embed_document(*paths[:3], EmbeddingSettings(device='cpu', precision='int8'), paths[3])"
    )
    arguments = [tmp_path / "chunks.json", tmp_path / "terms.json", tmp_path / "other.npy", models_dir]

    run = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)

    (line,) = run.stderr.splitlines()
    assert (run.stdout, "embedding model loaded" in line) == ("", True)
    assert np.load(tmp_path / "other.npy", allow_pickle=False).tobytes() == expected.tobytes()


def test_a_model_whose_vectors_are_not_numbers_stores_nothing(tmp_path: Path, models_dir: Path) -> None:
    folder = make_model(tmp_path / "model", embedding_models.prepare(CPU, models_dir), weight=float("nan"))
    settings = EmbeddingSettings(model_name=str(folder), device="cpu")

    with pytest.raises(PermanentError, match="check the model") as caught:
        embedded(tmp_path, models_dir, "texto", settings=settings)

    assert caught.value.code == ErrorCode.MODEL
    assert not (tmp_path / "embeddings.npy").exists()


def test_damaged_weights_are_an_error_of_configuration(tmp_path: Path, models_dir: Path) -> None:
    folder = make_model(tmp_path / "model", embedding_models.prepare(CPU, models_dir))
    (folder / "model.safetensors").write_bytes(b"not weights")
    settings = EmbeddingSettings(model_name=str(folder), device="cpu")

    with pytest.raises(ConfigurationError, match="cannot be loaded") as caught:
        embedded(tmp_path, models_dir, "texto", settings=settings)

    assert str(tmp_path) not in str(caught.value)


def test_asking_for_a_gpu_that_is_not_there_says_so(models_dir: Path) -> None:
    if has_gpu():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigurationError, match=r"set \[embedding\] device to auto or cpu"):
        embed.embed_queries(["texto"], EmbeddingSettings(device="cuda"), models_dir)
