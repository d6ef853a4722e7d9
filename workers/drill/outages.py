"""What is done to the surroundings of a drill's workers: database, broker, network, parents."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator

from models.database.connection import database
from models.ids import new_id
from models.run_args import RunArgs
from workers.drill.checks import finished
from workers.drill.environment import QUICK, Stage
from workers.drill.faults import PAUSE_VARIABLE
from workers.drill.forgetful_proxy import ForgetfulProxy

#: What a scenario does: returns the run ids and how many processes were killed.
Act = Callable[[Stage, RunArgs], tuple[list[str], int]]
#: Steps that take a while, so that what is done to the surroundings meets work in hand.
_SLOW = {PAUSE_VARIABLE: "40"}
#: Steps that need the broker each.
_BY_MESSAGE = _SLOW | {"SCOUT_HANDOFF": "broker"}
_RUNS = 8


def outages(chance: random.Random) -> Iterator[tuple[str, Act]]:
    """Yield the scenarios by name.

    Args:
        chance: Which processes are killed where any would do.
    """
    yield "broker full", broker_full
    yield "broker's connections forgotten", connections_forgotten
    yield "messages of another database", foreign_messages
    yield "database locked", database_locked
    yield "database's file gone for a while", file_gone
    yield "parent killed", parent_killed
    yield "rolling restart", rolling_restart
    yield "two parents on one host", lambda stage, args: two_parents(chance, stage, args)


def broker_full(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Let the broker have no memory for a while: it answers, and takes nothing."""
    with stage.workers(_BY_MESSAGE):
        run_ids, said = _under_way(stage, args)
        stage.broker_client().config_set("maxmemory", "1")
        try:
            stage.wait_for_words(b"maxmemory", said)
        finally:
            stage.broker_client().config_set("maxmemory", "0")
        stage.wait_for_end(run_ids)
    return run_ids, 0


def connections_forgotten(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Forget all connections to the broker, as a load balancer does; nobody is told."""
    with ForgetfulProxy(("127.0.0.1", stage.server.port or 0)) as proxy:
        address = {"SCOUT_BROKER_URL": f"redis://127.0.0.1:{proxy.port}/0"}
        with stage.workers(_SLOW | address):
            run_ids, _ = _under_way(stage, args)
            proxy.forget()
            run_ids += stage.create_runs(1, args)
            stage.wait_for_end(run_ids)
    return run_ids, 0


def foreign_messages(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Have the messages of an environment with another database come over the same broker."""
    said = stage.log.stat().st_size
    with stage.workers(_SLOW):
        stage.send([new_id(number) for number in range(_RUNS)])
        run_ids = stage.create_runs(_RUNS, args)
        stage.wait_for_words(b'"message.foreign"', said)
        stage.wait_for_end(run_ids)
    return run_ids, 0


def database_locked(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Hold SQLite's lock for longer than a lease, as a program that hangs does."""
    if not database().is_sqlite:  # the server's locks are not the drill's
        return [], 0
    with stage.workers(_SLOW):
        run_ids, _ = _under_way(stage, args)
        with database().write():
            time.sleep(2 * float(QUICK["SCOUT_LEASE_S"]))
        stage.wait_for_end(run_ids)
    return run_ids, 0


def file_gone(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Move SQLite's file away under the workers, and put it back."""
    path = database().path
    if path is None:
        return [], 0
    elsewhere = path.with_name("elsewhere.db")
    with stage.workers(_SLOW):
        run_ids, said = _under_way(stage, args)
        path.rename(elsewhere)
        try:
            stage.wait_for_words(b"was deleted or moved away", said)
        finally:
            elsewhere.rename(path)
        stage.wait_for_end(run_ids)
    return run_ids, 0


def parent_killed(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Kill the parent of the workers, which then stop in order, and start another one."""
    with stage.workers(_SLOW) as parent:
        run_ids, _ = _under_way(stage, args)
        parent.kill()
    with stage.workers():
        stage.wait_for_end(run_ids)
    return run_ids, 1


def rolling_restart(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Have all processes replaced one after the other, then stopped, and started again."""
    with stage.workers(_SLOW) as parent:
        run_ids, said = _under_way(stage, args)
        parent.send_signal(signal.SIGHUP)
        stage.wait_for_words(b'"worker.exited"', said)
    with stage.workers():
        stage.wait_for_end(run_ids)
    return run_ids, 0


def two_parents(chance: random.Random, stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Kill processes of two parents on one host: each closes its own children's steps alone."""
    killed = 0
    with stage.workers(_SLOW), stage.workers(_SLOW):
        run_ids, _ = _under_way(stage, args)
        while killed < _RUNS // 2 and not stage.all_ended(run_ids):
            killed += stage.kill_one(chance)
            time.sleep(chance.uniform(0.1, 0.3))
        stage.wait_for_end(run_ids)
    return run_ids, killed


def _under_way(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Create runs and wait until they have begun; also return where the log ends by then."""
    run_ids = stage.create_runs(_RUNS, args)
    stage.wait_for("steps to be done", lambda: finished(run_ids) > _RUNS, 60)
    return run_ids, stage.log.stat().st_size
