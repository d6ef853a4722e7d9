"""The library that finds keywords in prose: an extra, missed with a hint."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yake_rust import Yake

LIBRARY = "yake-rust"
PHRASE_MAX_WORDS = 2


def extractor_name() -> str:
    """Return the library that finds keywords, and its version.

    Raises:
        ConfigError: It is not installed.
    """
    from importlib.metadata import version

    extractor()
    return f"{LIBRARY} {version(LIBRARY)}"


@lru_cache(maxsize=1)
def extractor() -> Yake:
    """Return the library, ready to read English.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import markdown_it  # noqa: F401 - found missing here rather than in the middle of a step
        from yake_rust import Yake
    except ImportError as exc:
        from models.install_hint import library_missing

        raise library_missing(
            f"--no-llm finds keywords with {LIBRARY} and markdown-it-py, which are not installed.",
            "keywords",
            "Install them",
        ) from exc
    return Yake(language="en", ngrams=PHRASE_MAX_WORDS)
