"""What people read, in Portuguese and English."""

from pipeline.languages.choice import PAGES, REPORTS, choose
from pipeline.languages.texts import PageTexts, ReportTexts

__all__ = ["PAGES", "REPORTS", "PageTexts", "ReportTexts", "choose"]
