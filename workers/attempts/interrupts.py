"""Why an attempt must stop before its work is done.

These are raised at a step's checkpoints, and in its thread when it does not reach one in time.
They derive from `BaseException` so that no `except Exception` of a library keeps a step alive.
"""

from __future__ import annotations

from models.codes import Code


class StepInterruptError(BaseException):
    """Base of the reasons; never an error of the step itself."""

    code = Code.INTERRUPTED


class WorkerStoppingError(StepInterruptError):
    """The worker shuts down: the step is handed back.

    Args:
        text: Why, for people.
        suspects: How many steps the process had in hand when it was told to stop by nobody that is
            known: any of them may have done it. None where it was asked to.
    """

    def __init__(self, text: str = "", suspects: int | None = None) -> None:
        super().__init__(text)
        self.suspects = suspects


class StepOverdueError(StepInterruptError):
    """The step ran over its time limit."""

    code = Code.TIME_LIMIT


class StepLostError(StepInterruptError):
    """The step is no longer this worker's: taken over, cancelled or ended."""

    code = Code.LEASE_LOST
