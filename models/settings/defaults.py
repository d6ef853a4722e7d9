"""Whom a live run asks where the environment names nobody else.

Kept here so that `doctor` and `bundle` can say it without importing what does the asking.
"""

from __future__ import annotations

from urllib.parse import urlsplit

GITHUB_URL = "https://api.github.com"
OPENROUTER_URL = "https://openrouter.ai/api/v1"
OLLAMA_URL = "http://localhost:11434/v1"
OPENROUTER_MODEL = "openai/gpt-4o-mini"
#: READMEs or answers that a step fetches at a time.
CONCURRENCY = 8


def is_openrouter(url: str) -> bool:
    """Say whether this is OpenRouter's address, which gets OpenRouter's key."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host == "openrouter.ai" or host.endswith(".openrouter.ai")
