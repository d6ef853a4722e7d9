"""What a person at the terminal did that changes no run, put on record: by whom, and what."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from cli.display.terminal import say
from cli.running.execution import user_name
from models.audit import Entry, prepare
from models.clock import Clock
from models.dao.audit import AuditDao
from models.dao.seals import SealsDao
from models.database.migrate import open_database
from models.errors import ScoutError
from models.events import Event
from models.lifecycle import log_audit
from models.settings.runtime import Settings

#: How long a command that only looked waits for a database that somebody else writes to.
_PATIENCE_S = 3.0
_SCOPE = "terminal"


def record_command(settings: Settings, *, event: Event, did: str, data: Mapping[str, Any]) -> None:
    """Add a row without a run to the audit log; where that cannot be, say so and go on.

    What such a command makes is wanted most where the database is in a bad state.

    Args:
        settings: Where the database is.
        event: What was done.
        did: The same as the end of a sentence that begins with who did it.
        data: Details, beside `who`.
    """
    who, until_s = user_name(), time.monotonic() + _PATIENCE_S
    try:
        open_database(settings, migrate=False)
        log_audit(
            event=event,
            message=f"{who} {did}.",
            scope=_SCOPE,
            data={"who": who, **data},
            give_up=lambda: time.monotonic() > until_s,
        )
    except ScoutError as exc:
        say(f"The audit log does not have it: {exc.message}", err=True)


def record_migration(applied: tuple[str, ...]) -> None:
    """Add a row about migrations to the audit log, in the transaction that applies them."""
    who, now = user_name(), Clock().now_iso()
    entry = Entry(
        event=Event.DB_MIGRATED,
        message=f"{who} brought the schema up to date: {', '.join(applied)}.",
        scope=_SCOPE,
        data={"who": who, "applied": list(applied)},
    )
    AuditDao.write(prepare(entry, now).row)
    SealsDao.ask(None, now)
