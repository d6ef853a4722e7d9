"""Where live runs ask, and how much at a time; for `doctor` and `bundle` also what is malformed."""

from __future__ import annotations

from models.errors import ConfigError
from models.redaction.masked_spans import MASK
from models.redaction.process_redactor import default_redactor
from models.settings.chat import ChatSettings, named_endpoint
from models.settings.embedding import LocalModel, named_embedder
from models.settings.github import named_server
from models.settings.setting import Environ, Url
from models.settings.table import CONCURRENCY, EMBED_BASE_URL, GITHUB_URL, LLM_BASE_URL


def concurrency(environ: Environ = None) -> int:
    """Return how many units a step of a live run fetches at a time: `SCOUT_CONCURRENCY`.

    Raises:
        ConfigError: The setting is no number from 1 to 64.
    """
    return CONCURRENCY.read(environ)


def live_settings(environ: Environ = None) -> dict[str, object]:
    """Return GitHub's URL, the models' endpoints and names, and how much is asked at a time.

    URLs come without credentials, and there is no key in it. The endpoint is None where none is
    configured. A setting that cannot be used is returned as it is; runs say what is wrong with it.
    """
    endpoint, embedder = named_endpoint(environ), named_embedder(environ)
    found = {
        "github_url": _shown(GITHUB_URL, named_server(environ).base_url),
        "llm_base_url": _shown(LLM_BASE_URL, endpoint.base_url),
        "llm_model": endpoint.model or None,
        "embed_model": _embed_model(embedder),
        "embed_base_url": _shown(EMBED_BASE_URL, embedder.base_url)
        if isinstance(embedder, ChatSettings)
        else None,
        "concurrency": _concurrency_or_text(environ),
    }
    redact_text = default_redactor().redact_text  # a key may stand where it does not belong
    return {
        name: redact_text(value) if isinstance(value, str) else value
        for name, value in found.items()
    }


def _shown(setting: Url, text: str) -> str | None:
    return (setting.shown(text) or MASK) if text else None


def _embed_model(embedder: ChatSettings | LocalModel | None) -> str | None:
    if isinstance(embedder, LocalModel):
        return embedder.text
    return embedder.model if embedder else None


def _concurrency_or_text(environ: Environ) -> int | str:
    try:
        return concurrency(environ)
    except ConfigError:
        return CONCURRENCY.text(environ)
