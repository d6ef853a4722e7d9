"""How long something took, for people: said in one way on every screen, page and log line."""

from __future__ import annotations


def duration(ms: float | None) -> str:
    """Return milliseconds as people say them; an empty string for None."""
    if ms is None:
        return ""
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    seconds = round(ms / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    if seconds < 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3600} h"
