"""Portuguese plurals that the stemmer takes for other words: `reuniões` and `reunião`, `papéis` and `papel`.

Used where words are marked, not where they are indexed: on the development corpus the index finds no more with it.
"""

from __future__ import annotations

import re

_SHORTEST = 4
_RULES = tuple(
    (re.compile(plural), singular)
    for plural, singular in {
        "[oa]es$": "ao",  # reuniões, pães
        "ais$": "al",  # anuais
        "eis$": "el",  # papéis
        "[eu]?is$": "il",  # fáceis, civis
        "ois$": "ol",  # lençóis
        "uis$": "ul",  # azuis
        "ns$": "m",  # viagens
        "(?<=[aeiou])s$": "",  # leis, whose stem differs from that of lei
    }.items()
)


def singulars(word: str) -> tuple[str, ...]:
    """What a word without accents may be the plural of, among it what is no word; nothing for a short one."""
    if len(word) < _SHORTEST:
        return ()
    return tuple(dict.fromkeys(rule.sub(singular, word) for rule, singular in _RULES if rule.search(word)))
