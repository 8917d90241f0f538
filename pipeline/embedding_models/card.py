"""Which embedding model the settings name: what identifies it, where its files are, and its limits.

Reads small files only; nothing here loads a model (see `pipeline.embed`) or imports torch.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.embedding_models import bundled
from pipeline.embedding_models.runtime import Runtime, choose
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.settings.sections import EmbeddingSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BUNDLED = "bundled"
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # the order in which SentenceTransformer looks them up
_MODEL_FILES = (".json", ".txt", ".model", ".safetensors", ".bin", ".py")
_OTHER_RUNTIMES = ("onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot")
_WHOLE_FILE_BYTES = 32 * 2**20
_SAMPLES, _SAMPLE_BYTES = 16, 2**16


@dataclass(frozen=True)
class ModelCard:
    """What others need to know of a model before it is loaded."""

    folder: Path
    """What `SentenceTransformer(...)` can load."""
    dimension: int
    max_tokens: int
    """Hard limit of the input, special tokens and prompt included."""
    query_prompt: str
    document_prompt: str


def identity(settings: EmbeddingSettings) -> str:
    """One-line identity of the embedding model: only vectors of equal identities are comparable. Equal on every
    machine; nothing is loaded.

    A local folder is known by its content, a hub model by name and revision. What this machine runs it with is the
    matter of `vectors_identity`. Raises ConfigurationError (no such folder).
    """
    if settings.model_name == BUNDLED:
        model = bundled.IDENTITY
    elif (folder := _local_folder(settings)) is not None:
        model = f"folder@{_folder_digest(folder)}"
    else:
        model = f"{settings.model_name}@{settings.revision}"
    return f"{model} sentence-transformers=={version('sentence-transformers')}"


def vectors_identity(settings: EmbeddingSettings) -> str:
    """Everything that decides the vectors: the model, and in which library and precision this machine runs it.

    Where it runs and how many texts it takes at once change the last bits of a vector and are left out. Raises
    ConfigurationError.
    """
    return f"{identity(settings)} {runtime(settings).identity}"


def runtime(settings: EmbeddingSettings) -> Runtime:
    """How this machine runs the model; torch is not imported. Raises ConfigurationError (it cannot)."""
    return choose(settings, measured=settings.model_name == BUNDLED)


def prepare(settings: EmbeddingSettings, models_dir: Path) -> Path:
    """The folder that `SentenceTransformer(...)` can load, made or downloaded when it is not there yet.

    The bundled model is unpacked under `models_dir`; a hub model goes to the Hugging Face cache, where what is there
    is used without asking the hub. Raises ConfigurationError that says how to get a model that cannot be had.
    """
    if settings.model_name == BUNDLED:
        return bundled.unpack(models_dir.expanduser()).resolve()  # the same to all that keep what they load
    folder = _local_folder(settings) or _hub_folder(settings)
    if not _is_complete(folder):
        raise _error(f"the embedding model {_shown(settings)} has no config.json, tokenizer.json or weights")
    return folder


def describe(settings: EmbeddingSettings, models_dir: Path) -> ModelCard:
    """The model's files and limits, from its configuration; nothing is loaded. Raises ConfigurationError."""
    folder = prepare(settings, models_dir)
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    document_prompts = (prompts[name] for name in _DOCUMENT_PROMPTS if prompts.get(name))
    try:
        return ModelCard(
            folder=folder,
            dimension=_dimension(folder),
            max_tokens=_max_tokens(folder),
            query_prompt=prompts.get("query") or "",
            document_prompt=next(document_prompts, ""),
        )
    except (KeyError, ValueError):
        message = f"the configuration of the embedding model {_shown(settings)} names no dimension or no input limit"
        raise _error(message) from None


