"""A run as one file of HTML that stands alone: no script, nothing from elsewhere, no server."""

from __future__ import annotations

import base64
import hashlib

from cli.web.page_data import find_results, find_run
from cli.web.pages.run import run_regions
from cli.web.statics import static_files
from models.settings.runtime import Settings
from models.version import version_text
from tasks.export.html_elements import Html, element, join, void
from tasks.export.html_page import results_parts

#: The newest records are kept; those of the largest runs would make a file that no browser likes.
_RECORDS_MAX = 2_000


def run_file(run_id: str, settings: Settings) -> str:
    """Return the text of the file; the database must be open.

    The same records of a run that has ended give the same text.

    Raises:
        InputError: There is no such run.
    """
    found = find_run(run_id, settings, limit=_RECORDS_MAX)
    regions = run_regions(found, linked=False)
    results = find_results(run_id)
    if results is not None:
        parts = element("section", element("h2", "Results"), *results_parts(results), id="results")
        regions["results"] = parts
    style = static_files()["style.css"].content
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = [
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=policy),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="referrer", content="no-referrer"),
        element("title", f"Run {run_id} · Scout"),
        Html(f"<style>{style.decode()}</style>"),  # a file of ours, in which nothing is escaped
    ]
    foot = element("footer", element("p", f"scout {version_text()}"))
    body = element("body", element("main", *regions.values()), foot)
    page = element("html", element("head", join(head)), body, lang="en")
    return f"<!DOCTYPE html>\n{page}\n"
