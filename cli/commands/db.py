"""`scout db`: the schema of the database, and a copy of it."""

from __future__ import annotations

import click

from cli.display.terminal import emit_json, say
from cli.options.shared import complete_file, json_option, new_file


@click.group()
def command() -> None:
    """Look at the database's schema, bring it up to date, or back the database up.

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

    Commands that use the database do this by themselves; on a server it can be done beforehand. The
    audit log says who did it.

    Example: scout db migrate
    """
    from cli.running.recorded import record_migration
    from models.database.migrate import migrate_database, open_database
    from models.settings.runtime import load_settings

    database = open_database(load_settings(), migrate=False)
    names = migrate_database(database, record_migration)
    if as_json:
        emit_json({"database": database.label, "applied": names})
        return
    for name in names:
        say(f"applied  {name}")
    say(f"{database.label}: up to date.")


@command.command()
@click.argument("file", metavar="FILE", shell_complete=complete_file)
@json_option
def backup(file: str, as_json: bool) -> None:
    """Copy a SQLite database to FILE, also while workers write to it.

    The copy is whole, checked, and readable by its owner only; a file that is there is not
    overwritten. The audit log says who did it, from then on. For PostgreSQL, use pg_dump.

    Example: scout db backup scout-backup.db
    """
    import time

    from cli.display.terminal import size
    from cli.running.recorded import record_command
    from models.database.backup import back_up
    from models.database.drivers import connect
    from models.database.read_only import open_existing
    from models.errors import InputError
    from models.events import Event
    from models.settings.runtime import load_settings
    from models.text.duration import duration

    settings = load_settings()
    database = open_existing(settings)
    if database is None:
        raise InputError(
            f"{connect(settings).label} is not created yet.", "The first run creates it."
        )
    path = new_file(file, "FILE")
    started_s = time.monotonic()
    size_bytes = back_up(database, path)
    took_ms = round((time.monotonic() - started_s) * 1000)
    did = f"copied the database, {size(size_bytes)}"
    about = {"bytes": size_bytes, "path": str(path)}
    record_command(settings, event=Event.DB_BACKED_UP, did=did, data=about)
    if as_json:
        emit_json({"path": str(path), "bytes": size_bytes, "duration_ms": took_ms})
        return
    say(str(path))
    say(f"{size(size_bytes)} in {duration(took_ms)}", err=True)
