"""Whatever is taken away from a text is noticed, and named with the place it was taken from."""

from __future__ import annotations

import random
import re

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.coverage.comparison import Lost, compare
from pipeline.convert.coverage.measuring import SPLIT_FORMATS
from pipeline.convert.coverage.passages import Passage
from pipeline.convert.coverage.readers import passages_of
from pipeline.convert.coverage.words import words_of
from pipeline.convert.text_export import text_of
from pipeline.settings.sections import ConversionSettings
from tests.support.paths import ROOT

SAMPLES = ROOT / "data" / "samples" / "30-Aprovados"
DELETIONS = 200
MIN_WORDS, MAX_WORDS = 5, 60
TEXT = ConversionSettings(ocr_engine="none")
FORMATS = ("docx", "html", "md", "pdf", "pptx", "txt", "xlsx")
WITHOUT_TEXT = ("digitalizada", "corrompido")
Sample = tuple[str, list[Passage], str]


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """(format, passages, extracted text) of the samples that hold text."""
    found = []
    for file in sorted(SAMPLES.rglob("*.*")):
        if file.suffix[1:] not in FORMATS or any(word in file.name for word in WITHOUT_TEXT):
            continue
        kind, data = file.suffix[1:], file.read_bytes()
        document, _ = extract(data, kind, TEXT)
        found.append((kind, passages_of(data, kind, {}), text_of(document)))
    return found


def lost(sample: Sample, text: str) -> set[Lost]:
    kind, passages, _ = sample
    return set(compare(passages, text, may_be_split=kind in SPLIT_FORMATS).missing)


def is_named(sample: Sample, begin: int, end: int) -> bool:
    """Whether a passage that holds the words between two places of the text is missing, and was not before."""
    text = sample[2]
    gone = words_of(text[begin:end])
    new = lost(sample, text[:begin] + text[end:]) - lost(sample, text)
    stretches = {word for each in new for stretch in each.stretches for word in stretch.split()}
    return len(stretches & set(gone)) * 2 >= len(set(gone)) and bool(new)


def test_at_least_99_of_100_deleted_passages_are_named(samples: list[Sample]) -> None:
    chance = random.Random(7)  # noqa: S311
    named = 0
    for number in range(DELETIONS):
        sample = samples[number % len(samples)]
        words = [match.span() for match in re.finditer(r"\S+", sample[2])]
        length = min(chance.randint(MIN_WORDS, MAX_WORDS), len(words) - 1)
        first = chance.randrange(len(words) - length)
        named += is_named(sample, words[first][0], words[first + length - 1][1])
    assert named >= 0.99 * DELETIONS


def test_there_are_no_false_alarms_in_the_body_of_the_samples(samples: list[Sample]) -> None:
    words = sum(compare(sample[1], sample[2], may_be_split=True).words for sample in samples)
    wrong = sum(each.words for sample in samples for each in lost(sample, sample[2]) if each.passage.kind == "body")
    assert wrong * 2000 <= words
