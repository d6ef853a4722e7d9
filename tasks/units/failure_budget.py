"""How many units of a step may be lost before the step itself fails."""

from __future__ import annotations

from models.codes import Code
from models.errors import PermanentError, ScoutError, TransientError

#: The share of a step's units that may be lost, and the number that may be whatever the share is.
MAX_FAILED_SHARE = 0.5
MIN_FAILED = 5
#: What answers is not what was meant to be asked: that may pass for a unit, and not for all.
NOT_THERE = frozenset({Code.MODEL_INCOMPREHENSIBLE, Code.GITHUB_URL_WRONG})
#: So many units in a row with trouble that may pass: nobody is there to ask.
DOWN_AFTER = 10


def is_too_many(lost: int, total: int) -> bool:
    """Say whether a step of `total` units may not lose so many of them."""
    return lost >= max(MIN_FAILED, MAX_FAILED_SHARE * total + 1)


class Tolerance:
    """Counts how the units of a step end: a unit is lost if it failed or brought nothing of use.

    Args:
        total: The step's units, those of earlier attempts included.
        done: How many of them were done before this attempt.
        lost: How many of those brought nothing of use.
    """

    def __init__(self, total: int, done: int, lost: int = 0) -> None:
        self._total = total
        self._done = done
        self._useful = done - lost
        self._useless = lost
        self._answered = False
        self._failed = 0
        self._passing = 0
        self._passing_in_a_row = 0
        self._last: ScoutError | None = None

    def success(self) -> None:
        """Count a unit that is done."""
        self._useful += 1
        self._answered = True
        self._passing_in_a_row = 0

    def useless(self, error: ScoutError) -> None:
        """Count a unit that is done and brought nothing of use; `error` says why."""
        self._useless += 1
        self._answered = True
        self._last = error
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
            PermanentError: More units are lost than a step may lose.
        """
        error = self._last
        if error is None:
            return
        too_many = is_too_many(self._lost, self._total)
        only_passing = not self._answered and self._passing == self._failed
        everything = self._failed >= self._total and not self._done
        if self._passing_in_a_row >= DOWN_AFTER or (only_passing and (everything or too_many)):
            if error.code in NOT_THERE:
                raise self._failure(error, ", one after the other")
            raise TransientError(
                f"{self._failed} units failed one after the other; the last: {error.message}",
                error.hint,
                getattr(error, "retry_after_s", None),
                code=error.code,
            ).saying(error.said) from error
        if too_many:
            raise self._failure(error, f", more than {MAX_FAILED_SHARE:.0%} of them")

    def check_end(self) -> None:
        """Return if the step may end here, where a budget may have left units undone.

        Raises:
            PermanentError: Nothing of what was done is of use.
        """
        if self._last and self._useless and not self._useful and self._lost >= MIN_FAILED:
            raise self._failure(self._last, ", and no other was done")

    @property
    def _lost(self) -> int:
        return self._failed + self._useless

    def _failure(self, error: ScoutError, how_many: str) -> PermanentError:
        what = "failed or brought an answer that is not valid" if self._useless else "failed"
        found = PermanentError(
            f"{self._lost} of {self._total} units {what}{how_many}; the last: {error.message}",
            error.hint or "The audit log says what was wrong with each.",
            code=error.code,
        ).saying(error.said)
        found.__cause__ = error
        return found
