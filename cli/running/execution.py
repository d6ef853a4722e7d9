"""How a command gets a run executed: by a worker in this process, or by workers behind a broker."""

from __future__ import annotations

import getpass
import sys
from contextlib import ExitStack, redirect_stdout
from types import TracebackType
from typing import TYPE_CHECKING, TextIO, cast

from cli.options.execution import ExecutionOptions
from cli.own_process import is_own_process, note_worked
from cli.running.logging import set_up_logging
from cli.running.result import ExecutionResult, exit_code_of
from cli.running.screen import Screen
from cli.running.stop_signals import Stopped, exit_code_of_stop, raised_as_stop
from cli.running.watcher import Watcher
from cli.streams import outlive_readers
from models.clock import Clock
from models.dao import RunsDao
from models.database.migrate import open_database
from models.errors import InputError
from models.events import Event
from models.lifecycle import cancel_run, create_run
from models.run_terms import NO_TERMS, RunTerms
from models.settings.logging import asked_level
from models.settings.runtime import Settings, load_settings
from models.steps import STEP_NAMES
from models.version import git_sha

if TYPE_CHECKING:
    import dramatiq

    from models.errors import ScoutError
    from models.lifecycle.derivation import Derivation
    from models.run_args import RunArgs
    from workers.embedded import EmbeddedWorker


