"""How a process logs: from the environment, and back into that of its children."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TextIO, cast

from msgspec import Struct

from models.settings.setting import Environ
from models.settings.table import (
    LOG_FILE,
    LOG_FILE_BACKUPS,
    LOG_FILE_MAX_BYTES,
    LOG_FORMAT,
    LOG_LEVEL,
)

LogFormat = Literal["json", "text"]


class LogSettings(Struct, frozen=True):
    """How a process logs.

    Attributes:
        format: `json` for machines or `text` for people; the file is always JSON.
        level: The lowest level that is written, in capitals.
        log_file: A file that gets the same lines, or None.
        log_file_max_bytes: The size at which the file is rotated; 0 means never.
        log_file_backups: How many rotated files are kept.
        stream: Where lines go; None means `sys.stderr` as it is at the time of each line.
    """

    format: LogFormat = "json"
    level: str = LOG_LEVEL.otherwise
    log_file: str | None = None
    log_file_max_bytes: int = LOG_FILE_MAX_BYTES.otherwise
    log_file_backups: int = LOG_FILE_BACKUPS.otherwise
    stream: TextIO | None = None

    def to_environ(self) -> dict[str, str]:
        """Return the variables that give a child process the same settings."""
        return {
            LOG_FORMAT.name: self.format,
            LOG_LEVEL.name: self.level,
            LOG_FILE.name: self.log_file or "",
            LOG_FILE_MAX_BYTES.name: str(self.log_file_max_bytes),
            LOG_FILE_BACKUPS.name: str(self.log_file_backups),
        }


def log_settings(environ: Environ = None) -> LogSettings:
    """Return the settings that the environment describes.

    Raises:
        ConfigError: A variable is malformed; the message names it.
    """
    path = log_file(environ)
    return LogSettings(
        format=cast(LogFormat, LOG_FORMAT.read(environ)),
        level=LOG_LEVEL.read(environ),
        log_file=str(path) if path else None,
        log_file_max_bytes=LOG_FILE_MAX_BYTES.read(environ),
        log_file_backups=LOG_FILE_BACKUPS.read(environ),
    )


def asked_format(environ: Environ = None) -> LogFormat | None:
    """Return the format that the environment names; None where it names none.

    Raises:
        ConfigError: There is no such format.
    """
    return cast(LogFormat, LOG_FORMAT.read(environ)) if LOG_FORMAT.is_set(environ) else None


def asked_level(environ: Environ = None) -> str | None:
    """Return the level that the environment names, in capitals; None where it names none.

    Raises:
        ConfigError: There is no such level.
    """
    return LOG_LEVEL.read(environ) if LOG_LEVEL.is_set(environ) else None


def log_file(environ: Environ = None) -> Path | None:
    """Return the file that gets the lines as JSON; `~` at its beginning is a home folder.

    Raises:
        ConfigError: It begins with the home folder of somebody who has none.
    """
    text = LOG_FILE.text(environ)
    try:
        return Path(text).expanduser() if text else None
    except RuntimeError as exc:
        raise LOG_FILE.refused(text, "in a home folder that is not known") from exc
