"""Which runs are old enough to go."""

from __future__ import annotations

from msgspec import Struct

from models.statuses import RunStatus


class RetentionPolicy(Struct, frozen=True):
    """What is removed: ended runs that are older than this, but not the newest few.

    Args:
        older_than_s: How long ago a run must have ended, in seconds.
        keep: How many of the newest runs stay however old they are.
        failed_longer_s: How long ago a failed one must have ended; None says as for the others.
    """

    older_than_s: float = 0.0
    keep: int = 0
    failed_longer_s: float | None = None

    def age_s(self, status: RunStatus) -> float:
        """Return how long ago a run of this status must have ended to be removed."""
        if status is RunStatus.FAILED and self.failed_longer_s is not None:
            return max(self.failed_longer_s, self.older_than_s)
        return self.older_than_s
