"""`scout cancel`: stop a run for good, or all that a filter finds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.display.terminal import emit_json, say
from cli.options.filters import filter_options
from cli.options.shared import json_option, open_for_use, optional_run_argument, yes_option
from models.errors import InputError
from models.statuses import RUN_ENDED, RUN_STATES, RunStatus

if TYPE_CHECKING:
    from models.settings.runtime import Settings
    from models.views.run_list import RunFilter


@click.command()
@optional_run_argument
@filter_options
@click.option("--reason", default="no reason given", show_default=True, help="Kept in the audit.")
@yes_option
@json_option
def command(run_text: str | None, wanted: RunFilter, reason: str, yes: bool, as_json: bool) -> None:
    """Cancel RUN, or every run that the options find.

    RUN is an id, a unique prefix of one, or `last`. The step that is running stops at its next unit
    of work. No retry and no late message revives a cancelled run; only `scout resume` does. Who
    cancelled and why is in the audit log. Of runs that options find, those that have not ended are
    shown first, and then you are asked.

    \b
    Example:
      scout cancel last --reason "wrong query"
      scout cancel --tag team=search --status queued --until 1h
    """
    from cli.running.several import one_or_several

    several = one_or_several(run_text, wanted)
    settings = open_for_use()
    if several:
        _cancel_several(settings, wanted, reason, yes=yes, as_json=as_json)
    else:
        _cancel_one(str(run_text), reason, as_json=as_json)


def _cancel_one(run_text: str, reason: str, *, as_json: bool) -> None:
    from cli.running.execution import user_name
    from models.dao import RunsDao
    from models.lifecycle import cancel_run
    from workers.tracing.export import tracing

    found = RunsDao.resolve(run_text)
    with _in_few_words(), tracing():  # whoever ends a run sends its span
        ended = cancel_run(found.run_id, who=user_name(), reason=reason)
    if not ended:
        raise InputError(
            f"Run {found.run_id} is already {RunsDao.get(found.run_id).status}.",
            f"See: scout show {found.run_id}",
        )
    if as_json:
        emit_json({"run_id": found.run_id, "status": RunStatus.CANCELLED})
    else:
        say(f"cancelled {found.run_id} · scout resume {found.run_id}", err=True)


@contextmanager
def _in_few_words() -> Iterator[None]:
    """Keep a line for each step, which `scout logs` has, from the screen."""
    from cli.running.logging import WAITING

    handler, root = logging.StreamHandler(), logging.getLogger()
    handler.setLevel(logging.WARNING)
    handler.addFilter(WAITING)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _cancel_several(
    settings: Settings, wanted: RunFilter, reason: str, *, yes: bool, as_json: bool
) -> None:
    from cli.running.execution import user_name
    from cli.running.several import counted_runs, found_runs, show_and_ask
    from models.lifecycle import cancel_run
    from workers.tracing.export import tracing

    views = found_runs(settings, wanted, set(RUN_STATES) - set(RUN_ENDED))
    if views:
        show_and_ask(views, "cancel", yes=yes, quiet=as_json)
    who = user_name()
    with _in_few_words(), tracing():
        cancelled = [
            view.run.run_id for view in views if cancel_run(view.run.run_id, who=who, reason=reason)
        ]
    if as_json:
        emit_json({"found": len(views), "cancelled": cancelled})
    elif not views:
        say("No run that has not ended matches.", err=True)
    else:
        left = len(views) - len(cancelled)
        ended = f" · {counted_runs(left)} had ended meanwhile" if left else ""
        say(f"cancelled {counted_runs(len(cancelled))}{ended}", err=True)
