"""The HTTP library, which comes with an extra: loaded where it is needed, missed with a hint."""

from __future__ import annotations

from types import ModuleType


def http_library(what: str, remedy: str = "Install it") -> ModuleType:
    """Return the module `httpx`.

    Args:
        what: What needs it, for the message.
        remedy: What can be done, ending before the command that installs it.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import httpx
    except ImportError as exc:
        from models.install_hint import library_missing

        raise library_missing(
            f"{what} needs the HTTP library httpx, which is not installed.", "live", remedy
        ) from exc
    return httpx
