"""What may be done to a run, as forms: each is a POST, and works without scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cli.web.pages.parts import region
from models.dao.briefs import GroupOfRun
from models.statuses import Mark, RunStatus, State
from models.text.clean import clean_text
from models.views.run_view import RunView
from tasks.export.html_elements import Html, element, void

_TITLE_MAX_LENGTH = 60
#: States of a run that somebody may open again.
_RESUMABLE = frozenset({State.FAILED, State.CANCELLED, State.STALLED})


def actions_part(
    view: RunView, groups: Sequence[GroupOfRun], secret_field: Callable[[str], Html]
) -> Html:
    """Return the forms that make sense for a run now.

    Args:
        view: The run.
        groups: What it proposes.
        secret_field: Makes the hidden field of a form, by the path that it is sent to.
    """
    run_id, forms = view.run.run_id, []

    def form(name: str, *fields: Html) -> Html:
        path = f"/runs/{run_id}/{name}"
        return element("form", secret_field(path), *fields, action=path, method="post")

    if not view.run.ended:
        reason = void("input", name="reason", maxlength="200")
        forms.append(
            form("cancel", element("label", "Reason ", reason), element("button", "Cancel the run"))
        )
    if view.reading.state in _RESUMABLE:
        forms.append(form("resume", element("button", "Resume from the first unfinished step")))
    if view.run.ended:
        forms.append(form("rerun", element("button", "Run again with the same arguments")))
    if groups and view.run.status is RunStatus.SUCCESS:
        forms.append(form("mark", *_mark_fields(groups)))
    return region("actions", "Actions", *forms)


def _mark_fields(groups: Sequence[GroupOfRun]) -> list[Html]:
    briefs = [
        element("option", f"{one.rank}. {_named(one)}", value=str(one.rank))
        for one in groups
        if one.title is not None
    ] or [element("option", f"{one.rank}. {_named(one)}", value=str(one.rank)) for one in groups]
    marks = [element("option", str(mark), value=str(mark)) for mark in Mark]
    return [
        element("label", "Brief ", element("select", *briefs, name="rank")),
        element("label", "became ", element("select", *marks, name="mark")),
        element("label", "Note ", void("input", name="note", maxlength="500")),
        element("button", "Mark it"),
    ]


def _named(group: GroupOfRun) -> str:
    return clean_text(group.title or ", ".join(group.full_names), _TITLE_MAX_LENGTH)
