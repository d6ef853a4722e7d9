"""A path as somebody typed it, made whole: `~` and the current folder may both be missing."""

from __future__ import annotations

from pathlib import Path

from models.errors import ConfigError, ScoutError


def whole_path(text: str, what: str, error: type[ScoutError] = ConfigError) -> Path:
    """Return an absolute path.

    Args:
        text: What was typed; `~` stands for a home.
        what: The option or setting.
        error: What is raised.

    Raises:
        ScoutError: Nobody has that home, or the current folder was deleted.
    """
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise error(f"{what} begins with ~, but there is no such home.", _HINT) from None
    try:
        return path.absolute()
    except FileNotFoundError:
        raise error(
            f"{what} is relative to the current folder, which is not there any more.", _HINT
        ) from None


_HINT = "Give an absolute path."
