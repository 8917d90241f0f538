"""What the pages say, as data: one object a language, in which a text that is missing is a type error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.languages.texts import ReportTexts
from pipeline.schema import Method
from pipeline.store.nic_schema import DocumentStatus, DocumentType


@dataclass(frozen=True)
class PageTexts:
    """`{…}` are filled in. What a run's report says in the same language is in `report`."""

    language: str
    report: ReportTexts
    # every page
    skip: str
    navigation: str
    search: str
    documents: str
    quarantine: str
    standing: str
    content_notice: str
    problem: str
    gone_title: str
    gone: str
    bad_form: str
    pages_label: str
    page_of: str
    previous: str
    next: str
    # filters and facets
    narrow: str
    narrow_down: str
    path: str
    path_hint: str
    any: str
    document_type: str
    status: str
    text_language: str
    folder: str
    year: str
    modified_from: str
    modified_to: str
    method: str
    chosen: str
    remove: str
    without_filters: str
    did_you_mean: str
    types: dict[DocumentType, str]
    statuses: dict[DocumentStatus, str]
    methods: dict[Method, str]
    languages: dict[str, str]
    # search
    search_title: str
    question: str
    button: str
    welcome: str
    one_found: str
    found: str
    nothing_found: str
    nothing_found_hint: str
    no_such_page: str
    nothing_relevant: str
    nothing_relevant_hint: str
    show_nearest: str
    only_nearest: str
    one_more_passage: str
    more_passages: str
    full_passage: str
    page: str
    pages: str
    page_picture: str
    picture_of: str
    passage_number: str
    cite: str
    cited_version: str
    cited_page: str
    cited_pages: str
    cited_commit: str
    # a document
    version: str
    not_latest: str
    modified_on: str
    missing_words: str
    not_measured: str
    open_original: str
    gitlab: str
    table: str
    text: str
    no_text: str
    framed_picture_of: str
    outline: str
    reading: str
    coverage: str
    coverage_whole: str
    missing_title: str
    left_out_title: str
    warnings_title: str
    properties: str
    versions: str
    version_commit: str
    version_unknown: str
    shown_here: str
    versions_hint: str
    facts: dict[str, str]
    """Field of a document's card -> its name."""
    # documents
    title_or_path: str
    order: str
    orders: dict[str, str]
    only_incomplete: str
    filter: str
    # quarantine
    quarantine_lead: str
    quarantine_empty: str
    reason: str
    message: str
    remedy: str
    since: str
    retry: str
    retry_hint: str
    retry_together: str
    release: str
    purged_hint: str
    # how things stand
    published_title: str
    nothing_published: str
    current: str
    behind: str
    rolled_back: str
    compared: str
    standing_facts: dict[str, str]
    run_title: str
    no_run: str
    run_states: dict[str, str]
    run_since: str
    run_before: str
    run_left: str
    progress: str
    stage: str
    done: str
    failed: str
    in_work: str
    runs_title: str
    run_columns: tuple[str, ...]
    report_link: str
    no_runs: str
    scheduler_title: str
    scheduler_hint: str

    def number(self, value: float, decimals: int = 0) -> str:
        """Such as 1,234.5 or 1.234,5."""
        return self.report.number(value, decimals)

    def percent(self, share: float) -> str:
        """One decimal, never rounded up: what is not complete does not read 100 %."""
        return f"{self.number(math.floor(share * 1000) / 10, 1)} %"

    def day(self, day: date) -> str:
        """Such as 2026-03-31 or 31/03/2026."""
        return f"{day:{'%d/%m/%Y' if self.report.decimal_comma else '%Y-%m-%d'}}"

    def language_name(self, tag: str) -> str:
        """`português (pt-PT)`; a tag that is not known stays as it is."""
        name = self.languages.get(tag.partition("-")[0])
        return tag if name is None else name if tag in ("pt-BR", *self.languages) else f"{name} ({tag})"

    def count_found(self, count: int, passages: int) -> str:
        """How many documents, and how many of their passages, answer a question."""
        text = self.one_found if count == 1 else self.found
        return text.format(count=self.number(count), passages=self.number(passages))

    def count_documents(self, count: int) -> str:
        """Such as "1 document" or "1,234 documents"."""
        return self.report.count_documents(count)

    def count_more(self, count: int) -> str:
        """How many more passages of a document there are."""
        return self.one_more_passage if count == 1 else self.more_passages.format(count=self.number(count))

    def pages_of(self, numbers: Sequence[int]) -> str:
        """Empty for a format without pages."""
        text = self.page if len(numbers) == 1 else self.pages
        return text.format(pages=", ".join(map(str, numbers))) if numbers else ""
