"""Spreads the OCR of one long scanned PDF over all processes, so that it does not hold the run on a single core."""

from __future__ import annotations

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.engine import Job, JobOutcome
from pipeline.flow import stage_jobs
from pipeline.run.current import Run
from pipeline.schema import Document

_MIN_BYTES = 200_000  # scans of enough pages to be worth it are larger


class PagesAhead:
    """Reads a document's pages in ranges; its conversion then finds them read. The result is the same without."""

    def __init__(self, run: Run, document: Document) -> None:
        self._run = run
        self._document = document
        self._target = run.files_of(document).converted
        self._source = run.files_of(document).source
        self._pages: list[FilePath] = []
        self._unread = 0

    @staticmethod
    def is_worthwhile(run: Run, document: Document) -> bool:
        """Whether ranges in several processes would be faster than the conversion alone."""
        return document.extension == "pdf" and document.size_bytes >= _MIN_BYTES and run.engine.workers > 1

    def begin(self) -> Job:
        """Find out which pages need OCR."""
        from pipeline.convert import page_ranges

        arguments = (self._source, self._document.extension, self._run.settings.conversion)
        return self._job("ranges", page_ranges, arguments)

    def follow(self, outcome: JobOutcome) -> list[Job]:
        """What comes after one of these jobs. What failed here fails, or works, again in the conversion."""
        if outcome.key.endswith("#ranges"):
            jobs = [self._read(first, last) for first, last in outcome.result or ()]
            self._unread = len(jobs)
        else:
            jobs = []
            self._unread -= 1
        return jobs if self._unread else [stage_jobs.convert_job(self._run, self._document, self._pages)]

    def clean(self) -> None:
        """After the conversion nobody needs the pages."""
        for path in self._pages:
            files.remove(path)

    def _read(self, first: int, last: int) -> Job:
        from pipeline.convert import read_pages

        path = files.temporary_path(self._target, f"{first}_{last}")
        self._pages.append(path)
        settings = self._run.settings.conversion
        arguments = (self._source, self._document.extension, first, last, path, settings)
        return self._job(f"{first}-{last}", read_pages, arguments)

    def _job(self, name: str, function: stage_jobs.StageFunction, arguments: tuple[object, ...]) -> Job:
        prepare = stage_jobs.load_converter(self._run, self._document)
        priority = stage_jobs.priority(self._document)
        return Job(f"{self._target}#{name}", function, arguments, priority=priority, prepare=prepare)
