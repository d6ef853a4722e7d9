"""What happened to a run, as `scout explain` says it."""

from __future__ import annotations

from cli.diagnosis.case import Diagnosis
from cli.web.pages.parts import code, region
from models.dao.steps import StepRow
from tasks.export.html_elements import Html, element


def diagnosis_part(diagnosis: Diagnosis, failed: StepRow | None) -> Html:
    """Return what happened, what shows it, and what to do next.

    Args:
        diagnosis: What `diagnose` found.
        failed: The step that failed, if one did.
    """
    parts = [element("p", diagnosis.what, class_="what"), element("p", diagnosis.meaning)]
    if failed is not None:
        error = failed.error_message or "no message"
        title = f"{failed.name} · attempt {failed.attempt} · {failed.code or failed.error_type}"
        parts += [element("h3", title), element("p", error, class_="text error")]
    evidence = diagnosis.shown_evidence()
    if evidence:
        items = [element("li", line) for line in evidence]
        parts += [element("h3", "What shows it"), element("ul", *items)]
    if diagnosis.traceback:
        trace = element("pre", diagnosis.traceback)
        parts.append(element("details", element("summary", "Traceback"), trace, id="traceback"))
    if diagnosis.todo:
        items = [element("li", code(line)) for line in diagnosis.todo]
        parts += [element("h3", "What to do"), element("ul", *items)]
    return region("trouble", "What happened", *parts)
