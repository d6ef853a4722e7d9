"""`scout replay`: do the results of a run follow from what it stored?"""

from __future__ import annotations

import click

from cli.options.shared import json_option, read_run_argument
from models.errors import ExitCode, InputError


@click.command()
@read_run_argument
@json_option
def command(run_text: str, as_json: bool) -> int:
    """Compute scores, keywords, groups and ranking of RUN again from its stored inputs.

    RUN is an id or a unique prefix of one; the newest run by default. Uses no network and writes
    nothing. The exit code is 0 where everything comes out as it was stored, and 1 where something
    differs; the first difference is said in words.

    \b
    Example:
      scout replay last
    """
    from cli.display.terminal import emit_json, paint, say
    from models.dao.runs import RunsDao
    from models.database.read_only import open_existing
    from models.log_context import bound_work
    from models.settings.runtime import load_settings
    from tasks.replay import replay_run
    from workers.network_guard import install_network_guard

    settings = load_settings()
    if open_existing(settings) is None:
        raise InputError("There are no runs yet.", "Make one: scout run --dry --query TEXT")
    run = RunsDao.resolve(run_text)
    install_network_guard(settings)
    with bound_work(run.run_id, dry=True):
        found = replay_run(run)
    if as_json:
        emit_json(found.to_dict())
    else:
        counts = ", ".join(f"{part.rows:,} {part.name}" for part in found.parts if part.rows)
        if found.difference is None:
            verdict = paint("identical", "green")
            say(f"{verdict}: {counts or 'there is nothing to compute'} of {run.run_id}")
        else:
            from models.text.clean import clean_text

            say(f"{paint('different', 'red')}: {clean_text(found.difference, 600)}")
    return int(ExitCode.SUCCESS if found.identical else ExitCode.RUN_FAILED)
