"""The first schema: runs, steps, audit log, workers, and what runs find.

The models here are frozen copies: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    AutoField,
    BigAutoField,
    BlobField,
    BooleanField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Frozen(Model):
    """Base of the frozen models."""

    class Meta:
        """Names."""

        legacy_table_names = False


class Run(Frozen):
    """As of this migration."""

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

    class Meta:
        """Names."""

        table_name = "runs"


class RunStep(Frozen):
    """As of this migration."""

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

    class Meta:
        """Names."""

        table_name = "run_steps"
        indexes = ((("run_id", "name"), True),)


class AuditEvent(Frozen):
    """As of this migration."""

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
        """Names."""

        table_name = "audit_log"
        indexes = ((("run_id", "id"), False),)


class WorkerProcess(Frozen):
    """As of this migration."""

    worker = TextField(primary_key=True)
    host = TextField()
    pid = IntegerField()
    broker = TextField()
    threads = IntegerField()
    started_at = TextField()
    heartbeat_at = TextField()

    class Meta:
        """Names."""

        table_name = "workers"


class Singleton(Frozen):
    """As of this migration."""

    name = TextField(primary_key=True)
    holder = TextField()
    expires_at = TextField()

    class Meta:
        """Names."""

        table_name = "singletons"


class GithubQuery(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    pass_number = IntegerField()
    position = IntegerField()
    query = TextField()
    total_count = IntegerField(default=0)
    incomplete_results = BooleanField(default=False)
    pages_fetched = IntegerField(default=0)
    items_seen = IntegerField(default=0)
    complete = BooleanField(default=False)
    created_at = TextField()

    class Meta:
        """Names."""

        table_name = "github_queries"
        indexes = ((("run_id", "pass_number", "position"), True),)


class Repo(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    found_in_pass = IntegerField()
    status = TextField(default="found")
    description = TextField(default="")
    language = TextField(null=True)
    topics_json = TextField(default="[]")
    stars = IntegerField(default=0)
    forks = IntegerField(default=0)
    open_issues = IntegerField(default=0)
    license = TextField(null=True)
    pushed_at = TextField(null=True)
    html_url = TextField(default="")
    payload_json = TextField(default="{}")
    error = TextField(null=True)
    updated_at = TextField()

    class Meta:
        """Names."""

        table_name = "repos"
        indexes = ((("run_id", "full_name"), True),)


class RepoQuery(Frozen):
    """As of this migration."""

    id = AutoField()
    query = ForeignKeyField(GithubQuery, on_delete="CASCADE", index=False)
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=True)
    full_name = TextField()
    rank = IntegerField()
    pass_number = IntegerField()

    class Meta:
        """Names."""

        table_name = "repo_queries"
        indexes = ((("query_id", "full_name"), True),)


class ReadmeText(Frozen):
    """As of this migration."""

    sha256 = TextField(primary_key=True)
    text = TextField()

    class Meta:
        """Names."""

        table_name = "readme_texts"


class ReadmeRecord(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    status = TextField()
    sha256 = TextField(null=True)
    size_bytes = IntegerField(default=0)
    truncated = BooleanField(default=False)
    encoding = TextField(null=True)
    fetched_at = TextField()

    class Meta:
        """Names."""

        table_name = "readmes"
        indexes = ((("run_id", "full_name"), True),)


class Analysis(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    status = TextField()
    model = TextField()
    prompt_id = TextField()
    prompt_version = TextField()
    input_hash = TextField()
    output_json = TextField(null=True)
    raw_text = TextField(null=True)
    interestingness = FloatField(null=True)
    novelty = FloatField(null=True)
    collaboration_potential = FloatField(null=True)
    final_score = FloatField(null=True)
    scoring_policy = TextField()
    prompt_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    error = TextField(null=True)
    created_at = TextField()

    class Meta:
        """Names."""

        table_name = "analyses"
        indexes = ((("run_id", "full_name"), True),)


class Keyword(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    keyword = TextField()
    weight = FloatField()
    rank = IntegerField()
    repos_json = TextField()

    class Meta:
        """Names."""

        table_name = "keywords"
        indexes = ((("run_id", "keyword"), True),)


class Brief(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    group_key = TextField()
    rank = IntegerField()
    status = TextField()
    score = FloatField()
    scoring_policy = TextField()
    components_json = TextField()
    repos_json = TextField()
    shared_keywords_json = TextField()
    content_json = TextField(null=True)
    model = TextField(null=True)
    error = TextField(null=True)
    created_at = TextField()

    class Meta:
        """Names."""

        table_name = "briefs"
        indexes = ((("run_id", "group_key"), True),)


class GithubRateLimit(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    bucket = TextField()
    limit = IntegerField(column_name="limit_count")
    remaining = IntegerField()
    used = IntegerField()
    reset_at = TextField()
    taken_at = TextField()

    class Meta:
        """Names."""

        table_name = "github_rate_limits"
        indexes = ((("run_id", "bucket"), True),)


class HttpCache(Frozen):
    """As of this migration."""

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
        """Names."""

        table_name = "http_cache"


class GithubBudget(Frozen):
    """As of this migration."""

    bucket = TextField(primary_key=True)
    used = IntegerField(default=0)
    window_ends_at = TextField(null=True)
    blocked_until = TextField(null=True)
    reason = TextField(null=True)
    updated_at = TextField()

    class Meta:
        """Names."""

        table_name = "github_budgets"


TABLES: tuple[type[Model], ...] = (
    Run,
    RunStep,
    AuditEvent,
    WorkerProcess,
    Singleton,
    GithubQuery,
    Repo,
    RepoQuery,
    ReadmeText,
    ReadmeRecord,
    Analysis,
    Keyword,
    Brief,
    GithubRateLimit,
    HttpCache,
    GithubBudget,
)


def up(migrator: Any, db: Any) -> None:
    """Create every table."""
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES)
