"""What an endpoint does not understand: tried once, and left out for the rest of the process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from models.events import Event
from models.settings.chat import ChatSettings
from tasks.sources.chat.errors import is_too_long

logger = logging.getLogger(__name__)

#: Statuses with which endpoints refuse a parameter.
REFUSALS = frozenset({400, 404, 422})
#: Parameters that can be done without, and what takes their place.
_REPLACEMENTS: Mapping[str, str | None] = {
    "response_format": None,
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": None,
    "temperature": None,
    "encoding_format": None,
}
#: Endpoint and model to the parameters that they refused.
_refused: dict[tuple[str, str], set[str]] = {}


class Dialect:
    """The parameters that one model at one endpoint takes.

    Args:
        settings: The endpoint and the model.
    """

    def __init__(self, settings: ChatSettings) -> None:
        self._refused = _refused.setdefault((settings.base_url, settings.model), set())
        self._label = settings.label

    def spoken(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request without the parameters that were refused before."""
        spoken: dict[str, Any] = {}
        for key, value in body.items():
            name: str | None = key
            while name in self._refused:
                name = _REPLACEMENTS[name]
            if name is not None:
                spoken[name] = value
        return spoken

    def learn(self, status: int, text: str, sent: Mapping[str, Any]) -> bool:
        """Remember which parameter a refusal is about; returns whether it is worth asking again.

        Args:
            status: The refusal's HTTP status.
            text: What the endpoint said.
            sent: The request that it refused.
        """
        if status not in REFUSALS or is_too_long(status, text):
            return False
        for name in _REPLACEMENTS:
            if name in sent and (name in text or _synonym(name) in text):
                if name not in self._refused:
                    self._refused.add(name)
                    logger.info(
                        "The model at %s does not take %s; it is left out from now on.",
                        self._label,
                        name,
                        extra={"event": Event.LLM_PARAMETER_REFUSED, "parameter": name},
                    )
                return True
        return False


def _synonym(name: str) -> str:
    """Return how endpoints also call a parameter when they refuse it."""
    return {"response_format": "json_schema"}.get(name, name)


def forget_dialects() -> None:
    """Forget what every endpoint refused."""
    _refused.clear()
