"""Where live runs would ask, as the environment says: for `doctor` and `bundle`, which run none."""

from __future__ import annotations

import os
from collections.abc import Mapping

from models.redaction.process_redactor import default_redactor
from models.settings.defaults import (
    CONCURRENCY,
    GITHUB_URL,
    OPENROUTER_MODEL,
    OPENROUTER_URL,
    is_openrouter,
)
from models.settings.runtime import without_credentials


def live_settings(environ: Mapping[str, str] | None = None) -> dict[str, object]:
    """Return GitHub's URL, the model's endpoint and name, and how much is asked at a time.

    URLs come without credentials, and there is no key in it. The endpoint is None where none is
    configured. A setting that cannot be used is returned as it is; runs say what is wrong with it.
    """
    env = os.environ if environ is None else environ
    model_url, model = _text(env, "SCOUT_LLM_BASE_URL"), _text(env, "SCOUT_LLM_MODEL")
    if not model_url and (_text(env, "SCOUT_LLM_API_KEY") or _text(env, "OPENROUTER_API_KEY")):
        model_url = OPENROUTER_URL
    if is_openrouter(model_url):
        model = model or OPENROUTER_MODEL
    concurrency = _text(env, "SCOUT_CONCURRENCY")
    found = {
        "github_url": without_credentials(_text(env, "SCOUT_GITHUB_URL") or GITHUB_URL),
        "llm_base_url": without_credentials(model_url) or None,
        "llm_model": model or None,
        "concurrency": int(concurrency) if concurrency.isdecimal() else concurrency or CONCURRENCY,
    }
    redact_text = default_redactor().redact_text  # a key may stand where it does not belong
    return {
        name: redact_text(value) if isinstance(value, str) else value
        for name, value in found.items()
    }


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip().rstrip("/")
