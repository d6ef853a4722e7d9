"""Where data of a user's programs is kept, by the habits of the system."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def data_folder() -> Path:
    """Return the folder for Scout's own data, which need not exist.

    Raises:
        RuntimeError: The user has no home.
    """
    folder = _on_linux() if sys.platform == "linux" else None
    if folder is not None:
        return folder / "scout"
    from platformdirs import user_data_path

    return user_data_path("scout", appauthor=False)


def _on_linux() -> Path | None:
    """Return what platformdirs says where all is as usual: every command would wait for it."""
    base, home = os.environ.get("XDG_DATA_HOME", ""), os.environ.get("HOME", "")
    if "ANDROID_DATA" in os.environ:
        return None
    if base.startswith("/"):
        return Path(base)
    return Path(home, ".local", "share") if home.startswith("/") else None
