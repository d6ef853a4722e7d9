"""What a server said that `scout doctor --online` asked."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct, field

#: Longer answers are cut there.
BODY_MAX_BYTES = 8 << 20


class Endpoint(Struct):
    """What one server said.

    status: the HTTP status, or None where it did not answer. `limits` are GitHub's buckets, and
    `models` counts what a model endpoint lists; each is empty for the other. doubtful: nothing is
    known to be broken, but a run may well fail; a note says why. key: what OpenRouter says about
    the key that was sent.
    """

    url: str
    has_token: bool
    status: int | None = None
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    model: str | None = None
    models: int | None = None
    key: str | None = None
    doubtful: bool = False
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return success, warning or failed."""
        if self.problems:
            return "failed"
        return "warning" if self.doubtful else "success"

    def doubt(self, note: str) -> None:
        """Note down what may make a run fail."""
        self.doubtful = True
        self.notes.append(note)


def parsed(body: bytes) -> Any:
    """Return a body's JSON, or None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}
