"""Tells a Python caller what an error means for a run and what to do about it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError, Severity, TransientError, sanitise, severity
from pipeline.orchestrator.api_types import ErrorResponse, PipelineStage
from pipeline.orchestrator.progress import STAGES
from pipeline.run.current import Run
from pipeline.schema import Stage
from pipeline.settings.secrets import public_message


def error_response(error: Exception, context: Mapping[str, Any], run: Run | None) -> ErrorResponse:
    """What a run makes of this error; `context` may name `stage` and `document`. An unexpected error is written to the
    run's private errors.log."""
    document = context.get("document")
    ends = severity(error)
    try:
        with files.disk_errors():
            raise error
    except Exception as raised:  # a full disk, put in words
        error = raised
    if run and not isinstance(error, PipelineError):
        with contextlib.suppress(PipelineError, OSError):
            run.log.private.error("handle_pipeline_errors", error)
    code = error.code if isinstance(error, PipelineError) else ErrorCode.INTERNAL
    return ErrorResponse(
        code=code,
        message=public_message(error),
        remedy=code.remedy,
        retryable=isinstance(error, TransientError),
        quarantined=ends is Severity.PERMANENT and document is not None,
        stops_run=ends is Severity.RUN,
        stage=_stage(context.get("stage")),
        document=sanitise(str(document)) if document is not None else None,
    )


def _stage(value: object) -> PipelineStage | None:
    """The stage that a context names, in the words of the Python API or as a Luigi stage."""
    if isinstance(value, PipelineStage | None):
        return value
    with contextlib.suppress(ValueError):
        return PipelineStage(str(value))
    with contextlib.suppress(ValueError):
        return STAGES[Stage(str(value))]
    return None
