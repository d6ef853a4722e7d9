"""The tables of runs: their steps, the audit log, and the processes that execute them."""

from __future__ import annotations

from peewee import (
    BigAutoField,
    CompositeKey,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from models.tables.base import Table


class Run(Table):
    """One execution of a pipeline command.

    status: queued | running | success | failed | cancelled; the last three are terminal.
    broker: memory | redis | amqp, so that recovery only touches runs it can deliver.
    deadline_at: when it is failed if it has not ended by then.
    pool, pool_max_runs: how many runs of the pool are at work at most when it begins; held_at:
    since when it waits for that.
    """

    run_id = TextField(primary_key=True)
    command = TextField()
    status = TextField(index=True)
    args_json = TextField()
    git_sha = TextField(null=True)
    config_hash = TextField()
    broker = TextField()
    parent_run_id = TextField(null=True)
    created_at = TextField(index=True)
    started_at = TextField(null=True)
    finished_at = TextField(null=True)
    stats_json = TextField(null=True)
    error = TextField(null=True)
    deadline_at = TextField(null=True)
    priority = IntegerField(null=True)
    pool = TextField(null=True)
    pool_max_runs = IntegerField(null=True)
    held_at = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "runs"


#: The few unfinished runs that have a priority.
Run.add_index(
    Run.index(
        Run.priority,
        name="runs_with_priority",
        where=Run.priority.is_null(False) & Run.status.in_(("queued", "running")),
    )
)
#: The unfinished runs that are in a pool.
Run.add_index(
    Run.index(
        Run.pool,
        name="runs_in_pools",
        where=Run.pool.is_null(False) & Run.status.in_(("queued", "running")),
    )
)


class RunStep(Table):
    """One canonical step of a run; all ten exist from the run's creation.

    status: pending | running | success | failed | skipped | cancelled.
    attempt counts every start; tries counts failed tries since the last resume; interruptions
    counts starts without an end in a row. due_at is set in the commit that finishes the step
    before: a pending step without it may not start.
    """

    step_id = TextField(primary_key=True)
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    name = TextField()
    position = IntegerField()
    status = TextField()
    attempt = IntegerField(default=0)
    tries = IntegerField(default=0)
    interruptions = IntegerField(default=0)
    due_at = TextField(null=True)
    enqueued_at = TextField(null=True)
    started_at = TextField(null=True)
    finished_at = TextField(null=True)
    lease_expires_at = TextField(null=True)
    worker = TextField(null=True)
    progress_json = TextField(null=True)
    stats_json = TextField(null=True)
    error_type = TextField(null=True)
    error_message = TextField(null=True)
    error_code = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "run_steps"
        indexes = ((("run_id", "name"), True),)


class AuditEvent(Table):
    """One thing that happened; rows are only ever added."""

    id = BigAutoField(primary_key=True)
    ts = TextField()
    level = TextField()
    run_id = TextField(null=True)
    step_id = TextField(null=True)
    scope = TextField()
    event = TextField()
    message = TextField()
    data_json = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "audit_log"
        indexes = ((("run_id", "id"), False),)


class RunTag(Table):
    """What a person calls a run, as a name with a value; each name once."""

    run_id = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "run_tags"
        primary_key = CompositeKey("run_id", "name")
        indexes = ((("name", "value"), False),)


class RunKey(Table):
    """What makes a run one: whoever asks for it again with the same key gets the same run."""

    key = TextField(primary_key=True)
    run_id = TextField(index=True)

    class Meta:
        """Peewee's settings."""

        table_name = "run_keys"


class WorkerProcess(Table):
    """A worker process and its last sign of life, so that every reader can see who is there.

    threads_json is what its threads had in hand then, clock_ahead_s by how much the clock of its
    machine was ahead of the database's; None where its Scout does not say it. broker_error is
    why no messages come to it.
    """

    worker = TextField(primary_key=True)
    host = TextField()
    pid = IntegerField()
    broker = TextField()
    threads = IntegerField()
    started_at = TextField()
    heartbeat_at = TextField()
    threads_json = TextField(null=True)
    clock_ahead_s = DoubleField(null=True)
    broker_error = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "workers"


class Singleton(Table):
    """A job that one process at a time may do, and until when the holder has it."""

    name = TextField(primary_key=True)
    holder = TextField()
    expires_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "singletons"


class MachineClock(Table):
    """When SQLite's machine was started by its clock, before anybody set that back; one row."""

    boot_id = TextField(primary_key=True)
    started_at_s = DoubleField()

    class Meta:
        """Peewee's settings."""

        table_name = "machine_clocks"


RUN_TABLES: tuple[type[Table], ...] = (
    Run,
    RunStep,
    AuditEvent,
    RunTag,
    RunKey,
    WorkerProcess,
    Singleton,
    MachineClock,
)

__all__ = [
    "RUN_TABLES",
    "AuditEvent",
    "MachineClock",
    "Run",
    "RunKey",
    "RunStep",
    "RunTag",
    "Singleton",
    "WorkerProcess",
]
