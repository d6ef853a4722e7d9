"""`scout db`: the schema of the database."""

from __future__ import annotations

import click

from cli.display.terminal import emit_json, say
from cli.options.shared import json_option


@click.group()
def command() -> None:
    """Look at the database's schema, or bring it up to date.

    Example: scout db status
    """


@command.command()
@json_option
def status(as_json: bool) -> None:
    """Say which migrations are applied and which are pending; changes nothing.

    The exit code is 0, also with pending migrations; 3 where the database cannot be used or is
    newer than this Scout.

    Example: scout db status
    """
    from models.database.drivers import connect
    from models.database.migrate import schema_status, too_new
    from models.database.read_only import open_existing
    from models.settings.runtime import load_settings

    settings = load_settings()
    database = open_existing(settings)
    if database is None:
        label = connect(settings).label
        if as_json:
            emit_json({"database": label, "created": False})
        else:
            say(f"{label}: not created yet; the first run creates it.")
        return
    found = schema_status(database)
    if found.unknown:
        raise too_new(database.label, found)
    if as_json:
        emit_json(
            {
                "database": database.label,
                "created": True,
                "applied": found.applied,
                "pending": found.pending,
            }
        )
        return
    say(database.label)
    for name in found.applied:
        say(f"  applied  {name}")
    for name in found.pending:
        say(f"  pending  {name}")
    say("Bring it up to date: scout db migrate" if found.pending else "Up to date.")


@command.command()
@json_option
def migrate(as_json: bool) -> None:
    """Create the database if need be, and apply the pending migrations.

    Commands that use the database do this by themselves; on a server it can be done beforehand.

    Example: scout db migrate
    """
    from models.database.migrate import migrate_database, open_database
    from models.settings.runtime import load_settings

    database = open_database(load_settings(), migrate=False)
    names = migrate_database(database)
    if as_json:
        emit_json({"database": database.label, "applied": names})
        return
    for name in names:
        say(f"applied  {name}")
    say(f"{database.label}: up to date.")
