"""A run's report for people. Importing this package is cheap: matplotlib and jinja2 load when a report is written."""

from pipeline.report.write import read_summary, report_run, write_report

__all__ = ["read_summary", "report_run", "write_report"]