class Execution:
    """Creates runs and waits for them; a context manager that owns the embedded worker.

    Use `Execution.prepare`, which checks everything that can be wrong before a row is written.
    """

    def __init__(self, settings: Settings, how: ExecutionOptions, *, people: bool) -> None:
        self.settings = settings
        self.how = how
        self.people = people
        self.embedded: EmbeddedWorker | None = None
        self.broker: dramatiq.Broker | None = None
        self.stdout = sys.stdout
        #: Whether the run is another command's, which Ctrl-C here does not cancel.
        self.only_watches = False
        #: The steps to begin with of runs that wait for a place in their pool, by run.
        self._held: dict[str, str] = {}
        self._was_interrupted = False
        self._stack = ExitStack()

    @classmethod
    def prepare(cls, how: ExecutionOptions, *, args: RunArgs | None = None) -> Execution:
        """Open the database and reach the broker.

        Args:
            how: How the person wants it executed.
            args: The run's arguments, so that a dry run's fixtures can be looked at first.

        Raises:
            InputError: `--detach` without a broker, or fixtures that cannot be used.
            ConfigError: A setting is malformed.
            DatabaseUnavailableError: The database cannot be opened.
            BrokerUnavailableError: The broker does not answer.
        """
        outlive_readers()
        settings = load_settings()
        if settings.broker_kind == "memory" and not (args is not None and args.dry):
            from models.settings.github_cli import adopt_gh_token

            adopt_gh_token()
        people = set_up_logging(how.log_format, how.log_level, quiet=how.quiet)
        if how.detach and settings.broker_kind == "memory":
            raise InputError(
                "--detach needs a broker: without one the work happens in this process.",
                "Set SCOUT_BROKER_URL=redis://… and start workers with: scout worker",
            )
        open_database(settings)
        execution = cls(settings, how, people=people)
        if settings.broker_kind != "memory":
            execution._reach_broker()
        if args is not None:
            execution.check_sources(args)
        return execution

    def check_sources(self, args: RunArgs) -> None:
        """Look at a run's sources where it will be executed here; elsewhere its workers do.

        Raises:
            InputError: Its fixtures cannot be used.
            ConfigError: This version has no such sources.
        """
        if self.settings.broker_kind == "memory":
            from tasks.sources.choose import sources_for

            sources_for(args.dry, args.fixtures, no_llm=args.no_llm)

    def __enter__(self) -> Execution:
        if is_own_process():
            self._stack.enter_context(raised_as_stop())
        if self.broker is None:
            from workers.without_asyncio import import_dramatiq

            import_dramatiq()
            from workers.embedded import EmbeddedWorker
            from workers.embedded_watch import watch_this_process

            if is_own_process():
                watch_this_process()
            self._stack.enter_context(redirect_stdout(self._for_prints()))
            self.embedded = self._stack.enter_context(EmbeddedWorker(self.settings))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._was_interrupted and self.embedded and isinstance(exc, KeyboardInterrupt):
            self.embedded.hurry()
        hangs = self.embedded is not None and self.embedded.hangs
        self._stack.__exit__(exc_type, exc, traceback)
        if self.embedded is not None and is_own_process():
            note_worked(hangs=hangs)

    def create(
        self,
        args: RunArgs,
        *,
        command: str = "run",
        parent_run_id: str | None = None,
        derivation: Derivation | None = None,
        terms: RunTerms = NO_TERMS,
    ) -> str:
        """Create a run, send its first message, and return its id.

        A derivation takes over rows of the parent and executes only some of the steps, the first
        among them. The parent's tags are taken over, too.
        """
        self.hold_to(dry=args.dry)
        run_id = create_run(
            args,
            command=command,
            git_sha=git_sha(),
            config_hash=self.settings.config_hash(),
            broker=self.settings.broker_kind,
            parent_run_id=parent_run_id,
            derivation=derivation,
            terms=terms,
        )
        self.send(run_id, STEP_NAMES[0])
        return run_id

    def _for_prints(self) -> TextIO:
        """Return where a library's `print` goes: stdout is for what the command was asked for."""
        if self.people:
            return sys.stderr
        from workers.logs.prints import PrintedLines

        return cast("TextIO", PrintedLines("stdout"))

    def hold_to(self, *, dry: bool) -> None:
        """Keep this process off the network for good, where it lives for a dry run and no more."""
        if dry and self.embedded is not None and is_own_process():
            from workers.network_guard import hold_process_to_dry_runs

            hold_process_to_dry_runs(self.settings)

    def send(self, run_id: str, step: str) -> None:
        """Send the message for a run's due step; of one that waits for a place none is due."""
        from workers.enqueue import send_step

        if RunsDao.get(run_id).held_at is not None:
            self._held[run_id] = step
            return
        broker = self.embedded.broker if self.embedded else self.broker
        assert broker is not None  # noqa: S101 - prepare and __enter__ set one of them
        send_step(broker, run_id, step)

    def _send_when_admitted(self, run_id: str) -> None:
        """Send the message of a run that waited for a place, as soon as it has one.

        Workers do so by themselves; those of a command's own process leave other live runs alone.
        """
        if run_id in self._held and RunsDao.get(run_id).held_at is None:
            self.send(run_id, self._held.pop(run_id))

    def _trouble(self, run_id: str) -> ScoutError | None:
        self._send_when_admitted(run_id)
        return self.embedded.trouble if self.embedded else None

    def wait(self, run_id: str) -> ExecutionResult:
        """Show a run's progress until it ends, the time is over, or Ctrl-C or a signal stops it."""
        timeout_s = self.how.timeout_s
        # Log lines on the same terminal would be written into a line that changes.
        screen = Screen(
            people=self.people,
            live=not (self.how.log_level or asked_level()),
            quiet=self.how.quiet,
        )
        watcher = Watcher(
            run_id,
            screen,
            Clock(),
            poll_s=0.1 if self.embedded else 0.2,
            broker=self.settings.broker_kind,
            pause=self.embedded.wait_for_an_end if self.embedded else None,
        )
        try:
            embedded = self.embedded
            ended = watcher.follow(timeout_s, (lambda: self._trouble(run_id)) if embedded else None)
            if ended and self.embedded:
                watcher.finish_others(self.embedded)
        except KeyboardInterrupt as exc:
            return self._interrupted(run_id, screen, exc)
        run = RunsDao.get(run_id)
        exit_code = exit_code_of(run.status)
        screen.end(run, timeout_s=timeout_s)
        return ExecutionResult(run, exit_code)

    def _interrupted(self, run_id: str, screen: Screen, exc: KeyboardInterrupt) -> ExecutionResult:
        self._was_interrupted = True
        reason = exc.reason if isinstance(exc, Stopped) else "interrupted with Ctrl-C"
        if self.embedded is None or self.only_watches:
            text = "no longer watching; the run goes on"
            text += f" · scout logs {run_id} --follow · scout cancel {run_id}"
        elif cancel_run(run_id, who=user_name(), reason=reason):
            text = f"interrupted · go on with: scout resume {run_id}"
        else:
            text = f"interrupted after the run had ended · scout show {run_id}"
        screen.tell(text, Event.RUN_INTERRUPTED, run_id)
        return ExecutionResult(RunsDao.get(run_id), exit_code_of_stop(exc))

    def _reach_broker(self) -> None:
        from workers.without_asyncio import import_dramatiq

        import_dramatiq()
        from workers.broker import build_broker, check_broker

        self.broker = build_broker(self.settings)
        check_broker(self.broker, self.settings)


def user_name() -> str:
    """Return who is at the terminal, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "a person at the terminal"
