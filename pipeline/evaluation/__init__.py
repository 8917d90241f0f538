"""How well the collection answers questions whose right document is known, and whether another way answers better."""

from pipeline.evaluation.compare import Comparison
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.published import compare_file, evaluate_published, write
from pipeline.evaluation.questions import Question, read_questions

__all__ = ["Comparison", "Evaluation", "Question", "compare_file", "evaluate_published", "read_questions", "write"]
