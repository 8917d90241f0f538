"""The one core that pages, API and MCP ask: it follows what is published, and changes nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from pydantic import NonNegativeInt

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ErrorCode, PipelineError, TransientError
from pipeline.monitoring.history import PastRun
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.view import View
from pipeline.publish.published import published_stamp, read_published
from pipeline.run.current import Run
from pipeline.schema import Document, Method, Record
from pipeline.search import Hit, Options, Questions, embedded, open_published, search_collection
from pipeline.search.ask import similarities
from pipeline.search.relevance import is_relevant
from pipeline.settings.secrets import public_message
from pipeline.sparse import LANGUAGES, marked_terms, places
from pipeline.web.library import originals, runs
from pipeline.web.library.answers import Found, group, page_of
from pipeline.web.library.cards import Card
from pipeline.web.library.edition import Edition
from pipeline.web.library.facets import Facets, count_facets
from pipeline.web.library.originals import Original
from pipeline.web.library.passages import Passage, Section, outline, read_passages
from pipeline.web.library.selection import Selection, select
from pipeline.web.library.standing import Quarantined, Standing, list_quarantined, read_standing
from pipeline.web.library.versions import Version, list_versions

log = logging.getLogger(__name__)
CANDIDATES = 100
"""Hits that are grouped by document; more would change how the two sides of a hybrid search are fused."""
_PLAIN = Options()
Places = tuple[tuple[int, int], ...]


class NotPublishedError(LookupError):
    """There is no such document, page or run."""


class Listing(Record):
    """Some of the documents, and how many there are of each kind among all that were selected."""

    documents: tuple[Card, ...]
    total: NonNegativeInt
    facets: Facets


class Library:
    """Safe to be asked by many threads. `refresh` makes it look whether something else is published."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._edition: Edition | None = None
        self._trouble = ""
        # models and stemmers are of one thread, which also keeps memory flat
        self._asker = ThreadPoolExecutor(1, "ask")
        self._refreshing = threading.Lock()

    # -- what is published ---------------------------------------------------------------------------------------

    def edition(self) -> Edition:
        """What readers are given now. Raises TransientError (INCOMPLETE) when nothing is published yet."""
        if self._edition is None:
            self.refresh()
        if self._edition is None:
            raise TransientError("nothing is published yet: run `nic run` first", ErrorCode.INCOMPLETE)
        return self._edition

    @property
    def is_open(self) -> bool:
        """Whether `edition` is there without waiting for it to be loaded."""
        return self._edition is not None

    def refresh(self) -> None:
        """Take up what was published since; until it is loaded, questions are answered from what was there before.

        Raises what `pipeline.search.open_published` raises, while there is nothing to answer from.
        """
        with self._refreshing:
            try:
                self._edition, self._trouble = self._newest(), ""
            except PipelineError as error:
                if self._edition is None:
                    raise
                self._tell(public_message(error))

    def _newest(self) -> Edition:
        stamp, reader, before = published_stamp(self.run), open_published(self.run.settings), self._edition
        if before and before.stamp == stamp and before.reader.is_same(reader):
            return before
        published = read_published(self.run)
        if published and published.collection != reader.collection:  # one of the two has just been switched
            return before or Edition(self.run, reader, None)
        newest = Edition(self.run, reader, published, stamp)
        _ = newest.facets  # of all documents: not for the first who looks to wait for
        return newest

    def _tell(self, message: str) -> None:
        """Once, not at every look."""
        if message != self._trouble:
            log.warning("what was published last cannot be opened: %s", message)
        self._trouble = message

    def warm(self) -> None:
        """Load the model, so that the first question need not wait for it."""
        self.ask("aquecimento", 1)

    # -- questions -----------------------------------------------------------------------------------------------

    def ask(self, question: str, top_k: int, method: Method = Method.HYBRID, options: Options = _PLAIN) -> list[Hit]:
        """What `nic search` gives. Raises what `pipeline.search.search` raises."""
        return self._ask(self.edition(), self._embedded(question), top_k, method, options)

    def _embedded(self, question: str) -> Questions:
        return self._asker.submit(embedded, [question], self.run.settings).result()

    def _ask(self, edition: Edition, question: Questions, top_k: int, method: Method, options: Options) -> list[Hit]:
        asked = edition.reader, question, top_k, self.run.settings, method, options
        return self._asker.submit(search_collection, *asked).result()[0]

    def find(
        self, question: str, method: Method = Method.HYBRID, options: Options = _PLAIN, *, page: int = 1, size: int = 10
    ) -> Found:
        """The best hits by document, a page of them, with facets."""
        edition = self.edition()  # one for all of it, though another may be published meanwhile
        asked = self._embedded(question)
        hits = self._ask(edition, asked, CANDIDATES, method, options)
        found = group(hits, edition.cards)
        return page_of(found, page, size, is_relevant=self._is_relevant(edition, asked, hits, options))

    def _is_relevant(self, edition: Edition, question: Questions, hits: list[Hit], options: Options) -> bool:
        def judge() -> bool:
            return is_relevant(question.texts[0], hits, lambda: similarities(edition.reader, question, options))

        return self._asker.submit(judge).result()

    def highlights(self, question: str, language: str, texts: Iterable[str]) -> list[Places]:
        """Where the question's words stand in each text, as in `Hit.highlights`."""

        def mark() -> list[Places]:
            wanted = marked_terms(question, LANGUAGES)
            return [tuple(places(text, language, wanted)) for text in texts]

        return self._asker.submit(mark).result()

    # -- documents -----------------------------------------------------------------------------------------------

    def documents(self, wanted: Selection, first: int = 0, count: int = 50) -> Listing:
        """`count` of those selected, from `first` (0) on, with the total and the facets of them all."""
        found = select(self.edition().cards.values(), wanted)
        some = tuple(found[first : first + count])
        return Listing(documents=some, total=len(found), facets=count_facets(found))

    def facets(self) -> Facets:
        """Of all documents. Raises what `edition` raises."""
        return self.edition().facets

    def versions(self, document_id: str) -> list[Version]:
        """The contents that a document had, as far as listings are kept; latest first."""
        return list_versions(self.run, self.edition().documents.get(document_id))

    def card(self, document_id: str) -> Card:
        """Raises NotPublishedError."""
        try:
            return self.edition().cards[document_id]
        except KeyError:
            raise NotPublishedError(document_id) from None

    def passages(self, document_id: str, first: int = 0, count: int = 1000) -> list[Passage]:
        """So many from `first` on. Raises NotPublishedError."""
        last = min(self.card(document_id).chunks, first + count)
        return read_passages(self.edition().reader, document_id, range(max(0, first), last))

    def outline(self, document_id: str) -> list[Section]:
        """Raises NotPublishedError."""
        return outline(self.passages(document_id, 0, self.card(document_id).chunks))

    def original(self, document_id: str) -> tuple[Original, FilePath]:
        """What the document's file is, and where. Raises NotPublishedError, also when the file is gone, and
        DamagedFileError."""
        document = self._document(document_id)
        originals.check_original(self.run, document)
        path = originals.original_path(self.run, document)
        if not files.exists(path):
            raise NotPublishedError(document_id)
        return originals.describe_original(document), path

    def has_original(self, document_id: str) -> bool:
        """Whether its file is kept here."""
        document = self.edition().documents.get(document_id)
        return document is not None and files.exists(originals.original_path(self.run, document))

    def can_show_pages(self, document_id: str) -> bool:
        """Whether there are pictures of its pages; False for a document that is not published."""
        document = self.edition().documents.get(document_id)
        return document is not None and originals.can_show_pages(self.run, document)

    def page_picture(self, document_id: str, page: int, passage: int | None = None) -> bytes:
        """A page as PNG, with a frame around the passage, or around each. Raises NotPublishedError."""
        try:
            return originals.page_picture(self.run, self._document(document_id), page, passage)
        except IndexError:
            raise NotPublishedError(document_id) from None

    def _document(self, document_id: str) -> Document:
        try:
            return self.edition().documents[document_id]
        except KeyError:
            raise NotPublishedError(document_id) from None

    # -- how things stand ----------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """Read anew each time, so that it tells of a run that is going on."""
        return read_standing(self._fresh())

    def quarantined(self) -> list[Quarantined]:
        """Of the latest listing, by path; read anew each time."""
        return list_quarantined(self._fresh())

    def past_runs(self, last: int = 20) -> list[PastRun]:
        """Latest first."""
        return runs.past_runs(self._fresh(), last)

    def view_run(self, run_id: str) -> View | None:
        """Where a run stands now; None where there is none of that id."""
        return runs.view_run(self.run, run_id)

    def latest_monitor(self, before: Monitor | None) -> Monitor | None:
        """What follows the run that began last: the one before, if no other has begun."""
        return runs.latest_monitor(self.run, before)

    def report(self, run_id: str) -> bytes | None:
        """A run's report as HTML; None where there is none."""
        return runs.read_report(self.run, run_id)

    def has_report(self, run_id: str) -> bool:
        """Whether `report` would find one."""
        return runs.has_report(self.run, run_id)

    def _fresh(self) -> Run:
        """A run of now: one remembers what it saw."""
        return Run(self.run.settings, self.run.id)
