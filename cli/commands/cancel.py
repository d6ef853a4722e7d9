"""`scout cancel`: stop a run for good."""

from __future__ import annotations

import click

from cli.display.terminal import emit_json, say
from cli.options.shared import json_option, open_for_use, run_argument
from models.errors import InputError
from models.statuses import RunStatus


@click.command()
@run_argument
@click.option("--reason", default="no reason given", show_default=True, help="Kept in the audit.")
@json_option
def command(run_text: str, reason: str, as_json: bool) -> None:
    """Cancel RUN; the step that is running stops at its next unit of work.

    RUN is an id, a unique prefix of one, or `last`. No retry and no late message revives it; only
    `scout resume` does. Who cancelled and why is in the audit log.

    \b
    Example:
      scout cancel last --reason "wrong query"
    """
    from cli.running.execution import user_name
    from models.dao import RunsDao
    from models.lifecycle import cancel_run
    from workers.tracing.export import tracing

    open_for_use()
    found = RunsDao.resolve(run_text)
    with tracing():  # whoever ends a run sends its span
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
