"""The redactor that a process shares, over its own environment."""

from __future__ import annotations

import os
from typing import Any

from models.redaction.redactor import Redactor

_default: Redactor | None = None


def default_redactor() -> Redactor:
    """Return the process's redactor, built from the environment at the first call."""
    global _default  # noqa: PLW0603 (one per process is the point)
    if _default is None:
        _default = Redactor(os.environ)
    return _default


def set_default_redactor(redactor: Redactor | None) -> None:
    """Replace the process's redactor.

    Args:
        redactor: The new one. None rebuilds it at the next use, for example after the
            environment has changed.
    """
    global _default  # noqa: PLW0603
    _default = redactor


def redact(value: Any) -> Any:
    """Return a redacted copy of any value; see `Redactor.redact`."""
    return default_redactor().redact(value)
