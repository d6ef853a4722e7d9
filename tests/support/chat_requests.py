"""What a model is asked in the tests."""

from __future__ import annotations

from typing import Any

from tasks.sources.interface import AnalysisRequest


def request(**changes: Any) -> AnalysisRequest:
    """Return a request to analyse a repository, with some fields changed."""
    fields = {
        "full_name": "a/one",
        "description": "An index.",
        "language": "Rust",
        "topics": ("ann", "index"),
        "readme": "# One\n\nA fast index.",
        "readme_sha256": "0" * 64,
    }
    return AnalysisRequest(**(fields | changes))
