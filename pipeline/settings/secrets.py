"""Secrets: read from the environment where they are used, kept out of messages, sent only to a safe address."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from pipeline.errors import ConfigurationError, PipelineError, sanitise
from pipeline.errors.escaping import one_line

SECRETS = ("GITLAB_TOKEN", "QDRANT_API_KEY")
LIBRARIES_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HF_TOKEN")
_MAX_CONFIGURATION_MESSAGE = 4000


def check_address(url: str, key: str | None, *, url_name: str, key_name: str, example: str) -> None:
    """Raises ConfigurationError if the URL is invalid, or if `key` would reach it unencrypted.

    `url_name` and `key_name` are the environment variables to name in messages.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(f"{url_name} must look like {example}")
    if parts.username or parts.password:
        raise ConfigurationError(f"{url_name} must not hold a password: use {key_name}")
    if key and not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"{key_name} holds characters that no HTTP header may have")
    if key and parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(f"{key_name} would travel unencrypted: use an https {url_name}")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its address or its usual name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def public_message(error: BaseException) -> str:
    """One line about an error that may be shown anywhere; unexpected errors are reduced to their class name."""
    if not isinstance(error, PipelineError):
        return f"unexpected {type(error).__name__}; the run's errors.log has the traceback"
    secrets = tuple(filter(None, map(secret, (*SECRETS, *LIBRARIES_SECRETS))))
    if isinstance(error, ConfigurationError):  # says all that has to be corrected
        return sanitise(str(error), secrets, _MAX_CONFIGURATION_MESSAGE)
    return sanitise(str(error), secrets)


def terminal_message(error: BaseException) -> str:
    """The same for the terminal of whoever started the command, who may see where on this machine it is."""
    place = error.place if isinstance(error, ConfigurationError) else ""
    return f"{public_message(error)}{f' ({one_line(place)})' if place else ''}"


def secret(name: str) -> str | None:
    """A secret from the environment, stripped of the newline that files and shells add; None when unset."""
    return (os.environ.get(name) or "").strip() or None
