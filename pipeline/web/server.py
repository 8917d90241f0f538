"""Serves the application by uvicorn, on this machine alone unless somebody made a token."""

from __future__ import annotations

import socket

import anyio
import uvicorn

from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError
from pipeline.run.current import Run
from pipeline.settings.secrets import is_loopback
from pipeline.web.agents import create_mcp
from pipeline.web.app import create_app
from pipeline.web.connections import Connection, allow_many_connections
from pipeline.web.library.library import Library
from pipeline.web.service import Service
from pipeline.web.tokens import list_tokens

_BACKLOG = 1024
_GRACE_PERIOD_S = 3  # for answers on their way when it is asked to end


class WebServer(uvicorn.Server):
    """Listens from the start. Raises ConfigurationError for an address that cannot be used, or must not be."""

    def __init__(self, run: Run, host: str | None = None, port: int | None = None) -> None:
        web = run.settings.web
        given = {"host": host or web.host, "port": web.port if port is None else port}
        run.settings = settings = run.settings.model_copy(update={"web": web.model_copy(update=given)})
        _refuse_strangers(run)
        allow_many_connections()
        self._socket = _listen(settings.web.host, settings.web.port)
        self.port: int = self._socket.getsockname()[1]
        self.address = _address(settings.web.host, self.port)
        self._service = Service(Library(run))
        super().__init__(
            uvicorn.Config(
                create_app(self._service),
                http=Connection,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_graceful_shutdown=_GRACE_PERIOD_S,
                h11_max_incomplete_event_size=32_000,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Streams end by themselves first: uvicorn would wait for them, and then break them off."""
        self._service.stopping.set()
        await super().shutdown(sockets)

    def close(self) -> None:
        """Listen no more; for one that never served."""
        self._socket.close()

    def serve_until_stopped(self) -> None:
        """Until `should_exit` is set, or a signal asks this process to end."""
        self.run(sockets=[self._socket])


def serve_agents(run: Run) -> None:
    """Serve MCP over this process's standard input and output, until the input ends."""
    anyio.run(_serve_agents, Library(run))


async def _serve_agents(library: Library) -> None:
    async with Service(library).running():
        await create_mcp(library).run_stdio_async()


def _refuse_strangers(run: Run) -> None:
    if not is_loopback(run.settings.web.host) and not list_tokens(DataDir.at(run.settings.pipeline.data_dir)):
        raise ConfigurationError(
            f"listening on {run.settings.web.host} would let anyone in the network read the collection: make a token "
            "with `nic token create NAME` first, or listen on 127.0.0.1"
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        why = str(error.strerror).partition(" (while ")[0]  # Python says again on which address
        reason = f"port {port} cannot be used: {why} ({host})"
        raise ConfigurationError(f"{reason}; choose another --port or --host") from None
    # inherited by every connection; else the second part of an answer waits 40 ms for the first to be acknowledged
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
