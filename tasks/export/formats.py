"""The files of an export in every format but Markdown, which has modules of its own."""

from __future__ import annotations

from models.export_path import HTML_NAME, RESULTS_NAME
from models.run_args import FORMATS
from tasks.export.report import Report

MARKDOWN = FORMATS[0]


def other_files(report: Report, exported_at: str) -> dict[str, str]:
    """Return each file's text by its name, for the formats that the run asks for."""
    asked = set(report.args.formats) - {MARKDOWN}
    if not asked:
        return {}
    from tasks.export.results_json import results, results_text

    found = results(report, exported_at)
    files: dict[str, str] = {}
    if "json" in asked:
        files[RESULTS_NAME] = results_text(found)
    if "csv" in asked:
        from tasks.export.csv_files import csv_files

        files |= csv_files(found)
    if "html" in asked:
        from tasks.export.html_page import html_page

        files[HTML_NAME] = html_page(found)
    return files
