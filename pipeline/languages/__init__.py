"""What people read, in Portuguese and English."""

from pipeline.languages.choice import PAGES, REPORTS, choose
from pipeline.languages.page_texts import PageTexts
from pipeline.languages.texts import ReportTexts

__all__ = ["PAGES", "REPORTS", "PageTexts", "ReportTexts", "choose"]
