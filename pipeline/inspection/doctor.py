"""Is everything there that a run needs? One line for each thing, with the remedy for what is missing.

It asks and changes nothing, except that the bundled model is unpacked, as the first run would do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

from pipeline import embedding_models
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.datadir.paths import DataDir
from pipeline.engine import resources
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.inspection import central_scheduler
from pipeline.run.findings_lines import documents
from pipeline.schema import Record
from pipeline.settings import environment, luigi_config
from pipeline.settings.load import load_settings
from pipeline.settings.secrets import SECRETS, public_message, secret, terminal_message
from pipeline.settings.sections import ConversionSettings, Settings

_ENOUGH_BYTES = 2_000_000_000
_SOON_DAYS = 14
DEBIAN_PACKAGES = "libreoffice-writer libreoffice-calc libreoffice-impress"


class Check(Record):
    """One line: what was looked at, whether it is well, and what was found or what to do."""

    name: str
    ok: bool
    detail: str


def examine() -> Iterator[Check]:
    """Look at everything in turn; without settings there is nothing more to look at."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        yield Check(name="configuration", ok=False, detail=terminal_message(error))
        return
    yield _look("configuration", lambda: _configuration(settings))
    yield from _gitlab(settings) if settings.source.kind == "gitlab" else _folder(settings)
    yield _look("qdrant", lambda: _qdrant(settings))
    yield _look("model", lambda: _model(settings))
    yield _look("data", lambda: _data(DataDir.at(settings.pipeline.data_dir).root))
    yield _look("ocr", lambda: _ocr(settings.conversion))
    yield _look("libreoffice", _libreoffice)
    yield _look("scheduler", _scheduler)
    if settings.engine.kind != "inline" and not settings.engine.dask_address:
        yield _look("workers", lambda: _workers(settings))


def _look(name: str, question: Callable[[], str]) -> Check:
    try:
        return Check(name=name, ok=True, detail=question())
    except PipelineError as error:
        return Check(name=name, ok=False, detail=terminal_message(error))
    except Exception as error:
        return Check(name=name, ok=False, detail=f"unexpected {type(error).__name__}; please report it")


def _configuration(settings: Settings) -> str:
    given = [name for name in SECRETS if secret(name)]
    secrets = f"secrets given: {', '.join(given)}" if given else "no secrets given"
    files = ", ".join(environment.config_files()) or "the environment alone"
    facts = f"source {settings.source.kind}, settings {settings.config_hash}, {secrets}"
    return f"{settings.environment} from {files}, {facts}"


def _folder(settings: Settings) -> Iterator[Check]:
    from pipeline.sources.folder import FolderSource

    def look() -> str:
        source = FolderSource(settings.source)
        documents = source.snapshot(source.head()).documents
        return _count(settings, Counter(document.extension for document in documents))

    yield _look("folder", look)


def _gitlab(settings: Settings) -> Iterator[Check]:
    """Each question rests on the one before, so the first that fails is the last that is asked."""
    from pipeline.sources.gitlab import GitlabSource

    try:
        source = GitlabSource(settings.gitlab, settings.source)
    except PipelineError as error:
        yield Check(name="gitlab", ok=False, detail=public_message(error))
        return
    questions: Mapping[str, Callable[[], str]] = {
        "gitlab": lambda: f"{settings.gitlab.url} answers; {_token(source.token_facts())}",
        "project": lambda: f"{source.project.path}, number {source.project.id}",
        "branch": lambda: f"{settings.gitlab.branch} at commit {source.head()[:12]}",
        "folder": lambda: _count(settings, source.formats(source.head())),
    }
    for name, question in questions.items():
        check = _look(name, question)
        yield check
        if not check.ok:
            return


def _token(facts: Mapping[str, object] | None) -> str:
    """What GitLab says of the token. Raises ConfigurationError when it cannot list a folder."""
    from pipeline.sources.gitlab.errors import SCOPE

    if facts is None:
        return "the token's scopes cannot be asked"
    scopes = facts.get("scopes")
    known = [str(scope) for scope in scopes] if isinstance(scopes, list) else []
    if not {"api", "read_api"} & set(known):
        raise ConfigurationError(f"GITLAB_TOKEN has the scopes {', '.join(known) or '(none)'}: {SCOPE}")
    expiry = str(facts.get("expires_at") or "")
    return f"token with scope {', '.join(known)}, {_expiry(expiry)}"


