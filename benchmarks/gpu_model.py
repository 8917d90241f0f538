"""Makes what the GPU benchmark needs without a model hub: a model of bge-m3's size and documents of its tokens.

Weights are random, so vectors mean nothing; sizes, lengths and the cost of tokenising are those of the real thing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.datadir import files
from pipeline.schema import Chunk, ChunkedDocument

_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
_SYLLABLES = [first + vowel + last for first in "bcdfglmnprstvxz" for vowel in "aeiou" for last in ("", "s", "r", "m")]


@dataclass(frozen=True)
class Size:
    """How large the model and the pool of documents are."""

    layers: int = 24
    hidden: int = 1024
    heads: int = 16
    vocabulary: int = 250_002
    positions: int = 8194
    documents: int = 400
    tokens: int = 375

    def tera_flop(self, lengths: list[int]) -> float:
        """Multiplications and additions of the transformer's matrices for texts of these lengths, in 10^12."""
        linear = 24 * self.hidden**2 * sum(lengths)
        attention = 4 * self.hidden * sum(length**2 for length in lengths)
        return self.layers * (linear + attention) / 1e12


def write_model(folder: Path, size: Size, device: str) -> None:
    """A SentenceTransformer folder: XLM-RoBERTa, first token as the sentence's vector, Unigram tokenizer."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(1)
    with torch.device(device):
        model = XLMRobertaModel(
            XLMRobertaConfig(
                vocab_size=size.vocabulary,
                hidden_size=size.hidden,
                num_hidden_layers=size.layers,
                num_attention_heads=size.heads,
                intermediate_size=4 * size.hidden,
                max_position_embeddings=size.positions,
                type_vocab_size=1,
                initializer_range=1.6 / size.hidden**0.5,  # wide enough for attention to tell texts apart
                pad_token_id=1,
                layer_norm_eps=1e-5,
            )
        )
    model.save_pretrained(folder)
    for name, content in _files(size).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _files(size: Size) -> dict[str, object]:
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    names = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>"}
    return {
        "tokenizer.json": _tokenizer(size),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": size.positions - 2,
            **{f"{kind}_token": name for kind, name in names.items()},
        },
        "sentence_bert_config.json": {"max_seq_length": size.positions - 2, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": size.hidden, "pooling_mode_cls_token": True},
        "modules.json": [
            {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for place, (path, kind) in enumerate(kinds.items())
        ],
    }


def _tokenizer(size: Size) -> object:
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    start, end = ({"SpecialToken": {"id": piece, "type_id": 0}} for piece in ("<s>", "</s>"))
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    words = [f"\u2581{word}" for word in _words(min(size.vocabulary // 2, 100_000))]
    pieces = [[piece, 0.0] for piece in _SPECIALS] + [[word, -9.0] for word in words]
    pieces += [[piece, -11.0] for piece in ("\u2581", *_SYLLABLES)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": place, "content": piece, **flags} for place, piece in enumerate(_SPECIALS)],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": metaspace,
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, {"Sequence": {"id": "A", "type_id": 0}}, end],
            "pair": [start, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, end],
            "special_tokens": {piece: {"id": piece, "ids": [place], "tokens": [piece]} for piece, place in _ENDS},
        },
    }


_ENDS = (("<s>", 0), ("</s>", 2))


def _words(count: int) -> list[str]:
    """Different words of two to four syllables."""
    chosen = random.Random(2)  # noqa: S311 - repeatable, not secret
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chosen.choices(_SYLLABLES, k=chosen.choice((2, 3, 3, 4))))] = None
    return list(found)


def write_chunks(folder: Path, size: Size) -> list[Path]:
    """One chunks file per document, 5 to 21 chunks each, of very different lengths around `size.tokens`."""
    chosen = random.Random(3)  # noqa: S311
    words = _words(min(size.vocabulary // 2, 100_000))
    written = []
    for number in range(size.documents):
        chunks = tuple(_chunks(chosen, words, size.tokens))
        document = ChunkedDocument(chunks=chunks, language="pt-BR", section_count=0, total_tokens=0)
        written.append(folder / f"chunks-{number:04d}.json")
        files.write_json(written[-1], document)
    return written


def _chunks(chosen: random.Random, words: list[str], tokens: int) -> Iterator[Chunk]:
    for index in range(chosen.randint(5, 21)):
        count = max(8, min(round(chosen.gauss(tokens, tokens / 4)), round(tokens * 1.35)))
        text = " ".join(chosen.choices(words, k=count))
        yield Chunk(index=index, text=text, headings=("Regulamento",), token_count=count)
