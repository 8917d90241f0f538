"""What pikepdf raises for a damaged file, and what follows from parts that are not what they should be."""

from __future__ import annotations

import pikepdf

MALFORMED = (
    pikepdf.PikepdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
)
