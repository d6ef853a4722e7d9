"""Scout's errors: one base class, a message for people, and the exit code it leads to."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Self

from models.codes import Code
from models.text.sentence import once_ended


class ExitCode(IntEnum):
    """What a command's exit status means; one table for every command, with or without --json."""

    SUCCESS = 0
    RUN_FAILED = 1
    USAGE = 2
    DEPENDENCY = 3
    CANCELLED = 4
    UNFINISHED = 5
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class ScoutError(Exception):
    """Base class of every error that Scout raises on purpose.

    Its code says what kind of failure it is; whoever wants to know looks there, never at its words.

    Args:
        message: What was wrong, in one sentence.
        hint: What to do next, or an empty string where nothing can be done.
        code: What kind of failure it is, where the class stands for several.

    Attributes:
        said: The reason that the other side gave, or what it did, in few words for a headline;
            empty where the code says it all.
    """

    exit_code: ExitCode = ExitCode.RUN_FAILED
    code: Code = Code.PERMANENT_FAILURE
    said: str = ""

    def __init__(self, message: str, hint: str = "", *, code: Code | None = None) -> None:
        super().__init__(message)
        self.message = once_ended(message)
        self.hint = once_ended(hint)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def saying(self, said: str) -> Self:
        """Return the error, with what stands in a headline about it."""
        self.said = said
        return self


class InputError(ScoutError):
    """An argument that a person gave cannot be used."""

    exit_code = ExitCode.USAGE
    code = Code.BAD_INPUT


class RunExistsError(InputError):
    """There is a run with that key already, and there is to be one only.

    Args:
        run_id: That run.
        key: What was asked for.
    """

    def __init__(self, run_id: str, key: str) -> None:
        super().__init__(f"Run {run_id} has the key {key!r}.", f"See: scout show {run_id}")
        self.run_id = run_id


class ConfigError(ScoutError):
    """A setting is missing or malformed, or a library that it asks for is not installed."""

    exit_code = ExitCode.DEPENDENCY
    code = Code.BAD_SETTING


class DatabaseUnavailableError(ScoutError):
    """The database cannot be opened, read or written."""

    exit_code = ExitCode.DEPENDENCY
    code = Code.DATABASE_UNAVAILABLE


class BrokenRecordError(ScoutError):
    """A row holds something else than the JSON that Scout wrote there.

    Args:
        text: What it holds.
    """

    exit_code = ExitCode.DEPENDENCY
    code = Code.DATABASE_DAMAGED

    def __init__(self, text: str) -> None:
        super().__init__(
            "A row of the database holds no JSON where Scout wrote some: somebody else has changed"
            " it, or the disk has.",
            "Which one it is, says: scout doctor --reconcile",
        )
        self.text = text


class OutOfSpaceError(ScoutError):
    """The disk is full, so that a command in whose process runs are executed cannot go on."""

    exit_code = ExitCode.DEPENDENCY
    code = Code.DISK_FULL


class BrokerUnavailableError(ScoutError):
    """The broker does not answer."""

    exit_code = ExitCode.DEPENDENCY
    code = Code.BROKER_UNAVAILABLE


class TransientError(ScoutError):
    """A step failed for a reason that may pass: network, rate limit, 5xx, busy database.

    Only these are tried again (docs/decisions.md, decision 5).

    Args:
        message: What was wrong, in one sentence.
        hint: What to do next.
        retry_after_s: Seconds that the other side asked to wait, or None.
        code: What kind of failure it is.
    """

    code = Code.TRANSIENT_FAILURE

    def __init__(
        self,
        message: str,
        hint: str = "",
        retry_after_s: float | None = None,
        *,
        code: Code | None = None,
    ) -> None:
        super().__init__(message, hint, code=code)
        self.retry_after_s = retry_after_s


class PermanentError(ScoutError):
    """A step failed for a reason that trying again will not change."""

    code = Code.PERMANENT_FAILURE


class LeaseLostError(ScoutError):
    """This worker no longer holds the step: it was taken over, cancelled or already ended."""

    code = Code.LEASE_LOST


class NetworkBlockedError(PermanentError):
    """A dry run tried to open a connection to the outside."""

    code = Code.NETWORK_BLOCKED


class ItemFailedError(ScoutError):
    """One unit of work cannot be done, whatever is tried; the others can (`tasks.units.loop`)."""

    code = Code.ITEM_FAILED


class PostponedError(ScoutError):
    """A step has to wait longer than it may hold a worker: it is handed back with a delay.

    Args:
        message: What it waits for, in one sentence.
        hint: What to do next.
        delay_s: Seconds after which to go on.
        reason: Why, without the time, which is told anew whenever somebody looks; the message by
            default.
    """

    code = Code.POSTPONED

    def __init__(
        self, message: str, hint: str = "", delay_s: float = 0.0, *, reason: str = ""
    ) -> None:
        super().__init__(message, hint)
        self.delay_s = delay_s
        self.reason = reason or self.message


def system_code(exc: BaseException, otherwise: Code = Code.SYSTEM_ERROR) -> Code:
    """Return the code of what the system refused: a full disk, or `otherwise`."""
    full = getattr(exc, "errno", None) in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return Code.DISK_FULL if full else otherwise


#: What asking somebody else ends with when it fails for good: for whom it is a help and no must.
SOURCE_ERRORS = (ItemFailedError, PermanentError, PostponedError, TransientError)
