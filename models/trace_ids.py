"""The ids of traces and spans, worked out of runs, steps and attempts: nothing has to be stored.

A run's id is a ULID, which is 128 bits, as a trace's id is: it is the same number in another
notation. Whoever records the end of an attempt knows the id of its span, and so does every line.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from models.ids import ID_LENGTH, is_id

_DIGITS = {letter: value for value, letter in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}


@lru_cache(maxsize=1024)
def trace_id(run_id: object) -> str | None:
    """Return the id of a run's trace as 32 hexadecimal digits; None for what is no run's id."""
    if not is_id(run_id):
        return None
    number = 0
    for letter in str(run_id)[:ID_LENGTH]:
        number = number << 5 | _DIGITS[letter]
    return f"{number:032x}" if number else None


@lru_cache(maxsize=4096)
def span_id(*of: object) -> str:
    """Return the id of a span as 16 hexadecimal digits, never only zeros.

    Args:
        of: What the span is of: a run; or a run, a step and an attempt.
    """
    digest = blake2b("\0".join(map(str, of)).encode("utf-8", "replace"), digest_size=8).hexdigest()
    return digest if digest.strip("0") else "0" * 15 + "1"


def ids_of(run_id: object, step: object, attempt: object) -> tuple[str | None, str | None]:
    """Return trace and span of what a line is about: an attempt, else the run; None for neither."""
    trace = trace_id(run_id) if isinstance(run_id, str) else None
    if trace is None:
        return None, None
    if isinstance(step, str) and isinstance(attempt, int):
        return trace, span_id(run_id, step, attempt)
    return trace, span_id(run_id)
