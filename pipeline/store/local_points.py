"""Reads the points of Qdrant's local mode as data: qdrant-client 1.20 unpickles them, which runs what a pickle says.

Whoever could write to the data directory could have anything run by the next search. Here a pickle may hold a point,
its vectors and its payload, and is damaged if it asks for anything else.
"""

from __future__ import annotations

import io
import pickle
from types import SimpleNamespace
from typing import Any

from qdrant_client.http.models import PointStruct, SparseVector
from qdrant_client.local import persistence

_CLASSES = {(each.__module__, each.__name__): each for each in (PointStruct, SparseVector)}


class _PointUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _CLASSES[module, name]
        except KeyError:
            raise pickle.UnpicklingError("the pickle holds what no point does") from None


def install() -> None:
    """Have local mode read so from now on, in this process; it writes as before."""
    reading = SimpleNamespace(dumps=pickle.dumps, loads=lambda value: _PointUnpickler(io.BytesIO(value)).load())
    setattr(persistence, "pickle", reading)  # noqa: B010 - it is not exported
