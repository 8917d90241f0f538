"""What people read, in Portuguese and English."""

from pipeline.languages import en, pt
from pipeline.languages.choice import choose
from pipeline.languages.texts import PageTexts, ReportTexts

__all__ = ["PAGES", "REPORTS", "PageTexts", "ReportTexts", "choose"]
PAGES = {"pt": pt.PAGE, "en": en.PAGE}
REPORTS = {"pt": pt.REPORT, "en": en.REPORT}