@functools.cache
def tokenizer(folder: Path) -> Tokenizer:
    """The model's own tokenizer, without truncation and padding; loaded once per process."""
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(_encoder(folder) / "tokenizer.json"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def _error(message: str) -> ConfigurationError:
    return ConfigurationError(message, ErrorCode.MODEL)


def _shown(settings: EmbeddingSettings) -> str:
    """The model's name as a message may show it: of a path, only the last part."""
    path = Path(settings.model_name).expanduser()
    return path.name if path.is_absolute() else settings.model_name


def _local_folder(settings: EmbeddingSettings) -> Path | None:
    """The folder that the setting names, None when it can only be a name on the hub."""
    path = Path(settings.model_name).expanduser()
    if path.is_dir():
        return path.resolve()
    if path.is_absolute() or settings.model_name.startswith(".") or settings.model_name.count("/") > 1:
        raise _error(f"NIC_EMBEDDING_MODEL names a folder that does not exist: {_shown(settings)}")
    return None


def _folder_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the model's files.

    Of files above 32 MiB (weights): the size and 16 evenly spread samples of 64 KiB. Training changes every weight,
    so a retrained model shows in any sample.
    """
    digest = hashlib.sha256()
    for path in _model_files(folder):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        for part in _parts(path, size):
            digest.update(part)
    return digest.hexdigest()[:16]


def _model_files(folder: Path) -> list[Path]:
    skipped = {pattern.removesuffix("/*") for pattern in _OTHER_RUNTIMES}
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _MODEL_FILES
        and not any(part.startswith(".") or part in skipped for part in path.relative_to(folder).parts)
    )


def _parts(path: Path, size: int) -> Iterator[bytes]:
    if size <= _WHOLE_FILE_BYTES:
        yield path.read_bytes()
        return
    with path.open("rb") as file:
        for index in range(_SAMPLES):
            file.seek(index * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
            yield file.read(_SAMPLE_BYTES)


def _hub_folder(settings: EmbeddingSettings) -> Path:
    """The model's snapshot in the Hugging Face cache, downloaded when it is not there or not whole."""
    from huggingface_hub import snapshot_download

    download = functools.partial(
        snapshot_download, settings.model_name, revision=settings.revision, ignore_patterns=list(_OTHER_RUNTIMES)
    )
    for local_files_only in (True, False):
        try:
            folder = Path(download(local_files_only=local_files_only))
        except (OSError, ValueError):  # the hub's errors derive from OSError, a malformed name is a ValueError
            continue
        if _is_complete(folder):
            return folder
    raise _error(
        f"the embedding model {_shown(settings)} is not in the Hugging Face cache and the hub cannot give it: run"
        f" `hf download {_shown(settings)} --revision {settings.revision}` where there is a network, copy the folder"
        " here and name it in NIC_EMBEDDING_MODEL, or leave NIC_EMBEDDING_MODEL unset for the bundled model"
    )


def _is_complete(folder: Path) -> bool:
    """Whether the files needed to load are there: an interrupted download leaves a snapshot without its weights."""
    encoder = _encoder(folder)
    weights = (*encoder.glob("*.safetensors"), *encoder.glob("pytorch_model*.bin"))
    return bool(weights) and (encoder / "config.json").is_file() and (encoder / "tokenizer.json").is_file()


def _encoder(folder: Path) -> Path:
    """Where the transformer's own files are: some models keep them in a folder of the first module."""
    modules = _read_json(folder / "modules.json")
    return folder / modules[0]["path"] if modules else folder


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _dimension(folder: Path) -> int:
    """Output size of the last module that states one; a plain transformer's hidden size otherwise."""
    for module in reversed(_read_json(folder / "modules.json") or []):
        if module["path"]:
            config = _read_json(folder / module["path"] / "config.json")
            for key in ("out_features", "word_embedding_dimension", "embedding_dimension"):
                if key in config:
                    return int(config[key])
    return int(_read_json(_encoder(folder) / "config.json")["hidden_size"])


def _max_tokens(folder: Path) -> int:
    """As SentenceTransformer decides it: its own setting, or what tokenizer and position table allow."""
    encoder = _encoder(folder)
    limits = [_read_json(encoder / "sentence_bert_config.json").get("max_seq_length")]
    if limits == [None]:
        limits = [
            _read_json(encoder / "tokenizer_config.json").get("model_max_length"),
            _read_json(encoder / "config.json").get("max_position_embeddings"),
        ]
    return min(int(limit) for limit in limits if limit)
