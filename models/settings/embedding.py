"""Which model turns texts into vectors: one of an endpoint, one on this machine, or none."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from models.errors import ConfigError
from models.settings.chat import ChatSettings, SettingNames, check_key, check_url, named_endpoint
from models.settings.defaults import is_openrouter
from models.settings.setting import Environ, Setting
from models.settings.table import (
    EMBED_API_KEY,
    EMBED_BASE_URL,
    EMBED_MODEL,
    LLM_API_KEY,
    LLM_BASE_URL,
    OPENROUTER_API_KEY,
)

LOCAL = "local"
NAMES = SettingNames(EMBED_BASE_URL.name, EMBED_MODEL.name, EMBED_API_KEY.name)


class LocalModel(Struct, frozen=True):
    """A model on this machine; `folder` is None where an installed package is to have it."""

    folder: Path | None = None

    @property
    def text(self) -> str:
        """Return it as it is set."""
        return LOCAL if self.folder is None else f"{LOCAL}:{self.folder}"


def embed_settings(environ: Environ = None) -> ChatSettings | LocalModel | None:
    """Return where vectors come from, or None where no model is named.

    Raises:
        ConfigError: The endpoint is not named, or its address or key cannot be used.
    """
    named = named_embedder(environ)
    if not isinstance(named, ChatSettings):
        return named
    if not named.base_url:
        raise ConfigError(
            f"{EMBED_MODEL.name} is {named.model}, but no endpoint is configured that serves it.",
            f"Set {EMBED_BASE_URL.name} to {EMBED_BASE_URL.example}, or {EMBED_MODEL.name} to"
            f" {LOCAL}, or unset it.",
        )
    check_url(EMBED_BASE_URL if EMBED_BASE_URL.is_set(environ) else LLM_BASE_URL, named)
    check_key(_key_setting(environ), named.api_key)
    return named


def named_embedder(environ: Environ = None) -> ChatSettings | LocalModel | None:
    """Return what the environment names, unchecked; without a URL where it names none.

    The language model's key is sent to its own endpoint only, and OpenRouter's to OpenRouter.

    Raises:
        ConfigError: It names the home folder of somebody who has none.
    """
    model = EMBED_MODEL.text(environ)
    if not model:
        return None
    kind, colon, folder = model.partition(":")
    if kind == LOCAL and (not colon or folder.strip()):
        try:
            return LocalModel(Path(folder.strip()).expanduser() if colon else None)
        except RuntimeError as exc:
            raise EMBED_MODEL.refused(model, "in a home folder that is not known") from exc
    chat = named_endpoint(environ)
    base_url = EMBED_BASE_URL.text(environ).rstrip("/") or chat.base_url
    key = EMBED_API_KEY.text(environ)
    if not key and base_url == chat.base_url:
        key = chat.api_key
    if not key and is_openrouter(base_url):
        key = OPENROUTER_API_KEY.text(environ)
    return ChatSettings(base_url, model, key, NAMES)


def _key_setting(environ: Environ) -> Setting:
    for setting in (EMBED_API_KEY, LLM_API_KEY):
        if setting.is_set(environ):
            return setting
    return OPENROUTER_API_KEY
