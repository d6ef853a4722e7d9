"""Time-ordered identifiers, in the style of ULIDs: 48 bits of time, 80 bits of randomness."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U
ID_LENGTH = 26
_ID = re.compile(f"[0-7][{_ALPHABET}]{{{ID_LENGTH - 1}}}")


def new_id(now_ms: int, random_bits: Callable[[int], int] = secrets.randbits) -> str:
    """Return a 26-character id that sorts by the time it was made.

    Args:
        now_ms: Milliseconds since the Unix epoch.
        random_bits: Returns an integer with that many random bits; injected by tests.
    """
    value = ((now_ms & ((1 << 48) - 1)) << 80) | random_bits(80)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def is_id(value: object) -> bool:
    """Say whether something from elsewhere is an id as `new_id` makes them."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def normalise_prefix(text: str) -> str:
    """Return what a person typed for an id, with case and look-alike letters made canonical."""
    return text.strip().upper().replace("I", "1").replace("L", "1").replace("O", "0")
