"""The errors a run can meet, each with a code.

    PipelineError
    ├── PermanentError        quarantines the document until its content, the stage or a limit changes
    ├── TransientError        fails the document, or the run, this time; the next run tries again
    └── ConfigurationError    stops the run and names the setting

What is raised here may reach targets, reports and web pages, so messages name what to do and carry no secret,
no absolute path and no document text; `sanitise` is the gate for messages of foreign exceptions, and
`pipeline.errors.escaping` makes what documents say harmless for the place that shows it.
"""

from pipeline.errors.classes import (
    ConfigurationError,
    DamagedFileError,
    PermanentError,
    PipelineError,
    TransientError,
    severity,
)
from pipeline.errors.codes import ErrorCode, Severity
from pipeline.errors.sanitising import sanitise, without_password

__all__ = [
    "ConfigurationError",
    "DamagedFileError",
    "ErrorCode",
    "PermanentError",
    "PipelineError",
    "Severity",
    "TransientError",
    "sanitise",
    "severity",
    "without_password",
]
