"""The marks that tell in plain text what a file tells by formatting: struck text, addresses of links."""

from __future__ import annotations

from typing import Final

STRUCK: Final = "~~"


def struck(text: str) -> str:
    """Revoked text, marked as in Markdown: `~~cinco dias~~`. White space stays outside."""
    inner = text.strip()
    return text.replace(inner, f"{STRUCK}{inner}{STRUCK}", 1) if inner else text


def address_behind(text: str, address: str) -> str:
    """` (https://…)` to stand behind a link's text; empty when the text says the address already, or there is none."""
    if not address or _bare(address) in text.lower():
        return ""
    shown = address.removeprefix("mailto:")
    return f" ({shown})"


def _bare(address: str) -> str:
    """Without what people leave out when they write an address."""
    bare = address.lower()
    for prefix in ("https://", "http://", "mailto:", "www."):
        bare = bare.removeprefix(prefix)
    return bare.rstrip("/")
