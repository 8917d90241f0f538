"""Tokens that open the service to other machines: random, shown once, and kept as hashes alone, a file each."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime

from pydantic import Field

from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, DamagedFileError
from pipeline.schema import Record, Timestamp

_PREFIX = "nic_"  # lets people and secret scanners tell what it is
_BYTES = 32
_NAME = re.compile(r"\w[\w.-]{0,63}")


class Token(Record):
    """What is kept of a token."""

    name: str
    created: Timestamp
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


def create(data: DataDir, name: str) -> str:
    """A new token. Raises ConfigurationError for a name that is taken or is none."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "a token's name is 1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit"
        )
    if any(token.name == name for token in list_tokens(data)):
        raise ConfigurationError(f"there is a token {name} already: revoke it first, or choose another name")
    data.create()  # for this user alone
    secret = _PREFIX + secrets.token_urlsafe(_BYTES)
    token = Token(name=name, created=datetime.now(UTC), sha256=_hash(secret))
    files.write_json(data.tokens / f"{token.sha256}.json", token)
    return secret


def list_tokens(data: DataDir) -> list[Token]:
    """By name; a damaged file opens nothing."""
    names = (name for name in files.names(data.tokens) if name.endswith(".json") and not name.startswith("."))
    found = (_read(data, name.removesuffix(".json")) for name in names)
    return sorted((token for token in found if token), key=lambda token: token.name)


def revoke(data: DataDir, name: str) -> None:
    """It opens nothing from now on. Raises ConfigurationError when there is no such token."""
    found = [token for token in list_tokens(data) if token.name == name]
    if not found:
        raise ConfigurationError(f"there is no token {name}; `nic token list` shows which there are")
    for token in found:
        files.remove(data.tokens / f"{token.sha256}.json")


def find(data: DataDir, secret: str) -> Token | None:
    """The token that this is; None when it is unknown or was revoked.

    The file is found by the hash, of which nobody can choose a part, and the comparison takes the same time for all.
    """
    digest = _hash(secret)
    token = _read(data, digest)
    return token if token and hmac.compare_digest(token.sha256, digest) else None


def _read(data: DataDir, digest: str) -> Token | None:
    try:
        return files.read_model(data.tokens / f"{digest}.json", Token)
    except (FileNotFoundError, DamagedFileError):
        return None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", errors="replace")).hexdigest()
