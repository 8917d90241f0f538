"""A derived file proves itself: its last line is blank and spells the digest of its name and what stands before it.

The name is in it because files of one kind may be mistaken for each other: the vectors of two short documents have one
shape. Blanks behind the value are passed over by every JSON parser, and bytes behind the array by NumPy, so that a file
stays what its name says and needs no second one beside it. A file without a seal is believed as long as it can be
parsed: whoever cut the seal alone away left the content whole.
"""

from __future__ import annotations

import hashlib

_BITS = 64
_BLANKS = str.maketrans("01", " \t")
_EARLIER = ""  # seals were without a name once, and what was written then is still true


def seal(content: bytes, name: str) -> bytes:
    """The content with the line that proves it to be what the file of this name holds."""
    return content + _line(content, name)


def unseal(sealed: bytes, name: str) -> bytes | None:
    """The content without its seal; None when the two do not agree."""
    if not is_sealed(sealed):
        return sealed
    content, found = sealed[: -_BITS - 1], sealed[-_BITS - 1 :]
    return content if any(found == _line(content, each) for each in (name, _EARLIER)) else None


def is_sealed(sealed: bytes) -> bool:
    """Whether the last line may be a seal, right or wrong."""
    found = sealed[-_BITS - 1 :]
    return len(found) > _BITS and found.endswith(b"\n") and not found[:-1].strip(b" \t")


def _line(content: bytes, name: str) -> bytes:
    digest = hashlib.blake2b(content, digest_size=_BITS // 8)
    digest.update(name.encode("utf-8", errors="surrogateescape"))
    return f"{int.from_bytes(digest.digest()):0{_BITS}b}".translate(_BLANKS).encode() + b"\n"
