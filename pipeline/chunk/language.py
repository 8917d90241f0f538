"""Names the language of a text as a BCP 47 tag; knows the six languages that the documents come in, and no others."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import langcodes

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

DEFAULT = "pt-BR"
_TAGS = {"pt": DEFAULT, "en": "en-US", "es": "es-ES", "fr": "fr-FR", "it": "it-IT", "de": "de-DE"}
_MIN_LETTERS = 40  # fewer say too little: a heading of names and numbers can be in any language
_MAX_CHARACTERS = 20_000  # more does not change the answer, only the time


def detect(text: str, declared: str | None = None) -> str:
    """The declared language when it is a valid tag, else the detected one; pt-BR for texts too short to tell.

    A declared bare language gets the region that the detection would give: `pt` is `pt-BR`, `pt-PT` stays.
    """
    if declared and langcodes.tag_is_valid(declared):
        tag = langcodes.standardize_tag(declared)
        return _TAGS.get(tag, tag)
    sample = text[:_MAX_CHARACTERS]
    if sum(map(str.isalpha, sample)) < _MIN_LETTERS:
        return DEFAULT
    return _TAGS[_identifier().classify(sample)[0]]


@functools.cache
def _identifier() -> LanguageIdentifier:
    """Loaded once per process (a third of a second, its file is compressed)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(_TAGS))
    return identifier
