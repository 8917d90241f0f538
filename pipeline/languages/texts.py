"""What reports say, as data: one object a language, in which a text that is missing is a type error."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.errors import ErrorCode
from pipeline.schema import Stage


@dataclass(frozen=True)
class ReportTexts:
    """Every text of the report in one language; a missing one is a type error. `{…}` are filled with numbers."""

    language: str
    decimal_comma: bool
    title: str
    run: str
    environment: str
    commit: str
    finished: str
    incomplete: str
    in_step: str
    out_of_step: str
    attention: str
    one_attention: str
    one_document: str
    documents: str
    new: str
    changed: str
    removed: str
    renamed: str
    unchanged: str
    quarantined: str
    failed: str
    skipped: str
    one_chunk: str
    chunks: str
    duration: str
    memory_peak: str
    cpu_mean: str
    quarantine_title: str
    quarantine_lead: str
    failed_title: str
    failed_lead: str
    remedy: str
    happened: str
    changes_title: str
    no_changes: str
    more: str
    stages_title: str
    stage: str
    elapsed: str
    work: str
    rate: str
    per_second: str
    stages_lead: str
    slowest_title: str
    slowest_lead: str
    charts_title: str
    gantt: str
    gantt_description: str
    throughput: str
    throughput_description: str
    resources: str
    resources_description: str
    memory_axis: str
    cpu_axis: str
    tokens: str
    tokens_description: str
    tokens_axis: str
    scores: str
    scores_description: str
    scores_axis: str
    count_axis: str
    time_axis: str
    maximum: str
    history: str
    history_description: str
    failures_axis: str
    unfinished_runs: str
    skipped_title: str
    warnings_title: str
    gaps_title: str
    gaps_lead: str
    coverage: str
    missing: str
    left_out: str
    nothing_missing: str
    one_word: str
    words: str
    settings_title: str
    versions_title: str
    machine: str
    cores: str
    footer: str
    stages: dict[Stage, str]
    codes: dict[ErrorCode, tuple[str, str]] = field(default_factory=dict)
    """Code -> what it means, what to do; English has both in the code itself."""
    messages: dict[str, str] = field(default_factory=dict)
    """English message -> the same in this language; `{}` stands for what changes."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Kind of missing text -> its name in this language."""
    places: dict[str, str] = field(default_factory=dict)
    """How a place of missing text begins -> the same in this language."""

    def number(self, value: float, decimals: int = 0) -> str:
        """1,234.5 or 1.234,5."""
        text = f"{value:,.{decimals}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.decimal_comma else text

    def count_documents(self, count: int) -> str:
        """Such as "1 document" or "1,234 documents"."""
        return f"{self.number(count)} {self.one_document if count == 1 else self.documents}"

    def count_chunks(self, count: int) -> str:
        """Such as "1 chunk" or "1,234 chunks"."""
        return f"{self.number(count)} {self.one_chunk if count == 1 else self.chunks}"

    def count_words(self, count: int) -> str:
        """Such as "1 word" or "1,234 words"."""
        return f"{self.number(count)} {self.one_word if count == 1 else self.words}"

    def kind(self, kind: str) -> str:
        """The name of a kind of missing text; an unknown one as it is, without underscores."""
        return self.kinds.get(kind, kind.replace("_", " "))

    def place(self, place: str) -> str:
        """Part by part, as in `sheet Taxas, B12`; what is not known stays as it is."""
        return ", ".join(self._part(part) for part in place.split(", "))

    def _part(self, part: str) -> str:
        beginnings = (known for known in self.places if part == known or part.startswith(f"{known} "))
        known = max(beginnings, key=len, default="")
        return self.places.get(known, "") + part[len(known) :]

    def share(self, value: float) -> str:
        """Four digits, never rounded up: what is not complete does not read 1."""
        return self.number(math.floor(value * 10_000) / 10_000, 4)

    def seconds(self, value: float) -> str:
        """Short and readable: 0.4 s, 34 s, 12 min 5 s, 3 h 20 min."""
        whole = round(value)
        if whole < 60:
            return f"{self.number(value, 0 if value >= 10 else 1)} s"
        if whole < 3600:
            return f"{whole // 60} min {whole % 60} s"
        return f"{whole // 3600} h {whole % 3600 // 60} min"

    def moment(self, value: datetime) -> str:
        """Day and minute, in UTC."""
        return f"{value.astimezone(UTC):{'%d/%m/%Y %H:%M' if self.decimal_comma else '%Y-%m-%d %H:%M'}} UTC"

    def short_moment(self, value: datetime) -> str:
        """Day and hour below each other, for an axis."""
        day = "%d/%m" if self.decimal_comma else "%m-%d"
        return value.astimezone(UTC).strftime(f"{day}\n%H:%M")

    def what_to_do(self, code: ErrorCode) -> str:
        """The remedy of an error code."""
        return self.codes[code][1] if code in self.codes else code.remedy

    def meaning(self, code: ErrorCode) -> str | None:
        """What a code means; None in English, where the failure's own message says more."""
        return self.codes[code][0] if code in self.codes else None

    def translated(self, message: str) -> str | None:
        """A message of the pipeline, which files keep in English, in this language; None for one that is not known."""
        for known, template in self.messages.items():
            if match := re.fullmatch(re.escape(known).replace(r"\{\}", "(.*)"), message, re.DOTALL):
                return template.format(*match.groups())
        return message if self.language == "en" else None
