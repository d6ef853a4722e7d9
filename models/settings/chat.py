"""Which model endpoint is asked: from the environment, and what to do where it names none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from models.errors import ConfigError
from models.settings.defaults import OPENROUTER_MODEL, OPENROUTER_URL, is_openrouter
from models.settings.runtime import without_credentials

OLLAMA_URL = "http://localhost:11434/v1"

THREE_WAYS = f"""Do one of these:
  (1) get a key at https://openrouter.ai/keys and set OPENROUTER_API_KEY
  (2) set SCOUT_LLM_BASE_URL and SCOUT_LLM_MODEL, and SCOUT_LLM_API_KEY where it is needed, for any
      OpenAI-compatible endpoint
  (3) run Ollama here and set SCOUT_LLM_BASE_URL={OLLAMA_URL} and SCOUT_LLM_MODEL=llama3.1
Or do without a model: --no-llm ranks what is found and writes a landscape instead of briefs."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Where to ask, whom, and with which key. The key is never shown."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)

    @property
    def is_openrouter(self) -> bool:
        """Return whether OpenRouter is asked, which understands more than others."""
        return is_openrouter(self.base_url)

    @property
    def label(self) -> str:
        """Return how to name the endpoint to people; holds no credentials."""
        return without_credentials(self.base_url)


def chat_settings(environ: Mapping[str, str] | None = None) -> ChatSettings:
    """Return the endpoint that the environment names; OpenRouter where it only holds its key.

    OpenRouter's key is sent to no other host.

    Raises:
        ConfigError: It names none, or it is malformed; the hint says how to get one.
    """
    env = os.environ if environ is None else environ
    base_url = env.get("SCOUT_LLM_BASE_URL", "").strip().rstrip("/")
    key = env.get("SCOUT_LLM_API_KEY", "").strip()
    model = env.get("SCOUT_LLM_MODEL", "").strip()
    if not base_url or is_openrouter(base_url):
        key = key or env.get("OPENROUTER_API_KEY", "").strip()
        if not key:
            raise ConfigError("No language model is configured.", THREE_WAYS)
        return ChatSettings(base_url or OPENROUTER_URL, model or OPENROUTER_MODEL, _checked(key))
    _check_url(base_url)
    if not model:
        raise ConfigError(
            f"SCOUT_LLM_BASE_URL is {without_credentials(base_url)}, but SCOUT_LLM_MODEL is empty.",
            "Set SCOUT_LLM_MODEL to a model that it serves, such as llama3.1.",
        )
    return ChatSettings(base_url, model, _checked(key))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"SCOUT_LLM_BASE_URL is no address of a model endpoint: {without_credentials(url)!r}.",
            f"Use one such as {OLLAMA_URL}.",
        )


def _checked(key: str) -> str:
    """Refuse a key that no header can carry, without showing it."""
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError(
            "The key for the language model holds characters that no key has.",
            "Copy SCOUT_LLM_API_KEY or OPENROUTER_API_KEY again, without blanks or quotes.",
        )
    return key
