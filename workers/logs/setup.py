"""Configures logging for a process: what the settings are, and how they take effect."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TextIO, cast

from models.errors import ConfigError
from workers.logs.hooks import install_hooks
from workers.logs.json_format import JsonFormatter
from workers.logs.prints import capture_prints
from workers.logs.stream import LineHandler
from workers.logs.text_format import TextFormatter

LogFormat = Literal["json", "text"]
FORMATS = ("json", "text")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
DEFAULT_MAX_BYTES = 10 * 1024 * 1024
DEFAULT_BACKUPS = 5


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How a process logs.

    Attributes:
        format: `json` for machines or `text` for people; the file is always JSON.
        level: The lowest level that is written, in capitals.
        log_file: A file that gets the same lines, or None.
        log_file_max_bytes: The size at which the file is rotated; 0 means never.
        log_file_backups: How many rotated files are kept.
        stream: Where lines go; None means `sys.stderr` as it is at the time of each line.

    Raises:
        ConfigError: A value is not one of those allowed.
    """

    format: LogFormat = "json"
    level: str = "INFO"
    log_file: str | None = None
    log_file_max_bytes: int = DEFAULT_MAX_BYTES
    log_file_backups: int = DEFAULT_BACKUPS
    stream: TextIO | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise _not_one_of("log format", self.format, "SCOUT_LOG_FORMAT", FORMATS)
        if self.level not in LEVELS:
            raise _not_one_of("log level", self.level, "SCOUT_LOG_LEVEL", LEVELS)
        if self.log_file_max_bytes < 0 or self.log_file_backups < 0:
            raise ConfigError(
                "The size and the number of log files must not be negative.",
                "Check SCOUT_LOG_FILE_MAX_BYTES and SCOUT_LOG_FILE_BACKUPS.",
            )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> LogSettings:
        """Return the settings that the environment describes; empty values count as unset.

        Raises:
            ConfigError: A variable is malformed; the message names it.
        """
        env = os.environ if environ is None else environ
        return cls(
            format=cast(LogFormat, env.get("SCOUT_LOG_FORMAT", "").strip().lower() or "json"),
            level=env.get("SCOUT_LOG_LEVEL", "").strip().upper() or "INFO",
            log_file=env.get("SCOUT_LOG_FILE", "").strip() or None,
            log_file_max_bytes=_whole(env, "SCOUT_LOG_FILE_MAX_BYTES", DEFAULT_MAX_BYTES),
            log_file_backups=_whole(env, "SCOUT_LOG_FILE_BACKUPS", DEFAULT_BACKUPS),
        )

    def to_environ(self) -> dict[str, str]:
        """Return the variables that give a child process the same settings."""
        return {
            "SCOUT_LOG_FORMAT": self.format,
            "SCOUT_LOG_LEVEL": self.level,
            "SCOUT_LOG_FILE": self.log_file or "",
            "SCOUT_LOG_FILE_MAX_BYTES": str(self.log_file_max_bytes),
            "SCOUT_LOG_FILE_BACKUPS": str(self.log_file_backups),
        }


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
        handler.setFormatter(TextFormatter(colour=wants_colour(handler.stream)))
    else:
        handler.setFormatter(formatter)
    handlers: list[logging.Handler] = [handler]
    if settings.log_file is not None:
        handlers.append(_file_handler(settings, settings.log_file, formatter))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for new in handlers:
        root.addHandler(new)
    root.setLevel(settings.level)
    install_hooks()
    return handler


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
        configure_logging(replace(LogSettings.from_environ(environ), stream=pipe))
    except ConfigError as exc:
        configure_logging(LogSettings(stream=pipe))
        logging.getLogger("scout.log").error(
            "%s", exc.message, extra={"event": "log.misconfigured", "hint": exc.hint}
        )
    if pipe is not None:
        capture_prints()


def wants_colour(stream: TextIO | None) -> bool:
    """Say whether a stream is a terminal whose user did not turn colours off (`NO_COLOR`)."""
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _file_handler(settings: LogSettings, path: str, formatter: JsonFormatter) -> logging.Handler:
    try:
        # Fails here and now, not at the first line.
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    except OSError as exc:
        raise ConfigError(
            f"The log file {path!r} cannot be written: {exc.strerror}.",
            f"Make {str(Path(path).parent)!r} a folder you may write to, or unset SCOUT_LOG_FILE.",
        ) from exc
    # Only here: the import costs as much as all of Scout's logging.
    from workers.logs.files import SharedRotatingFile

    return SharedRotatingFile(
        path, settings.log_file_max_bytes, settings.log_file_backups, formatter
    )


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ConfigError(
            f"{name} is {text!r}, which is not a whole number.",
            f"Set {name} to a number such as {default}, or unset it.",
        )
    return int(text)


def _not_one_of(what: str, value: str, variable: str, allowed: tuple[str, ...]) -> ConfigError:
    return ConfigError(
        f"{value!r} is not a {what}.", f"Set {variable} to one of {', '.join(allowed)}."
    )
