"""What a worker process's end means, as a sentence that a person understands."""

from __future__ import annotations

import signal

from msgspec import Struct

from models.errors import ExitCode

_SIGNALS = {
    "SIGKILL": "most often the kernel's out-of-memory killer, a container's memory limit,"
    " or `kill -9`",
    "SIGSEGV": "a crash in native code: an extension module or the interpreter",
    "SIGBUS": "a crash in native code, or a memory-mapped file that was cut short",
    "SIGABRT": "native code gave up, or the interpreter met a fatal error",
    "SIGILL": "native code that was built for another processor",
    "SIGFPE": "an arithmetic error in native code",
    "SIGTERM": "it was asked to stop at a time when it could not do so in good order",
    "SIGINT": "something other than its supervisor interrupted it",
    "SIGHUP": "its terminal went away",
    "SIGPIPE": "it wrote to a pipe that nobody reads",
    "SIGXCPU": "it used up its limit of processor time",
    "SIGSYS": "it made a system call that is not allowed here",
}
_CODES = {
    int(ExitCode.SUCCESS): "it ended all of a sudden (os._exit), or somebody else stopped it",
    int(ExitCode.RUN_FAILED): "an error that nothing handled; its last lines say which",
    int(ExitCode.DEPENDENCY): "something it needs is missing; its last lines say what",
    int(ExitCode.UNFINISHED): "its shutdown grace was over while work was still in hand",
}


class ChildDeath(Struct, frozen=True):
    """A worker process that ended otherwise than it was asked to.

    Attributes:
        pid: Its process id.
        worker: What its rows call it.
        exitcode: Its exit code; negative is the number of the signal that killed it.
        signal_name: That signal's name, such as `SIGKILL`, or None.
        sentence: What happened and what that usually means.
    """

    pid: int
    worker: str
    exitcode: int
    signal_name: str | None
    sentence: str


def describe_death(
    pid: int, worker: str, exitcode: int, killed_because: str | None = None, where: str = ""
) -> ChildDeath:
    """Return what the end of a process means.

    Args:
        pid: Its process id.
        worker: What its rows call it.
        exitcode: The exit code that `Popen` reports.
        killed_because: Why the supervisor itself killed it, or None if it did not.
        where: A sentence about where it was, where that is known.
    """
    if exitcode >= 0:
        meaning = _CODES.get(exitcode, "its last lines may say why")
        sentence = f"Worker process {pid} ended with exit code {exitcode}: {meaning}."
        return ChildDeath(pid, worker, exitcode, None, sentence)
    try:
        name = signal.Signals(-exitcode).name
    except ValueError:
        name = f"signal {-exitcode}"
    meaning = _SIGNALS.get(name, "a signal that is not usual for workers")
    if killed_because is not None:
        meaning = f"by its supervisor, because of {killed_because}"
    sentence = f"Worker process {pid} was killed by {name}: {meaning}. {where}".rstrip()
    return ChildDeath(pid, worker, exitcode, name, sentence)
