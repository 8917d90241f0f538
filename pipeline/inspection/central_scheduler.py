"""Is luigid there? Asked before a run waits for it in vain."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from pipeline.errors import ConfigurationError, without_password
from pipeline.settings.secrets import is_loopback

_TIMEOUT_S = 10
_QUESTION = "api/is_pause_enabled"  # the one that changes nothing and is answered in a word


def check(url: str) -> None:
    """Raises ConfigurationError, with what to do, if no central scheduler answers at this address."""
    is_socket = not url.startswith(("http://", "https://"))
    if not is_socket and not is_there(url):
        raise ConfigurationError(
            f"no scheduler at {_shown(url)}: start it with `nic scheduler`, or run without it: `nic run`, or "
            "`luigi … --local-scheduler`"
        )


def is_there(url: str) -> bool:
    """Whether one answers. Raises ConfigurationError if something else does."""
    try:
        is_luigid = _ask(url)
    except requests.RequestException:
        return False
    if not is_luigid:
        raise ConfigurationError(f"what answers at {_shown(url)} is no Luigi scheduler: choose another port for it")
    return True


def _shown(url: str) -> str:
    return without_password(url).rstrip("/")


def _ask(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = not is_loopback(urlsplit(url).hostname or "")
        answer = session.get(f"{url.rstrip('/')}/{_QUESTION}", timeout=_TIMEOUT_S)
    try:
        return "enabled" in answer.json()["response"]
    except (ValueError, LookupError, TypeError):
        return False
