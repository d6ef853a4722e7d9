"""What commands write to stderr beside their own lines for people."""

from __future__ import annotations

import logging
import sys

#: Whose warnings people see although they asked for no lines: that a command waits, and for what.
WAITING = logging.Filter("models.database")


def set_up_logging(log_format: str | None, log_level: str | None, *, quiet: bool = False) -> bool:
    """Configure logging for a command that executes runs.

    On a terminal people see the steps, drawn from the same records, and log lines only when they
    ask for a level, but for those that say that the database is waited for. Elsewhere, or with
    `--log-format json`, stderr is JSON lines.

    Returns:
        Whether stderr is for people.
    """
    from msgspec.structs import replace

    from models.settings.logging import asked_format, asked_level, log_settings
    from workers.logs import configure_logging

    settings = log_settings()
    chosen = log_format or asked_format()
    if not chosen:
        chosen = "text" if sys.stderr.isatty() else "json"
    people = chosen == "text"
    asked = log_level or asked_level()
    unasked = people and not asked
    logging.getLogger(WAITING.name).setLevel("INFO" if unasked else "NOTSET")
    if unasked:
        # Nothing but the steps on the screen; a log file still gets everything.
        level = "INFO" if settings.log_file else "CRITICAL"
        handler = configure_logging(replace(settings, format="text", level=level))
        handler.setLevel("ERROR" if quiet else "WARNING")
        handler.addFilter(WAITING)
    else:
        level = asked.upper() if asked else "ERROR" if quiet else settings.level
        configure_logging(replace(settings, format="text" if people else "json", level=level))
    return people


def set_up_server_logging() -> None:
    """Configure logging for a command that serves: text on a terminal, JSON lines elsewhere."""
    from msgspec.structs import replace

    from models.settings.logging import asked_format, log_settings
    from workers.logs import configure_logging

    settings = log_settings()
    if not asked_format() and sys.stderr.isatty():
        settings = replace(settings, format="text")
    configure_logging(settings)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it tells of each start and end
