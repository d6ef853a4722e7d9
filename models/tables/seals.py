"""The tables of seals: what was true of a run's rows when it ended, in one chain over all runs."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, IntegerField, TextField

from models.tables.base import Table


class SealRequest(Table):
    """Rows that wait to be sealed: a run's, or those of no run where run_id is null."""

    id = BigAutoField(primary_key=True)
    run_id = TextField(null=True)
    asked_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "seal_requests"


class Seal(Table):
    """A hash over rows of the audit log, and over a run and its steps where it has ended.

    number counts all seals, from 1. The audit rows are those of the run (or of no run) from
    first_id to last_id, `rows` in number; where there are none, both are the last_id of the seal
    before. digests holds the beginning of each row's hash, so that a row that was changed can be
    named; it is empty once the run was pruned. hash is over all of it, and link over hash and the
    link of the seal before.
    """

    number = IntegerField(primary_key=True)
    run_id = TextField(null=True, index=True)
    sealed_at = TextField()
    rows = IntegerField()
    first_id = BigIntegerField()
    last_id = BigIntegerField()
    digests = TextField()
    hash = TextField()
    link = TextField()
    pruned_at = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "seals"


SEAL_TABLES: tuple[type[Table], ...] = (SealRequest, Seal)
