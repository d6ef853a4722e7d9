"""Where live runs would ask, as the environment says: for `doctor` and `bundle`, which run none.

The defaults are those of `tasks.sources`, copied so that looking at them imports no source; a test
compares them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from models.settings import without_credentials

GITHUB_URL = "https://api.github.com"
MODEL_URL = "https://openrouter.ai/api/v1"
MODEL_NAME = "openai/gpt-4o-mini"
CONCURRENCY = 8


def live_settings(environ: Mapping[str, str] | None = None) -> dict[str, object]:
    """Return GitHub's URL, the model's endpoint and name, and how much is asked at a time.

    URLs come without credentials, and there is no key in it. The endpoint is None where none is
    configured. A setting that cannot be used is returned as it is; runs say what is wrong with it.
    """
    env = os.environ if environ is None else environ
    model_url, model = _text(env, "SCOUT_LLM_BASE_URL"), _text(env, "SCOUT_LLM_MODEL")
    if not model_url and (_text(env, "SCOUT_LLM_API_KEY") or _text(env, "OPENROUTER_API_KEY")):
        model_url = MODEL_URL
    if _is_openrouter(model_url):
        model = model or MODEL_NAME
    concurrency = _text(env, "SCOUT_CONCURRENCY")
    return {
        "github_url": without_credentials(_text(env, "SCOUT_GITHUB_URL") or GITHUB_URL),
        "llm_base_url": without_credentials(model_url) or None,
        "llm_model": model or None,
        "concurrency": int(concurrency) if concurrency.isdecimal() else concurrency or CONCURRENCY,
    }


def _is_openrouter(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host == "openrouter.ai" or host.endswith(".openrouter.ai")


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip().rstrip("/")
