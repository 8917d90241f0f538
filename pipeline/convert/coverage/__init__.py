"""An independent count of what a file holds, held against what was converted: proof instead of trust."""

from pipeline.convert.coverage.measuring import Coverage, lost_passages, measure
from pipeline.convert.coverage.passages import LEFT_OUT, LeftOut, Passage, PassageKind
from pipeline.convert.coverage.sentences import warnings_of

__all__ = [
    "LEFT_OUT",
    "Coverage",
    "LeftOut",
    "Passage",
    "PassageKind",
    "lost_passages",
    "measure",
    "warnings_of",
]