def _expiry(day: str) -> str:
    try:
        left_days = (date.fromisoformat(day) - datetime.now(UTC).date()).days
    except ValueError:
        return "without an end"
    return f"until {day}" + (f": renew it, {left_days} days are left" if left_days <= _SOON_DAYS else "")


def _count(settings: Settings, formats: Counter[str]) -> str:
    kinds = ", ".join(f"{count} {extension}" for extension, count in formats.most_common())
    return f"{settings.source.target_folder}: {documents(formats.total())}" + (f" ({kinds})" if kinds else "")


def _qdrant(settings: Settings) -> str:
    from pipeline.store.connection import connect, disconnect
    from pipeline.store.requests import call

    try:
        aliases = {alias.alias_name for alias in call(connect(settings).get_aliases).aliases}
    finally:
        disconnect(settings)
    where = f"{settings.qdrant.url} answers" if settings.qdrant.url else "local files, for one process at a time"
    name = settings.qdrant.collection_name
    return f"{where}; {name} is published" if name in aliases else f"{where}; nothing is published as {name} yet"


def _model(settings: Settings) -> str:
    card = embedding_models.describe(settings.embedding, DataDir.at(settings.pipeline.data_dir).models)
    return f"{embedding_models.identity(settings.embedding)}: {card.dimension} dimensions"


def _data(data_dir: FilePath) -> str:
    if not isinstance(data_dir, Path):
        return f"{data_dir} answers; {len(files.names(data_dir))} entries"
    folder = next(path for path in (data_dir.absolute(), *data_dir.absolute().parents) if path.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError("NIC_DATA_DIR cannot be written: check its permissions or name another folder")
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < _ENOUGH_BYTES:
        raise ConfigurationError(
            f"{free_bytes / 1e9:.1f} GB are free where NIC_DATA_DIR lies: make room ({_ENOUGH_BYTES / 1e9:.0f} GB), "
            "or name a folder on another disk"
        )
    return f"{free_bytes / 1e9:.0f} GB free"


def _workers(settings: Settings) -> str:
    found = resources.capacity(settings)
    if not found.is_enough:
        raise ConfigurationError(f"{found}; {resources.remedy(found)}")
    return str(found)


def _ocr(settings: ConversionSettings) -> str:
    if settings.ocr_engine == "none":
        return "off: scanned pages and images give no text ([conversion] ocr_engine)"
    if settings.ocr_engine == "tesseract":
        return f"tesseract with {_tesseract(settings.ocr_languages)}"
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        raise ConfigurationError(
            "rapidocr or onnxruntime is not installed: install nic-etl again, with all that it needs"
        )
    return "rapidocr"


def _libreoffice() -> str:
    """Nothing is wrong without it as long as nobody publishes such files; each of them then says so."""
    from pipeline.convert.legacy_office.libreoffice import SUCCESSOR, program

    kinds = ", ".join(kind.upper() for kind in sorted(SUCCESSOR))
    if (found := program()) is None:
        return f"not installed: {kinds} files will be quarantined (Debian: {DEBIAN_PACKAGES})"
    return f"{found} reads {kinds} files"


def _scheduler() -> str:
    """Nothing is wrong without it, unless something else has its port."""
    url = luigi_config.scheduler_url()
    if not central_scheduler.is_there(url):
        return f"none at {url}: `nic run` has one of its own; `nic run --luigid` needs what `nic scheduler` starts"
    return f"{url} answers"


def _tesseract(languages: tuple[str, ...]) -> str:
    if shutil.which("tesseract") is None:
        raise ConfigurationError("there is no tesseract program: install it (Debian: tesseract-ocr tesseract-ocr-por)")
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=60, check=False)
    missing = set(languages) - set(listed.stdout.split())
    if missing:
        raise ConfigurationError(
            f"tesseract has no data for {', '.join(sorted(missing))}: install it (Debian: tesseract-ocr-…), "
            "or correct [conversion] ocr_languages"
        )
    return ", ".join(languages)
