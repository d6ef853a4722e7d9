"""Makes the settings of a process's logging take effect."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from models.errors import ConfigError
from models.events import Event
from models.line_writer import write_lines_by
from models.nonblocking_stream import plain_notice, unblocked_file
from models.settings.colour import wants_colour
from models.settings.logging import LogSettings, log_settings
from workers.logs.direct import DirectLines
from workers.logs.hooks import install_hooks
from workers.logs.json_format import JsonFormatter
from workers.logs.prints import capture_prints
from workers.logs.stream import LineHandler
from workers.logs.text_format import TextFormatter

#: What stands there is a folder or a device, or the name is too long.
_NO_FILES_NAME = {errno.EISDIR, errno.EINVAL, errno.ENAMETOOLONG}


def configure_logging(settings: LogSettings) -> LineHandler:
    """Make Scout's handlers the only ones of the root logger, and capture what Python prints.

    May be called again: the new settings replace the old ones.

    Returns:
        The handler that writes to the stream.

    Raises:
        ConfigError: The log file cannot be opened; logging is left as it was.
    """
    formatter = JsonFormatter()
    handler = LineHandler(settings.stream)
    if settings.format == "text":
        write_lines_by(None)
        handler.setFormatter(
            TextFormatter(stream=handler.stream, colour=wants_colour(handler.stream))
        )
    else:
        write_lines_by(DirectLines(handler, formatter).write)
        handler.setFormatter(formatter)
    handlers: list[logging.Handler] = [handler]
    if settings.log_file is not None:
        handlers.append(_file_handler(settings, settings.log_file, formatter))
    _tell_dropped_lines(handler)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for new in handlers:
        root.addHandler(new)
    root.setLevel(settings.level)
    install_hooks()
    return handler


def _tell_dropped_lines(handler: LineHandler) -> None:
    """Have the stream tell of lines that nobody read in the format of the others."""
    file = unblocked_file(handler.stream)
    if file is None:
        return

    def notice(lines: int, seconds: float) -> str:
        attributes = {
            "name": "scout.log",
            "module": "setup",
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": plain_notice(lines, seconds).capitalize(),
            "event": Event.LOG_LINES_DROPPED,
            "lines": lines,
        }
        return handler.format(logging.makeLogRecord(attributes))

    file.notice = notice


def install_worker_logging(environ: Mapping[str, str] | None = None) -> None:
    """Configure logging in a worker process from the environment, unless that was done already.

    For processes that the `dramatiq` command has started, where an exception in a hook would be
    swallowed: settings that cannot be used are reported in a log line, and logging falls back to
    JSON lines at INFO. There, `sys.stderr` is a pipe to the parent, which copies each write as
    it comes; so what is printed becomes log lines as well.
    """
    if any(isinstance(handler, LineHandler) for handler in logging.getLogger().handlers):
        return
    pipe = sys.stderr if not isinstance(sys.stderr, io.TextIOBase) else None
    try:
        configure_logging(replace(log_settings(environ), stream=pipe))
    except ConfigError as exc:
        configure_logging(LogSettings(stream=pipe))
        logging.getLogger("scout.log").error(
            "%s", exc.message, extra={"event": Event.LOG_MISCONFIGURED, "hint": exc.hint}
        )
    if pipe is not None:
        capture_prints()


def _file_handler(settings: LogSettings, path: str, formatter: JsonFormatter) -> logging.Handler:
    # Only here: the import costs as much as all of Scout's logging.
    from workers.logs.files import SharedRotatingFile, open_plainly

    try:
        os.close(open_plainly(path))  # fails here and now, not at the first line
        return SharedRotatingFile(
            path, settings.log_file_max_bytes, settings.log_file_backups, formatter
        )
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            raise ConfigError(
                f"The log file {path!r} or its lock is a symbolic link, which is not followed.",
                "Name the file that it leads to in SCOUT_LOG_FILE, or remove the link.",
            ) from exc
        to_do = (
            f"Make {str(Path(path).parent)!r} a folder you may write to, or unset SCOUT_LOG_FILE."
        )
        if exc.errno in _NO_FILES_NAME:
            to_do = "Name another file in SCOUT_LOG_FILE, or unset it."
        raise ConfigError(
            f"The log file {path!r} cannot be written: {exc.strerror}.",
            to_do,
        ) from exc
