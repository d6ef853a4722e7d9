"""How many units of a step may fail before the step itself does."""

from __future__ import annotations

from models.errors import PermanentError, ScoutError, TransientError

#: The share of a step's units that may fail, and the number that may fail whatever the share is.
MAX_FAILED_SHARE = 0.5
MIN_FAILED = 5
#: So many units in a row with trouble that may pass: nobody is there to ask.
DOWN_AFTER = 10


class Tolerance:
    """Counts how the units of an attempt end.

    Args:
        total: The step's units, those of earlier attempts included.
        done: How many of them were done before this attempt.
    """

    def __init__(self, total: int, done: int) -> None:
        self._total = total
        self._done = done
        self._succeeded = 0
        self._failed = 0
        self._passing = 0
        self._passing_in_a_row = 0
        self._last: ScoutError | None = None

    def success(self) -> None:
        """Count a unit that is done."""
        self._succeeded += 1
        self._passing_in_a_row = 0

    def failure(self, error: ScoutError) -> None:
        """Count a unit that failed."""
        self._failed += 1
        self._last = error
        if isinstance(error, TransientError):
            self._passing += 1
            self._passing_in_a_row += 1
        else:
            self._passing_in_a_row = 0

    def check(self) -> None:
        """Return while the step may go on.

        Raises:
            TransientError: All that was asked lately, or everything, failed for a reason that may
                pass: the other side is away.
            PermanentError: More units failed than a step may lose.
        """
        error = self._last
        if error is None:
            return
        too_many = self._failed >= max(MIN_FAILED, MAX_FAILED_SHARE * self._total + 1)
        nothing_works = not self._succeeded and self._passing == self._failed
        everything = self._failed >= self._total and not self._done
        if self._passing_in_a_row >= DOWN_AFTER or (nothing_works and (everything or too_many)):
            raise TransientError(
                f"{self._failed} units failed one after the other; the last: {error.message}",
                error.hint,
                getattr(error, "retry_after_s", None),
            ) from error
        if too_many:
            raise PermanentError(
                f"{self._failed} of {self._total} units failed, more than"
                f" {MAX_FAILED_SHARE:.0%} of them; the last: {error.message}",
                error.hint or "The audit log says what was wrong with each.",
            ) from error
