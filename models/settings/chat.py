"""Which model endpoint is asked: from the environment, and what to do where it names none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from models.errors import ConfigError
from models.settings.defaults import OLLAMA_URL, OPENROUTER_MODEL, OPENROUTER_URL, is_openrouter
from models.settings.loopback import gives_away
from models.settings.setting import Environ, Setting, Url
from models.settings.table import (
    LLM_API_KEY,
    LLM_BASE_URL,
    LLM_MAX_TOKENS,
    LLM_MODEL,
    LLM_TIMEOUT_S,
    OPENROUTER_API_KEY,
)
from models.settings.urls import is_torn, without_credentials

THREE_WAYS = f"""Do one of these:
  (1) get a key at https://openrouter.ai/keys and set OPENROUTER_API_KEY
  (2) set SCOUT_LLM_BASE_URL and SCOUT_LLM_MODEL, and SCOUT_LLM_API_KEY where it is needed, for any
      OpenAI-compatible endpoint
  (3) run Ollama here and set SCOUT_LLM_BASE_URL={OLLAMA_URL} and SCOUT_LLM_MODEL=llama3.1
Or do without a model: --no-llm ranks what is found and writes a landscape instead of briefs."""


@dataclass(frozen=True, slots=True)
class SettingNames:
    """Which settings name an endpoint, for hints."""

    base_url: str = LLM_BASE_URL.name
    model: str = LLM_MODEL.name
    key: str = f"{OPENROUTER_API_KEY.name} or {LLM_API_KEY.name}"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Where to ask, whom, and with which key. The key is never shown.

    timeout_s: how long to wait for an answer. max_tokens: the most of one answer; 0 is for what its
    prompt says.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    names: SettingNames = SettingNames()
    timeout_s: float = LLM_TIMEOUT_S.otherwise
    max_tokens: int = LLM_MAX_TOKENS.otherwise

    @property
    def is_openrouter(self) -> bool:
        """Return whether OpenRouter is asked, which understands more than others."""
        return is_openrouter(self.base_url)

    @property
    def label(self) -> str:
        """Return how to name the endpoint to people; holds no credentials."""
        return without_credentials(self.base_url)


def named_endpoint(environ: Environ = None) -> ChatSettings:
    """Return the endpoint that the environment names, unchecked; without a URL where it names none.

    It is OpenRouter where there is only its key, which is sent to no other host.
    """
    base_url = LLM_BASE_URL.text(environ).rstrip("/")
    key = LLM_API_KEY.text(environ)
    model = LLM_MODEL.text(environ)
    if not base_url or is_openrouter(base_url):
        key = key or OPENROUTER_API_KEY.text(environ)
        base_url = base_url or (OPENROUTER_URL if key else "")
        model = model or (OPENROUTER_MODEL if base_url else "")
    return ChatSettings(base_url, model, key)


def chat_settings(environ: Environ = None) -> ChatSettings:
    """Return the endpoint that the environment names.

    Raises:
        ConfigError: It names none, or something is malformed; the hint says what to do.
    """
    named = named_endpoint(environ)
    if not named.base_url or (named.is_openrouter and not named.api_key):
        raise ConfigError("No language model is configured.", THREE_WAYS)
    check_url(LLM_BASE_URL, named)
    if not named.model:
        raise ConfigError(
            f"{LLM_BASE_URL.name} is {named.label}, but {LLM_MODEL.name} is empty.",
            f"Set {LLM_MODEL.name} to {LLM_MODEL.example}.",
        )
    check_key(LLM_API_KEY if LLM_API_KEY.is_set(environ) else OPENROUTER_API_KEY, named.api_key)
    return replace(
        named,
        timeout_s=LLM_TIMEOUT_S.read(environ),
        max_tokens=LLM_MAX_TOKENS.read(environ),
    )


def check_url(setting: Url, named: ChatSettings) -> None:
    """Refuse an address that cannot be asked, or not without giving the key away.

    Args:
        setting: What the address was read from.
        named: The endpoint.

    Raises:
        ConfigError: It cannot be used.
    """
    url = named.base_url
    if is_torn(url):
        raise setting.torn()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise setting.refused(url, "no address of a model endpoint")
    if parts.query or parts.fragment:
        raise setting.refused(url, "more than a server and a path")
    if (named.api_key or "@" in parts.netloc) and gives_away(url):
        raise setting.refused(url, "not encrypted, and would give the key away", "Use https.")


def check_key(setting: Setting, key: str) -> None:
    """Refuse a key that no header can carry, without showing it.

    Raises:
        ConfigError: It holds such characters.
    """
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise setting.refused(key, "no key: it holds characters that none has")
