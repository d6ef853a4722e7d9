"""Keeps worker processes running, one restart at a time, and owns everything they print.

This is what `scout worker` runs. It never imports dramatiq: it cannot crash in what it guards.
"""

from __future__ import annotations

import logging
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from models.errors import ExitCode, InputError
from models.events import Event
from models.settings.logging import LogSettings, log_settings
from models.system_limits import system_limit
from workers.logs import configure_logging
from workers.supervisor.batch_scheduling import schedule_as_batch
from workers.supervisor.child_line import Request
from workers.supervisor.child_process import ChildProcess, child_command, child_environ
from workers.supervisor.cpu_affinity import keep_on_own_cpu
from workers.supervisor.exit_reasons import ChildDeath, describe_death
from workers.supervisor.line_pump import LineOutput
from workers.supervisor.lone_steps import LoneSteps
from workers.supervisor.rolling_restart import RollingRestart
from workers.supervisor.signals import SignalPipe, has_terminal
from workers.supervisor.slots import RestartPolicy, Slot
from workers.supervisor.systemd import Systemd

__all__ = ["ChildDeath", "RestartPolicy", "Supervisor", "run_supervisor"]

logger = logging.getLogger("scout.worker")

#: Boots in a row that may end with "a dependency is missing" before any process was ever ready.
MAX_REFUSED_BOOTS = 3
#: Seconds that lines are gathered before they are passed on: fewer wake-ups under load.
_GATHER_S = 0.004
_TICK_S = 1.0
#: The place of a process that runs one step alone: none.
LONE = 0
#: A look at the children that comes later than this says nothing about their silence.
_OWN_GAP_S = 3.0


def run_supervisor(
    processes: int,
    threads: int,
    on_child_death: Callable[[ChildDeath], None] | None = None,
    *,
    log: LogSettings | None = None,
    command: Sequence[str] | None = None,
    shutdown_grace_s: float = 30.0,
    policy: RestartPolicy | None = None,
    counts_fd: int | None = None,
) -> int:
    """Run worker processes until a signal ends it. Must be called in the main thread.

    SIGTERM or SIGINT stops gracefully; a second SIGINT kills at once; SIGHUP replaces the
    processes one after the other, or stops them if the terminal is gone that this began at.

    Args:
        processes: How many worker processes to keep running.
        threads: How many worker threads each of them has.
        on_child_death: Called after a process ended otherwise than asked, in a thread of its
            own, one call at a time. What it raises is logged.
        log: How this process and its children log; None means from the environment.
        command: What to run instead of `python -m workers.supervisor.worker_process`.
        shutdown_grace_s: Seconds that processes get to finish before they are killed.
        policy: How long to wait before restarts.
        counts_fd: The writing end of a pipe into which the processes count; None for none.

    Returns:
        0 after a graceful stop; 3 if no process could start because something is missing; 5 if
        one still had work in hand, or had to be killed, when its grace was over; 130 after a
        second SIGINT.

    Raises:
        ConfigError: A logging setting cannot be used.
        InputError: `processes` or `threads` is less than 1.
    """
    if processes < 1 or threads < 1:
        raise InputError(
            "A worker needs at least one process and one thread.",
            "Use numbers from 1 for --processes and --threads.",
        )
    settings = log or log_settings()
    systemd = Systemd()  # before the environment of the children is made
    output = LineOutput(configure_logging(settings))
    command = command or child_command(threads, shutdown_grace_s, counts_fd=counts_fd)
    environ = child_environ(settings)
    logger.info(
        "Starting %d worker process(es) with %d thread(s) each.",
        *(processes, threads),
        extra={"event": Event.WORKER_BOOTING, "processes": processes, "threads": threads},
    )
    with ThreadPoolExecutor(1, thread_name_prefix="child-deaths") as executor:
        executor.submit(int)  # its thread is there from now on, whatever the system's limits

        def notify(death: ChildDeath) -> None:
            if on_child_death is not None:
                executor.submit(_guarded, on_child_death, death)

        def start(number: int, alone: Request | None) -> ChildProcess:
            extra = ["--alone", *alone] if alone else []
            child = ChildProcess([*command, *extra], environ, number, output, counts_fd)
            schedule_as_batch(child.pid)
            if alone is None:
                keep_on_own_cpu(child.pid, number, processes)
            return child

        return Supervisor(
            processes,
            start,
            notify,
            shutdown_grace_s,
            policy or RestartPolicy(),
            systemd,
        ).run()


