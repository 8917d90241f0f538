"""The connection to luigid: many calls in one request, where the other side takes them; `nic scheduler` does.

Luigi's own protocol is a request for every task, five for a document, and the worker reads no answer to them.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3
from luigi.rpc import RemoteScheduler, _FetcherInterface, _urljoin

from pipeline.settings.secrets import is_loopback

BATCH = "/api/batch"
_MOST_CALLS = 500  # of a request: luigid answers nobody else meanwhile
_UNANSWERED = ("add_task", "add_task_batcher", "set_task_progress_percentage", "set_task_status_message")
_SIGN_OF_LIFE = "ping"  # from a thread of its own, and never in any order


class _Call(NamedTuple):
    method: str
    arguments: str
    """JSON of what they are now; Luigi may change them."""
    is_needed: bool


class _Outbox:
    """Calls that wait to be sent, in the order in which they were made. Any thread may add one."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self.pid = os.getpid()
        self._sending = threading.Lock()

    @contextlib.contextmanager
    def sending(self, wait: bool) -> Iterator[bool]:
        """Whether this thread may send: one at a time, or they would overtake each other."""
        is_ours = self._sending.acquire(blocking=wait)
        try:
            yield is_ours
        finally:
            if is_ours:
                self._sending.release()


class Connection(RemoteScheduler):
    """Luigi's, with which calls that have no answer wait for the next one that has."""

    _is_needed = True

    def __init__(self, url: str) -> None:
        super().__init__(url)
        where = urlsplit(url)
        if is_loopback(where.hostname or "") and not where.username:
            self._fetcher = _LocalFetcher()  # type: ignore[assignment]
        self._outbox = _Outbox() if self._takes_batches() else None

    def for_pages(self) -> Connection:
        """Its calls take their place among this one's; what luigid cannot show now is worth neither waiting nor a
        warning."""
        other = copy.copy(self)
        other._is_needed = False
        other._rpc_retry_attempts = 1
        other._rpc_log_retries = False
        return other

    def flush(self, *, wait: bool = True) -> None:
        """Send what waits; without `wait`, leave it to another thread that is sending.

        Raises RPCError as every call does. What could not be sent then still waits.
        """
        if self._outbox is None or self._outbox.pid != os.getpid():
            return
        with self._outbox.sending(wait) as is_ours:
            while is_ours and (calls := self._outbox.calls[:_MOST_CALLS]):
                done = self._send(calls)
                del self._outbox.calls[:done]
                if done < len(calls):
                    self._send_alone(calls[done])
                    del self._outbox.calls[:1]

    def _request(self, url: str, data: dict[str, Any], attempts: int = 3, allow_null: bool = True) -> Any:
        method = url.rpartition("/")[2]
        outbox = self._outbox
        if outbox is None or outbox.pid != os.getpid() or method == _SIGN_OF_LIFE:  # a forked process asks for itself
            return super()._request(url, data, attempts, allow_null)
        if method not in _UNANSWERED:
            self.flush()
            return super()._request(url, data, attempts, allow_null)
        outbox.calls.append(_Call(method, json.dumps(data), self._is_needed))
        if self._is_needed and len(outbox.calls) >= _MOST_CALLS:
            self.flush()
        return None

    def _takes_batches(self) -> bool:
        """Asked once and without patience: whoever does not answer now gets Luigi's own protocol."""
        try:
            answer = self._fetcher.fetch(_urljoin(self._url, BATCH), b"[]", self._connect_timeout)
            return bool(json.loads(answer) == {"response": 0})
        except (self._fetcher.raises, ValueError):
            return False

    def _send(self, calls: list[_Call]) -> int:
        """How many were carried out: all, or those before one that luigid refuses."""
        body = ",".join(f'["{call.method}",{call.arguments}]' for call in calls)
        return int(json.loads(self._fetch(BATCH, f"[{body}]".encode()))["response"])

    def _send_alone(self, refused: _Call) -> None:
        """As Luigi would have: luigid may have thought better of it, else this raises what it always did."""
        if refused.is_needed:
            super()._request(f"/api/{refused.method}", json.loads(refused.arguments))


class _LocalFetcher(_FetcherInterface):
    """Asks luigid on this machine for half the cost of Luigi's own, which looks for proxies, cookies and passwords."""

    raises = urllib3.exceptions.HTTPError

    def __init__(self) -> None:
        self.close()

    def fetch(self, full_url: str, body: dict[str, str] | bytes, timeout: float) -> str:
        if self._pid != os.getpid():  # a connection is not shared with a forked process
            self.close()
        content = {"body": body} if isinstance(body, bytes) else {"fields": body, "encode_multipart": False}
        answer = self._pool.request("POST", full_url, timeout=timeout, retries=False, **content)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise urllib3.exceptions.HTTPError(f"luigid answered {answer.status}")
        return answer.data.decode()

    def close(self) -> None:
        self._pool, self._pid = urllib3.PoolManager(maxsize=3), os.getpid()  # work, pages, and a sign of life
