"""What a system says where a process may have no more: threads, processes, files, memory."""

from __future__ import annotations

import errno
import os

from models.codes import Code
from models.errors import ExitCode, ScoutError

_NO_MORE_TASKS = (
    "Raise the limit on threads and processes (ulimit -u, TasksMax of a unit, pids of a container)"
    " or on memory, or start fewer."
)
_NO_MORE_MEMORY = "Raise the limit on memory (ulimit -v, a container's), or start fewer processes."
NO_MORE_FILES = "Too many files are open; raise the limit with: ulimit -n 4096"
#: What Python raises where a thread is refused; it has no error of its own for that.
_NO_THREAD = "can't start new thread"
#: What a fork is refused with; a stream that does not wait says it in other words.
_NOT_NOW = os.strerror(errno.EAGAIN)


class SystemLimitError(ScoutError):
    """The system refuses this process another thread, process or file, or memory."""

    exit_code = ExitCode.DEPENDENCY
    code = Code.SYSTEM_ERROR


def opens_files() -> bool:
    """Say whether the system opens another file for this process."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True


def is_about_threads(exc: BaseException) -> bool:
    """Say whether an error is that of a thread which the system refused."""
    return isinstance(exc, RuntimeError) and exc.args == (_NO_THREAD,)


def system_limit(exc: BaseException) -> SystemLimitError | None:
    """Return what to tell a person where an error, or what it came from, is such a refusal."""
    origin = exc.__cause__ or exc
    if isinstance(origin, SystemLimitError):
        return origin
    if is_about_threads(origin):
        return SystemLimitError("The system starts no more threads.", _NO_MORE_TASKS)
    if isinstance(origin, OSError) and origin.strerror == _NOT_NOW and origin.filename is None:
        return SystemLimitError("The system starts no more processes.", _NO_MORE_TASKS)
    if getattr(origin, "errno", None) in {errno.EMFILE, errno.ENFILE}:
        return SystemLimitError("The system opens no more files.", NO_MORE_FILES)
    if isinstance(origin, MemoryError) or getattr(origin, "errno", None) == errno.ENOMEM:
        return SystemLimitError("The system gives no more memory.", _NO_MORE_MEMORY)
    return None