class Supervisor:
    """The loop that starts, hears, restarts and stops worker processes.

    Args:
        processes: How many to keep running.
        start: Starts the process for a place, or for one step alone; may raise OSError.
        notify: Called with every death.
        grace_s: Seconds between asking a process to stop and killing it.
        policy: How long to wait before restarts.
        systemd: Who is told that the processes are ready, and that this loop still runs.
    """

    def __init__(
        self,
        processes: int,
        start: Callable[[int, Request | None], ChildProcess],
        notify: Callable[[ChildDeath], None],
        grace_s: float,
        policy: RestartPolicy,
        systemd: Systemd | None = None,
    ) -> None:
        self.slots = [Slot(number) for number in range(1, processes + 1)]
        self.policy = policy
        self.grace_s = grace_s
        self._start_process = start
        self._notify = notify
        self._children: list[ChildProcess] = []
        self._lone_steps = LoneSteps(processes, self._start_alone)
        self._looked_s = time.monotonic()
        self._reload = RollingRestart(self)
        self._systemd = systemd or Systemd({})
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._interrupts = 0
        self._any_was_ready = False
        self._exit_code = ExitCode.SUCCESS
        self._had_terminal = has_terminal()

    def run(self) -> int:
        """Run until stopped, and return the exit code."""
        caught = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        with SignalPipe(caught) as signals, self._selector:
            self._selector.register(signals, selectors.EVENT_READ)
            while self._children or not self._stopping:
                self._start_due()
                self._wait(signals)
                for number in signals.take():
                    self._on_signal(number)
                self._reap()
                self._look_after()
                self._reload.advance()
                self._kill_overdue()
                self._tell_systemd()
        logger.info(
            "All worker processes have ended.",
            extra={"event": Event.WORKER_STOPPED, "exit_code": int(self._exit_code)},
        )
        return int(self._exit_code)

    def start_child(self, slot: Slot) -> ChildProcess | None:
        """Start a process for a place; None if the system cannot start one now."""
        child = self._start(slot.number)
        if child is not None:
            self.say(Event.WORKER_STARTED, child, "Worker %d started as process %d.", child.pid)
        return child

    def _start_alone(self, request: Request) -> ChildProcess | None:
        return self._start(LONE, request)

    def _start(self, number: int, alone: Request | None = None) -> ChildProcess | None:
        try:
            child = self._start_process(number, alone)
        except OSError as exc:
            limit = system_limit(exc)
            logger.error(
                "Worker %d cannot be started: %s",
                *(number, limit.message if limit else f"{exc}."),
                extra={"event": Event.WORKER_START_FAILED, "hint": limit.hint if limit else ""},
            )
            return None
        self._children.append(child)
        for source in child.sources:
            self._selector.register(source, selectors.EVENT_READ, source)
        return child

    def say(self, event: Event, child: ChildProcess, message: str, *args: object) -> None:
        """Log a line about a process; its number is the message's first argument."""
        extra = {"event": event, "worker": child.number, "worker_pid": child.pid}
        logger.info(message, child.number, *args, extra=extra)

    def stop(self, reason: str) -> None:
        """Ask every process to stop; start none any more."""
        self._stopping = True
        self._reload.cancel()
        self._lone_steps.cancel()
        self._systemd.stopping(f"stopping ({reason})")
        logger.info(
            "Stopping the worker processes (%s); they have %g s to finish what they do.",
            *(reason, self.grace_s),
            extra={"event": Event.WORKER_STOPPING, "reason": reason, "grace_s": self.grace_s},
        )
        for child in self._children:
            child.stop(self.grace_s)

    def _wait(self, signals: SignalPipe) -> None:
        ready = self._selector.select(self._seconds_to_wait())
        pumps = [key.data for key, _ in ready if key.data is not None]
        if pumps and len(pumps) == len(ready):
            time.sleep(_GATHER_S)
        for pump in pumps:
            if not pump.pump():
                self._selector.unregister(pump)

    def _seconds_to_wait(self) -> float:
        now_s = time.monotonic()
        times = [slot.start_at_s for slot in self.slots if slot.start_at_s is not None]
        times = [] if self._stopping else times
        times += [child.kill_at_s for child in self._children if child.kill_at_s is not None]
        tick_s = min(_TICK_S, self._systemd.watchdog_s or _TICK_S)
        return max(0.0, min([tick_s, *(at_s - now_s for at_s in times)]))

    def _on_signal(self, number: signal.Signals) -> None:
        if number in {signal.SIGTERM, signal.SIGINT}:
            # Only a second Ctrl-C kills: process managers send SIGTERM after a Ctrl-C of theirs.
            self._interrupts += number == signal.SIGINT
            if not self._stopping:
                self.stop(number.name)
            elif self._interrupts > 1:
                self._exit_code = ExitCode.INTERRUPTED
                for child in self._children:
                    child.kill("a second Ctrl-C")
        elif number == signal.SIGHUP and not self._stopping:
            if self._had_terminal and not has_terminal():
                self.stop("its terminal hung up")
            else:
                self._reload.begin()

    def _start_due(self) -> None:
        now_s = time.monotonic()
        for slot in self.slots:
            if self._stopping or slot.start_at_s is None or slot.start_at_s > now_s:
                continue
            slot.child = self.start_child(slot)
            slot.start_at_s = None
            if slot.child is None:
                slot.restart_later(self.policy, quick=True)

    def _reap(self) -> None:
        for child in self._children[:]:
            exitcode = child.poll()
            if exitcode is None:
                continue
            for source in child.sources:
                if source in self._selector.get_map():
                    self._selector.unregister(source)
            child.finish()
            self._hear(child)  # its last words
            if not child.ended_in_order(exitcode):
                child.kill_group()
            self._children.remove(child)
            self._after_end(child, exitcode)

    def _look_after(self) -> None:
        """Replace who retires or gives no sign of life, and start what must run alone."""
        now_s = time.monotonic()
        was_away, self._looked_s = now_s - self._looked_s > _OWN_GAP_S, now_s
        for child in self._children:
            if was_away:
                child.excuse()
            self._hear(child)
            self._abort_if_stuck(child)
        if self._stopping:
            return
        self._lone_steps.start_some()
        for slot in self.slots:
            if slot.child is not None and slot.child.line.retiring:
                message = "Worker %d (process %d) takes no more work; another takes its place."
                self.say(Event.WORKER_REPLACING, slot.child, message, slot.child.pid)
                slot.child, slot.start_at_s = None, now_s

    def _hear(self, child: ChildProcess) -> None:
        self._any_was_ready = self._any_was_ready or child.ready
        for request in child.line.requests:
            self._lone_steps.ask(request)
        child.line.requests.clear()

    def _abort_if_stuck(self, child: ChildProcess) -> None:
        silence_s, boot_limit_s = self.policy.silence_s, self.policy.boot_limit_s
        if child.killed_because is not None:
            return
        if child.line.silent_s() > silence_s:
            child.abort(f"giving no sign of life for {silence_s:g} s")
        elif child.boots_s > boot_limit_s:
            child.abort(f"not being ready after {boot_limit_s:g} s")

    def _after_end(self, child: ChildProcess, exitcode: int) -> None:
        if exitcode == ExitCode.UNFINISHED and self._stopping:
            self._exit_code = self._exit_code or ExitCode.UNFINISHED
        if self._lone_steps.forget(child):
            if not (child.ended_in_order(exitcode) or child.ended_as_asked(exitcode)):
                self._report_death(child, exitcode)
            return
        if child.ended_as_asked(exitcode):
            self.say(Event.WORKER_EXITED, child, "Worker %d (process %d) has stopped.", child.pid)
        else:
            self._report_death(child, exitcode)
        if self._reload.took_over(child):
            return
        slot = self.slots[child.number - 1]
        if slot.child is not child:
            return
        slot.child = None
        if exitcode == ExitCode.DEPENDENCY and not child.ready:
            slot.refused_boots += 1
            if slot.refused_boots >= MAX_REFUSED_BOOTS and not self._any_was_ready:
                self._give_up(child)
        if not self._stopping:
            line = child.line
            quick = self.policy.is_quick(child.lived_s, ready=line.ready, worked=line.worked)
            slot.restart_later(self.policy, quick=quick)

    def _report_death(self, child: ChildProcess, exitcode: int) -> None:
        site, killed_because = child.crash_site, child.killed_because
        where = site.where(aborted=killed_because is not None)
        death = describe_death(child.pid, child.name, exitcode, killed_because, where)
        extra: dict[str, object] = {
            "event": Event.WORKER_DIED,
            "worker": child.number,
            "worker_pid": death.pid,
            "exit_code": death.exitcode,
            "signal": death.signal_name,
            "lived_s": round(child.lived_s, 3),
        }
        if site.threads:
            extra["threads"] = site.threads
        logger.error("%s", death.sentence, extra=extra)
        self._notify(death)

    def _give_up(self, child: ChildProcess) -> None:
        if self._stopping:
            return
        self._exit_code = ExitCode.DEPENDENCY
        logger.critical(
            "The workers cannot start: %s",
            child.last_error or "something they need is missing.",
            extra={"event": Event.WORKER_GAVE_UP, "hint": child.last_hint},
        )
        self.stop("they cannot start")

    def _tell_systemd(self) -> None:
        """Say that all places have had a process that was ready, and that this loop runs."""
        if not self._stopping and all(slot.child and slot.child.ready for slot in self.slots):
            self._systemd.ready(f"{len(self.slots)} worker process(es)")
        self._systemd.alive()

    def _kill_overdue(self) -> None:
        for child in self._children:
            if child.kill_if_overdue() and self._stopping:
                self._exit_code = self._exit_code or ExitCode.UNFINISHED


def _guarded(callback: Callable[[ChildDeath], None], death: ChildDeath) -> None:
    try:
        callback(death)
    except Exception:
        logger.exception(
            "What follows a worker's death failed; leases will expire by themselves.",
            extra={"event": Event.WORKER_DEATH_CALLBACK_FAILED, "worker_pid": death.pid},
        )
