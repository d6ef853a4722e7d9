"""Why an attempt at a step ended without its step, as it is put on record."""

from __future__ import annotations

from msgspec import Struct

from models.codes import Code, stored_code


class Cause(Struct, frozen=True):
    """Why an attempt ended.

    Args:
        error_type: The class of the error, or Scout's own name of the reason.
        message: What was wrong, for people.
        code: What kind of failure it is.
        traceback: Where an error came from that nobody foresaw; None for Scout's own errors.
        said: The reason that the other side gave, for a headline; empty where it gave none.
    """

    error_type: str
    message: str
    code: Code
    traceback: str | None = None
    said: str = ""

    @classmethod
    def of(
        cls,
        error_type: str,
        message: str,
        code: Code | None = None,
        traceback: str | None = None,
        said: str = "",
    ) -> Cause:
        """Return a cause whose code, where it is not given, is that of the error's type."""
        code = code or stored_code(None, error_type) or Code.BUG
        return cls(error_type, message, code, traceback, said)

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"
