"""What the page may change, if it may: the same transitions as the commands', with who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from cli.web.reader import Reader
from models.dao.runs import RunsDao
from models.database import connection as db
from models.database.clock import learn_time
from models.database.drivers import connect
from models.errors import InputError
from models.lifecycle import cancel_run, create_run, resume_run
from models.lifecycle.mark_brief import mark_brief
from models.run_args import RunArgs
from models.statuses import Mark
from models.steps import STEP_NAMES
from models.version import git_sha

if TYPE_CHECKING:
    import dramatiq

T = TypeVar("T")

#: Seconds that somebody who pressed a button waits for the database; all who read wait with them.
_PATIENCE_S = 5.0
_REASON_MAX_LENGTH = 200


class Actor:
    """Does what was asked for, on the reader's thread, with a connection that may write.

    Args:
        reader: Whose thread it is.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._settings = replace(
            reader.settings, database_wait_s=min(_PATIENCE_S, reader.settings.database_wait_s)
        )
        self._broker: dramatiq.Broker | None = None

    async def cancel(self, run_id: str, who: str, reason: str) -> None:
        """Cancel a run.

        Raises:
            InputError: It has ended.
        """
        reason = reason.strip()[:_REASON_MAX_LENGTH] or "no reason given"

        def work() -> None:
            if not cancel_run(run_id, who=who, reason=reason):
                raise InputError(f"Run {run_id} is already {RunsDao.get(run_id).status}.")

        await self._act(work)

    async def resume(self, run_id: str, who: str) -> None:
        """Open a run again, and send the message for its first unfinished step.

        Raises:
            InputError: It succeeded, is being worked on, or nobody could be told of it.
            BrokerUnavailableError: The broker does not answer.
        """

        def work() -> None:
            broker = self._reached(f"scout resume {run_id}")
            kind = self._settings.broker_kind
            self._send(broker, run_id, resume_run(run_id, who=who, broker=kind))

        await self._act(work)

    async def rerun(self, run_id: str, who: str) -> str:
        """Make a run with the arguments of another, and return its id.

        Raises:
            InputError: Nobody could be told of it.
            BrokerUnavailableError: The broker does not answer.
        """

        def work() -> str:
            broker = self._reached(f"scout rerun {run_id}")
            old = RunsDao.get(run_id)
            new_id = create_run(
                RunArgs.of_known(old.args).normalised(),
                command="rerun",
                git_sha=git_sha(),
                config_hash=self._settings.config_hash(),
                broker=self._settings.broker_kind,
                parent_run_id=old.run_id,
                who=who,
            )
            self._send(broker, new_id, STEP_NAMES[0])
            return new_id

        return await self._act(work)

    async def mark(self, run_id: str, who: str, rank: str, mark: str, note: str) -> None:
        """Say what became of a brief.

        Raises:
            InputError: There is no such brief, or no such mark.
        """
        if not (rank.isascii() and rank.isdigit() and len(rank) < 6):
            raise InputError(f"{rank!r} is no rank.")
        if mark not in set(Mark):
            raise InputError(f"{mark!r} is no mark.", f"Marks: {', '.join(Mark)}.")
        await self._act(lambda: mark_brief(run_id, int(rank), Mark(mark), note=note, who=who))

    async def _act(self, work: Callable[[], T]) -> T:
        def with_database() -> T:
            database = db.use(connect(self._settings))
            learn_time(database)
            try:
                return work()
            finally:
                database.close_thread()

        return await self._reader.on_thread(with_database)

    def _reached(self, command: str) -> dramatiq.Broker:
        """Return the broker, which answers.

        Raises:
            InputError: There is none: the work would have to be done in this process.
        """
        if self._settings.broker_kind == "memory":
            raise InputError(
                "There is no broker, so nobody would be told to work on it.",
                f"Do it where the work may be done: {command}",
            )
        from workers.broker import build_broker, check_broker

        if self._broker is None:
            self._broker = build_broker(self._settings)
        check_broker(self._broker, self._settings)
        return self._broker

    def _send(self, broker: dramatiq.Broker, run_id: str, step: str) -> None:
        from workers.enqueue import send_step

        send_step(broker, run_id, step)
