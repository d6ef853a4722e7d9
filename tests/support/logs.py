"""Logging into memory, read back as strictly as JSON asks for."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from models.settings.logging import LogSettings
from workers.logs import configure_logging


@dataclass
class Logs:
    """Configures logging into a stream of its own and reads what arrived there."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    def configure(self, settings: LogSettings | None = None) -> None:
        """Configure logging; without settings: JSON lines from DEBUG."""
        configure_logging(replace(settings or LogSettings(level="DEBUG"), stream=self.stream))

    @property
    def text(self) -> str:
        """Return all that was written."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines, which must all parse, however a reader splits them."""
        assert self.text.endswith("\n") or not self.text
        return [strict(line) for line in self.text.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        """Return the only line."""
        (only,) = self.lines
        return only


def strict(line: str) -> dict[str, Any]:
    """Parse a line as a JSON object, without the liberties that Python takes."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    value = json.loads(line, parse_constant=refuse)
    assert isinstance(value, dict)
    return value
