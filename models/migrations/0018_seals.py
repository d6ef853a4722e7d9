"""Seals over what runs have recorded; runs that have ended before are sealed by the next worker.

The models here are a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import BigAutoField, BigIntegerField, IntegerField, Model, TextField

from models.clock import Clock


class SealRequest(Model):
    """As of this migration."""

    id = BigAutoField(primary_key=True)
    run_id = TextField(null=True)
    asked_at = TextField()

    class Meta:
        """Names."""

        table_name = "seal_requests"
        legacy_table_names = False


class Seal(Model):
    """As of this migration."""

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
        """Names."""

        table_name = "seals"
        legacy_table_names = False


def up(migrator: Any, db: Any) -> None:
    """Create the tables, and ask for seals of what is there."""
    tables = [SealRequest, Seal]
    with db.bind_ctx(tables):
        db.create_tables(tables)
    now = Clock().now_iso()
    mark = "?" if type(db).__name__.startswith("Sqlite") else "%s"
    db.execute_sql(
        "INSERT INTO seal_requests (run_id, asked_at)"  # noqa: S608 - constant
        f" SELECT run_id, {mark} FROM runs WHERE status IN ('success', 'failed', 'cancelled')"
        " ORDER BY run_id",
        (now,),
    )
    db.execute_sql(
        "INSERT INTO seal_requests (run_id, asked_at)"  # noqa: S608 - constant
        f" SELECT DISTINCT NULL, {mark} FROM audit_log WHERE run_id IS NULL",
        (now,),
    )
