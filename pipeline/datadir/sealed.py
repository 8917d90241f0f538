"""A derived file proves itself: its last line is blank and spells the digest of what stands before it.

Blanks behind the value are passed over by every JSON parser, and bytes behind the array by NumPy, so that a file stays
what its name says and needs no second one beside it. A file without a seal is believed as long as it can be parsed:
whoever cut the seal alone away left the content whole.
"""

from __future__ import annotations

import hashlib

_BITS = 64
_BLANKS = str.maketrans("01", " \t")


def seal(content: bytes) -> bytes:
    """The content with the line that proves it."""
    digest = int.from_bytes(hashlib.blake2b(content, digest_size=_BITS // 8).digest())
    return content + f"{digest:0{_BITS}b}".translate(_BLANKS).encode() + b"\n"


def unseal(sealed: bytes) -> bytes | None:
    """The content without its seal; None when the two do not agree."""
    content, found = sealed[: -_BITS - 1], sealed[-_BITS - 1 :]
    if len(found) <= _BITS or not found.endswith(b"\n") or found[:-1].strip(b" \t"):
        return sealed
    return content if seal(content) == sealed else None
