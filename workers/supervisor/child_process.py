"""One worker process as its supervisor sees it: how it is started, heard, stopped and reaped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from models.errors import ExitCode
from models.settings.logging import LogSettings
from workers.supervisor.child_line import ChildLine
from workers.supervisor.crash_site import CrashSite
from workers.supervisor.line_pump import LineOutput, LinePump
from workers.worker_name import name_of, new_token

#: Seconds that a process gets to write the stacks of its threads before it is killed.
ABORT_S = 2.0
#: The part of the grace time that the work itself gets; the rest is for closing down.
WORK_SHARE_OF_GRACE = 0.9


def child_command(
    threads: int,
    grace_s: float,
    module: str = "workers.supervisor.worker_process",
    counts_fd: int | None = None,
) -> list[str]:
    """Return the command that starts a worker process; it counts into a pipe where there is one."""
    # -P: a folder named `workers` where the operator happens to stand must not be imported.
    return [
        *(sys.executable, "-P", "-m", module, "--stop-on-eof"),
        *("--threads", str(threads), "--grace-s", f"{grace_s * WORK_SHARE_OF_GRACE:g}"),
        *(() if counts_fd is None else ("--counts-fd", str(counts_fd))),
    ]


def child_environ(log: LogSettings) -> dict[str, str]:
    """Return the environment of a worker process: ours, and JSON lines on the way to us."""
    environ = {**os.environ, **replace(log, format="json").to_environ()}
    root = Path(__file__).resolve().parents[2]
    if root.name not in {"site-packages", "dist-packages"}:  # a checkout: -P left it out
        environ["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(root), os.environ.get("PYTHONPATH")])
        )
    return environ


class ChildProcess:
    """A running worker process.

    Its stdin is a pipe that only this process can write to, and does to have it stop: any other
    SIGTERM may be its own work's. When this process dies, however it dies, the child reads the end
    of the stream and stops. Over another pipe the
    child gives signs of life. It is named by a token of ours, so that nobody else's worker is
    taken for it.

    Args:
        command: What to run; its token and its line to us are added.
        environ: Its environment.
        number: Which of the supervisor's places it takes, from 1.
        output: Where its lines go.
        counts_fd: A pipe that it inherits, or None.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        number: int,
        output: LineOutput,
        counts_fd: int | None = None,
    ) -> None:
        self.number = number
        self.started_s = time.monotonic()
        #: When it was started, or we last did not listen to it, on the monotonic clock.
        self._boots_since_s = self.started_s
        #: What it last said at ERROR or above, and its hint: the reason when it cannot start.
        self.last_error = ""
        self.last_hint = ""
        #: Where it was when native code brought it down, if it said so.
        self.crash_site = CrashSite()
        #: When it is killed if it is still there, on the monotonic clock; set once it is to stop.
        self.kill_at_s: float | None = None
        #: Why the supervisor killed it, or None.
        self.killed_because: str | None = None
        token, (line_fd, childs_fd) = new_token(), os.pipe()
        self.line = ChildLine(line_fd)
        try:
            self._process = subprocess.Popen(
                [*command, "--token", token, "--parent-fd", str(childs_fd)],
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(childs_fd,) if counts_fd is None else (childs_fd, counts_fd),
                start_new_session=True,  # a Ctrl-C at the terminal is the supervisor's to pass on
            )
        except OSError:
            self.line.finish()
            raise
        finally:
            os.close(childs_fd)
        #: What its rows call it.
        self.name = name_of(self.pid, token)
        streams = (("stderr", self._process.stderr), ("stdout", self._process.stdout))
        self.pumps = [
            LinePump(source, name, self.pid, output, self._hear, self.crash_site.hear)
            for name, source in streams
            if source is not None
        ]

    @property
    def sources(self) -> list[LinePump | ChildLine]:
        """Return what it can be heard by."""
        return [*self.pumps, self.line]

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Say whether it has said that it works."""
        return self.line.ready

    @property
    def boots_s(self) -> float:
        """Return for how long it has not got ready; 0 once it is."""
        return 0.0 if self.ready else time.monotonic() - self._boots_since_s

    @property
    def lived_s(self) -> float:
        """Return the seconds since it was started."""
        return time.monotonic() - self.started_s

    def poll(self) -> int | None:
        """Return its exit code (negative: killed by that signal), or None while it runs."""
        return self._process.poll()

    def excuse(self) -> None:
        """Let its boot and its silence begin anew: we were not listening."""
        self.line.excuse()
        self._boots_since_s = time.monotonic()

    def stop(self, grace_s: float) -> None:
        """Ask it to stop; `kill_if_overdue` kills it when the grace is over."""
        if self.kill_at_s is None:
            self.kill_at_s = time.monotonic() + grace_s
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # that it is us who ask
                os.write(self._process.stdin.fileno(), b"stop\n")
        self._process.send_signal(signal.SIGTERM)

    def abort(self, because: str) -> None:
        """Have it write the stacks of its threads and die; `kill_if_overdue` sees to the rest."""
        self.killed_because = because
        self.kill_at_s = time.monotonic() + ABORT_S
        self._process.send_signal(signal.SIGABRT)

    def kill(self, because: str) -> None:
        """Kill it, and whatever it started, at once."""
        self.killed_because = self.killed_because or because
        self.kill_at_s = None if self.kill_at_s is None else float("inf")
        if self.poll() is None:
            self.kill_group()

    def kill_group(self) -> None:
        """Kill whatever is left of it and of what it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: only zombies
            os.killpg(self.pid, signal.SIGKILL)

    def kill_if_overdue(self) -> bool:
        """Kill it if its grace is over; return whether that was so."""
        if self.kill_at_s is None or time.monotonic() < self.kill_at_s:
            return False
        self.kill("the end of its grace time")
        return True

    def ended_as_asked(self, exitcode: int) -> bool:
        """Say whether an exit code is what a process that was asked to stop should have."""
        if self.line.retiring and exitcode == ExitCode.UNFINISHED:
            return True  # the thread for whose sake it retired is still there
        if self.kill_at_s is None:
            return False
        return self.ended_in_order(exitcode) or (exitcode == -signal.SIGTERM and not self.ready)

    def ended_in_order(self, exitcode: int) -> bool:
        """Say whether it let go of all that it had; what a step does may end it with 0 as well."""
        return exitcode == ExitCode.SUCCESS and self.line.done

    def finish(self) -> None:
        """Pass on its last words and let go of its pipes, once it has ended."""
        for pump in self.pumps:
            pump.finish()
        self.line.finish()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _hear(self, fields: dict[str, Any]) -> None:
        if fields.get("level") in {"ERROR", "CRITICAL"}:
            self.last_error = str(fields.get("message", ""))
            self.last_hint = str(fields.get("hint") or "")
