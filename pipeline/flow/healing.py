"""A damaged or missing file that a stage comes upon is made again by the stage that made it, in the same run."""

from __future__ import annotations

import itertools
import logging
from collections import Counter

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.run.current import Run
from pipeline.schema import Document, Stage

_MOST_TIMES = 2
_log = logging.getLogger(__name__)


class Healing:
    """Which stage has to work again, and that none does so for ever on a disk that damages all it takes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._times: Counter[str] = Counter()
        self._under_way: dict[str, Stage] = {}

    @property
    def is_under_way(self) -> bool:
        """Whether a stage that was done is now being done again."""
        return bool(self._under_way)

    def end(self, stage: Stage, document: Document, *, failed: bool) -> None:
        """Note that a stage of a document came to its end."""
        if failed or self._under_way.get(document.document_id) is stage:
            self._under_way.pop(document.document_id, None)

    def begin(self, error: Exception | None, failed: Stage, document: Document) -> Stage | None:
        """The stage to go back to when `failed` met a damaged or missing file; what came of it is removed.

        None for other errors, and for a file that was made again before.
        """
        made_by = self._made_by_stage(error, failed, document)
        self._times[document.document_id] += made_by is not None
        if made_by is None or self._times[document.document_id] > _MOST_TIMES:
            return None
        _log.warning("a file of the data directory is missing or damaged; stage %s makes it again", made_by)
        order = list(Stage)
        for each in order[order.index(made_by) : order.index(failed)]:
            self._run.forget(made_in(self._run, each, document))
        self._under_way[document.document_id] = failed
        return made_by

    def _made_by_stage(self, error: Exception | None, failed: Stage, document: Document) -> Stage | None:
        """The stage before `failed` whose file the error is about; of a missing one the error may not tell the name."""
        before = list(itertools.takewhile(lambda stage: stage is not failed, Stage))
        if isinstance(error, DamagedFileError):
            names = {path.name: stage for stage in before for path in made_in(self._run, stage, document)}
            return names.get(error.file_name)
        if isinstance(error, FileNotFoundError):
            return next(
                (stage for stage in before if not all(map(files.exists, made_in(self._run, stage, document)))), None
            )
        return None


def forget_what_rests_on(run: Run, path: FilePath, document: Document) -> None:
    """Remove what came of a document's file, so that the next run asks for the file again."""
    order = list(Stage)
    made_by = next((stage for stage in order if path in made_in(run, stage, document)), order[-1])
    for each in order[: order.index(made_by) : -1]:  # from the end: a receipt speaks for all before it
        run.forget(made_in(run, each, document))


def made_in(run: Run, stage: Stage, document: Document) -> list[FilePath]:
    """What a stage leaves of a document."""
    its = run.files_of(document)
    beside = {Stage.CONVERT: [its.conversion], Stage.EMBED: [its.terms]}
    return [its.target(stage), *beside.get(stage, [])]
