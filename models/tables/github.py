"""The tables of how GitHub is asked: its limits, what is left of them, and answers to renew."""

from __future__ import annotations

from peewee import AutoField, BlobField, ForeignKeyField, IntegerField, TextField

from models.tables.base import Table
from models.tables.runs import Run


class GithubRateLimit(Table):
    """A bucket of GitHub's rate limit at one moment of a run."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    bucket = TextField()
    limit = IntegerField(column_name="limit_count")
    remaining = IntegerField()
    used = IntegerField()
    reset_at = TextField()
    taken_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "github_rate_limits"
        indexes = ((("run_id", "bucket"), True),)


class HttpCache(Table):
    """A stored answer that a conditional request can renew."""

    key = TextField(primary_key=True)
    method = TextField()
    url = TextField()
    accept = TextField()
    status = IntegerField()
    etag = TextField(null=True)
    last_modified = TextField(null=True)
    headers_json = TextField()
    body = BlobField(null=True)
    stored_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "http_cache"


class GithubBudget(Table):
    """How much of a GitHub quota is left for all workers together; see `tasks.sources`.

    blocked_until is set when GitHub says to wait; window_ends_at and used count what this
    installation spent in the present window.
    """

    bucket = TextField(primary_key=True)
    used = IntegerField(default=0)
    window_ends_at = TextField(null=True)
    blocked_until = TextField(null=True)
    reason = TextField(null=True)
    updated_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "github_budgets"


GITHUB_TABLES: tuple[type[Table], ...] = (GithubRateLimit, HttpCache, GithubBudget)
