"""`scout notify`: does whoever should be told hear it?"""

from __future__ import annotations

import click

from cli.display.terminal import emit_json, paint, say
from cli.options.shared import json_option
from models.errors import ExitCode, InputError, ScoutError


@click.command()
@json_option
def command(as_json: bool) -> int:
    """Send a message that says it is a test to every receiver that is configured.

    It goes the way of a real one: with the same facts, and signed. Nothing is recorded. The exit
    code is 1 where a receiver was not told, 2 where none is configured.

    Example: scout notify
    """
    from models.settings.notify import notify_settings
    from workers.notify.message import trial_message
    from workers.notify.receivers import send

    settings = notify_settings()
    if not settings.receivers:
        raise InputError(
            "Nobody is configured who could be told.",
            "Set SCOUT_NOTIFY_COMMAND, SCOUT_NOTIFY_WEBHOOK or SCOUT_NOTIFY_APPRISE.",
        )
    message, errors = trial_message(), dict[str, str]()
    for receiver in settings.receivers:
        try:
            send(receiver, message, settings)
        except ScoutError as exc:
            errors[receiver] = str(exc)
    if as_json:
        told = [{"receiver": one, "error": errors.get(one)} for one in settings.receivers]
        emit_json({"id": message.id, "told": told})
    else:
        for one in settings.receivers:
            say(f"{one:<8}  {paint('not told', 'red')}  {errors[one]}" if one in errors
                else f"{one:<8}  {paint('told', 'green')}")  # fmt: skip
    return int(ExitCode.RUN_FAILED if errors else ExitCode.SUCCESS)
