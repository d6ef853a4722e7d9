"""New files that hold what only their owner should read."""

from __future__ import annotations

import os
from pathlib import Path

from models.errors import InputError


def write_private(path: Path, content: bytes, option: str = "--out") -> None:
    """Write a new file that only its owner can read.

    Raises:
        InputError: There is one already, or no such folder.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError as exc:
        raise InputError(f"{path} is there already.", f"Name another file with {option}.") from exc
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise InputError(
            f"{path.parent} is not a folder.", f"Create it, or choose another file with {option}."
        ) from exc
    with os.fdopen(handle, "wb") as file:
        file.write(content)
