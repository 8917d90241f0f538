"""Where luigid answers, as Luigi's own configuration says it."""

from __future__ import annotations

from luigi.configuration import get_config

_DEFAULT_HOST, _DEFAULT_PORT = "localhost", 8082  # Luigi's


def scheduler_url() -> str:
    """Of `[core] default-scheduler-url`, else host and port."""
    config = get_config()
    url = config.get("core", "default-scheduler-url", "")
    host = config.get("core", "default-scheduler-host", _DEFAULT_HOST)
    return url or f"http://{host}:{config.getint('core', 'default-scheduler-port', _DEFAULT_PORT)}/"
