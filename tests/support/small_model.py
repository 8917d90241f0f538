"""Makes small SentenceTransformer folders with random weights, for tests that need more than the bundled model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

DIMENSION = 32


def make_model(folder: Path, bundled: Path, max_tokens: int = 1024, weight: float | None = None) -> Path:
    """A one-layer BERT without prompts and with the bundled model's tokenizer; `weight` fills it with one number."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    vocabulary = json.loads((bundled / "config.json").read_text())["vocab_size"]
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=max_tokens,
    )
    model = BertModel(config)
    if weight is not None:
        for parameter in model.parameters():
            torch.nn.init.constant_(parameter, weight)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "modules.json", "1_Pooling/config.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(bundled / name, folder / name)
    _write(folder / "1_Pooling/config.json", {"word_embedding_dimension": DIMENSION, "pooling_mode_mean_tokens": True})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    return folder


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
