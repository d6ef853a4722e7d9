"""Step 10: write the run down as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.events import Event
from models.export_path import INDEX_NAME, export_folder, export_index
from tasks.export.appendix import APPENDIX_NAME, appendix_page
from tasks.export.digest import digest_of
from tasks.export.documents import brief_page, outreach_page
from tasks.export.formats import MARKDOWN, other_files
from tasks.export.index import index_page
from tasks.export.landscape import landscape_page
from tasks.export.report import Report, load_report
from tasks.export.writing import write_tree
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return how many files were written, and the digest of what two runs must have in common.

    Raises:
        ExportError: The output folder cannot be written.
    """
    report = load_report(context.run_id, context.args)
    files = render(report, context.now_iso())
    target = export_folder(context.args.out, context.run_id)
    context.record.checkpoint()
    write_tree(target, files)
    stats = _counts(report) | {"files": len(files), "digest": digest_of(files)}
    context.record.audit(
        Event.EXPORT_WRITTEN,
        f"Wrote {len(files)} {'file' if len(files) == 1 else 'files'} to {target}.",
        data={"path": str(export_index(context.args.out, context.run_id)), **stats},
    )
    return stats


def _counts(report: Report) -> dict[str, Any]:
    if report.args.no_llm:
        return {"ranked": len(report.ranking)}
    return {"briefs": len(report.documents), "outreach": len(report.documents)}


def render(report: Report, exported_at: str) -> dict[str, str]:
    """Return every file's text by its path inside the folder, in every format asked for."""
    in_markdown = MARKDOWN in report.args.formats
    files = _markdown_files(report, exported_at) if in_markdown else {}
    return files | other_files(report, exported_at)


def _markdown_files(report: Report, exported_at: str) -> dict[str, str]:
    """Return the files in Markdown; without a language model that is one, the landscape."""
    if report.args.no_llm:
        return {INDEX_NAME: landscape_page(report, exported_at)}
    files = {INDEX_NAME: index_page(report, exported_at), APPENDIX_NAME: appendix_page(report)}
    for document in report.documents:
        files[f"briefs/{document.name}.md"] = brief_page(document, report)
        files[f"outreach/{document.name}.md"] = outreach_page(document, report)
    return files
