"""Which environment this is: `.env` and the environment's overlay of luigi.cfg, taken in before any setting is read.

What can be wrong with them is remembered for `load_settings` to say, because they are read while modules are imported.
"""

from __future__ import annotations

import configparser
import logging
import os
from pathlib import Path

import luigi
from luigi.configuration import LuigiConfigParser

from pipeline.settings import luigi_file

log = logging.getLogger(__name__)
for _telemetry in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"):  # onnxruntime's leaves files behind, too
    os.environ.setdefault(_telemetry, "1")
NAMES = ("development", "staging", "production")
ENV_FILE = "NIC_ENV_FILE"  # names another file than .env; empty: none
_OTHERS_MAY_READ = 0o044

taken_from_file: set[str] = set()
_read_files: set[Path] = set()
_overlay: Path | None = None


def apply() -> list[str]:
    """Take in `.env`, once, and the overlay that NIC_ENVIRONMENT (or luigi.cfg) names now; returns what is wrong."""
    return [*_read_env_file(), *_use_overlay()]


def config_files() -> list[str]:
    """The files that the settings come from, the last of which wins; by name where they are in this folder."""
    overlay = [str(_overlay)] if _overlay else []
    here = (Path(), Path.cwd())
    return [Path(file).name if Path(file).parent in here else file for file in luigi_file.found() + overlay]


def overlay_name() -> str | None:
    """Name of the effective overlay, such as luigi.staging.cfg."""
    return _overlay.name if _overlay else None


def _read_env_file() -> list[str]:
    """Variables that the environment has are never overridden, not even empty ones."""
    name = os.environ.get(ENV_FILE, ".env")
    path = Path(name).absolute()
    if not name or path in _read_files:
        return []
    if not path.is_file():
        return [f"{ENV_FILE} names a file that does not exist: {path.name}"] if ENV_FILE in os.environ else []
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path.name} cannot be read ({type(error).__name__})"]
    _read_files.add(path)
    new = {key: value for key, value in found.items() if value and key not in os.environ}
    os.environ.update(new)
    taken_from_file.update(new)
    if new and path.stat().st_mode & _OTHERS_MAY_READ:
        log.warning("other users of this machine can read %s: chmod 600 %s", path.name, path.name)
    return []


def _use_overlay() -> list[str]:
    """Luigi's parser reads the overlay after luigi.cfg, so its own sections may stand there too."""
    global _overlay  # noqa: PLW0603  # Luigi's configuration is one per process, too
    wanted = _wanted_overlay()
    if _overlay and _overlay != wanted:
        _drop(_overlay)
        _overlay = None
    if wanted is None or wanted == _overlay:
        return []
    if not wanted.is_file():
        if wanted.suffixes[0] == ".development":
            return []  # luigi.cfg is development's
        return [f"there is no {wanted.name} beside luigi.cfg; NIC_ENVIRONMENT asks for it (an empty file will do)"]
    try:
        luigi.configuration.add_config_path(str(wanted))
    except configparser.Error as error:
        _drop(wanted)
        return [f"{wanted.name} is not a configuration file ({type(error).__name__})"]
    _overlay = wanted
    return []


def _wanted_overlay() -> Path | None:
    name = os.environ.get("NIC_ENVIRONMENT") or luigi.configuration.get_config().get("pipeline", "environment", "")
    main = Path(os.environ.get("LUIGI_CONFIG_PATH") or "luigi.cfg").absolute()
    return main.with_name(f"luigi.{name.strip()}.cfg") if name.strip() in NAMES else None


def _drop(overlay: Path) -> None:
    parser = LuigiConfigParser.instance()
    LuigiConfigParser._config_paths.remove(str(overlay))
    parser.clear()
    LuigiConfigParser.reload()
