"""The catalogue of events: everything that Scout records or logs under a name.

An event never changes its meaning. Its level, what it is about and the names of its details stand
here and nowhere else, and the tests hold every row and every line to them. What it says to people
stands in `models.event_texts`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Scope(StrEnum):
    """What an event is about, which says which ids its line carries."""

    RUN = "run"  #: a run as a whole: `run_id`
    STEP = "step"  #: an attempt at a step: `run_id`, `step`, `attempt`
    UNIT = "unit"  #: one repository, question or request of a step, which the details name
    WORKER = "worker"  #: a worker process, or the process that keeps them
    PROCESS = "process"  #: any process of Scout


class _Spec(Struct, frozen=True):
    name: str
    scope: Scope
    details: str
    level: str
    or_level: str
    audited: bool


def _row(
    name: str, scope: Scope, details: str = "", *, level: str = "INFO", or_level: str = ""
) -> _Spec:
    """Return an event that is a row of `audit_log` and, after the commit, a line."""
    return _Spec(name, scope, details, level, or_level, audited=True)


def _line(
    name: str, scope: Scope, details: str = "", *, level: str = "INFO", or_level: str = ""
) -> _Spec:
    """Return an event that is only logged."""
    return _Spec(name, scope, details, level, or_level, audited=False)


class Event(StrEnum):
    """An event's name, with what the catalogue says of it.

    Attributes:
        scope: What it is about.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        levels: The level, and the other one that it may have.
        audited: Whether it is a row of `audit_log`; if not, it is only a line.
        details: The names that may stand in the row's `data`, or beside the message of a line.
    """

    _value_: str
    scope: Scope
    level: str
    levels: tuple[str, ...]
    audited: bool
    details: tuple[str, ...]

    def __new__(cls, spec: _Spec) -> Event:
        """Return the member that a line of the catalogue describes."""
        event = str.__new__(cls, spec.name)
        event._value_ = spec.name
        event.scope = spec.scope
        event.level = spec.level
        event.levels = (spec.level, spec.or_level) if spec.or_level else (spec.level,)
        event.audited = spec.audited
        event.details = tuple(spec.details.split())
        return event

    # A run's life
    RUN_CREATED = _row(
        "run.created",
        Scope.RUN,
        "command dry parent_run_id inherited changed who tags key deadline_at priority pool",
    )
    RUN_FINISHED = _row("run.finished", Scope.RUN, "steps attempts outbound_attempts network_guard")
    RUN_FAILED = _row(
        "run.failed", Scope.RUN, "steps attempts outbound_attempts network_guard", level="ERROR"
    )
    RUN_CANCELLED = _row(
        "run.cancelled",
        Scope.RUN,
        "steps attempts outbound_attempts network_guard",
        level="WARNING",
    )
    RUN_RESUMED = _row("run.resumed", Scope.RUN, "who step reused was lifted_deadline")
    RUN_HELD = _row("run.held", Scope.RUN, "pool max_runs at_work")
    RUN_ADMITTED = _row("run.admitted", Scope.RUN, "pool waited_ms")
    RUN_EXISTS = _line("run.exists", Scope.RUN)
    RUN_WAITING = _line("run.waiting", Scope.RUN, level="WARNING")
    RUN_UNFINISHED = _line("run.unfinished", Scope.RUN, level="WARNING")
    RUN_INTERRUPTED = _line("run.interrupted", Scope.RUN, level="WARNING")

    # A step's life
    STEP_STARTED = _row("step.started", Scope.STEP, "worker")
    STEP_FINISHED = _row("step.finished", Scope.STEP)
    STEP_FAILED = _row(
        "step.failed",
        Scope.STEP,
        "error_type error error_code said traceback interruptions",
        level="ERROR",
    )
    STEP_RETRYING = _row(
        "step.retrying",
        Scope.STEP,
        "error_type error error_code said traceback next_try_at try of",
        level="WARNING",
    )
    STEP_POSTPONED = _row(
        "step.postponed",
        Scope.STEP,
        "reason due_at delay_ms done total in_a_row since",
        level="WARNING",
    )
    STEP_INTERRUPTED = _row(
        "step.interrupted",
        Scope.STEP,
        "worker reason started_at neighbours interruptions alone done total",
        level="WARNING",
    )
    STEP_SKIPPED = _row("step.skipped", Scope.STEP, "reason", or_level="WARNING")
    STEP_CANCELLED = _row("step.cancelled", Scope.STEP, "reason", level="WARNING")
    STEP_DUPLICATE_DELIVERY = _row("step.duplicate_delivery", Scope.STEP, "reason")
    STEP_OVERDUE = _row("step.overdue", Scope.STEP, "limit_s stack", level="WARNING")
    STEP_PROGRESS = _line("step.progress", Scope.STEP, "data")
    STEP_LEASE_LOST = _line("step.lease_lost", Scope.STEP, level="WARNING")
    STEP_END_NOT_RECORDED = _line("step.end_not_recorded", Scope.STEP, "error_code", level="ERROR")
    STEP_HANDED_OUT = _line("step.handed_out", Scope.STEP)
    MESSAGE_FOREIGN = _line("message.foreign", Scope.STEP, level="ERROR")
    MESSAGE_OF_NEWER = _line("message.of_newer", Scope.STEP, level="WARNING")
    MESSAGE_SKIPPED = _line("message.skipped", Scope.STEP)
    HANDOFF_FAILED = _line("handoff.failed", Scope.STEP, level="ERROR")

    # GitHub
    GITHUB_RATE_LIMIT_SNAPSHOT = _row("github.rate_limit_snapshot", Scope.STEP, "core search")
    GITHUB_QUERY_READ = _row(
        "github.query.read", Scope.STEP, "words scope as_text", or_level="WARNING"
    )
    GITHUB_SEARCH_COMPLETED = _row(
        "github.search.completed",
        Scope.UNIT,
        "query pass position total_count kept pages new_repos incomplete_results",
        or_level="WARNING",
    )
    GITHUB_SEARCH_ITEM_MALFORMED = _row(
        "github.search.item_malformed",
        Scope.UNIT,
        "query pass position rank full_name reason",
        level="WARNING",
    )
    GITHUB_REFUSED = _row("github.refused", Scope.UNIT, "what bucket status reason")
    GITHUB_THROTTLE = _row(
        "github.throttle", Scope.STEP, "bucket wait_ms reason status reset_at", level="WARNING"
    )

    # Repositories
    REPO_HYDRATE_STARTED = _row("repo.hydrate.started", Scope.STEP, "pass count total")
    REPO_HYDRATE_FAILED = _row(
        "repo.hydrate.failed", Scope.UNIT, "full_name reason part", level="WARNING"
    )
    REPO_RENAMED = _row("repo.renamed", Scope.UNIT, "full_name alias github_id evidence folded")
    REPO_README_FETCHED = _row(
        "repo.readme.fetched", Scope.STEP, "pass found missing failed truncated bytes digest"
    )
    REPO_README_MISSING = _row("repo.readme.missing", Scope.UNIT, "full_name reason")
    ITEM_RETRYING = _row(
        "item.retrying",
        Scope.UNIT,
        "item try max_tries wait_ms error asked_wait",
        or_level="WARNING",
    )
    ITEM_UNEXPECTED_ERROR = _row(
        "item.unexpected_error",
        Scope.UNIT,
        "item error_type error error_code traceback",
        level="ERROR",
    )

    # The language model
    LLM_OUTPUT_INVALID_JSON = _row(
        "llm.output.invalid_json",
        Scope.UNIT,
        "full_name kind item model error excerpt",
        level="WARNING",
    )
    LLM_ITEM_FAILED = _row(
        "llm.item.failed", Scope.UNIT, "full_name kind item model error excerpt", level="WARNING"
    )
    LLM_ANALYSIS_REUSED = _row("llm.analysis.reused", Scope.STEP, "count runs")
    LLM_FORECAST = _row(
        "llm.forecast",
        Scope.STEP,
        "repos missing analyses verdicts briefs calls tokens",
        or_level="WARNING",
    )
    LLM_BUDGET_EXHAUSTED = _row(
        "llm.budget.exhausted", Scope.STEP, "capped reason", level="WARNING"
    )
    LLM_INPUT_SHORTENED = _row(
        "llm.input_shortened",
        Scope.STEP,
        "readme_max_characters text_max_characters usual",
        level="WARNING",
    )
    LLM_THROTTLE = _row("llm.throttle", Scope.STEP, "wait_ms status reason", or_level="WARNING")
    EMBEDDINGS_UNAVAILABLE = _row(
        "embeddings.unavailable", Scope.STEP, "model reason error_code", level="WARNING"
    )
    LLM_PARAMETER_REFUSED = _row("llm.parameter_refused", Scope.STEP, "parameter", level="WARNING")
    LLM_TIMED_OUT = _row("llm.timed_out", Scope.STEP, "timeout_s at_a_time before", level="WARNING")
    LLM_MAX_TOKENS_RAISED = _row(
        "llm.max_tokens_raised", Scope.STEP, "max_tokens usual", level="WARNING"
    )

    # What a run makes
    SCOUT_PASS2_CAPPED = _row(
        "scout.pass2.capped", Scope.STEP, "capped reason caps", level="WARNING"
    )
    PAIRS_JUDGED = _row(
        "pairs.judged",
        Scope.STEP,
        "asked judged no missing model prompt reason error_code usage",
        or_level="WARNING",
    )
    BRIEF_RANKED = _row(
        "brief.ranked",
        Scope.STEP,
        "groups shortlisted rejected_by_threshold kept_out min_score policy compared meaning"
        " compared_capped pairs_capped judge met_by",
    )
    BRIEF_MARKED = _row("brief.marked", Scope.RUN, "who rank group mark note")
    EXPORT_WRITTEN = _row("export.written", Scope.STEP, "path digest files briefs outreach ranked")

    # What Scout stands on
    NETWORK_BLOCKED = _row("network.blocked", Scope.STEP, "target", level="ERROR")
    DATABASE_AWAY = _line("database.away", Scope.PROCESS, "error_code hint", level="WARNING")
    DATABASE_REPLACED = _line("database.replaced", Scope.PROCESS, level="ERROR")
    DATABASE_WAITED = _line("database.waited", Scope.PROCESS, "wait_ms", level="WARNING")
    PRUNE_STARTED = _row("prune.started", Scope.PROCESS, "who runs of oldest newest policy exports")
    PRUNE_FINISHED = _row(
        "prune.finished",
        Scope.PROCESS,
        "who runs rows stayed exports exports_left readme_texts answers embeddings",
    )
    CLOCK_DIFFERS = _line("clock.differs", Scope.WORKER, "ahead_s", level="WARNING")
    NOTICE_SENT = _line("notice.sent", Scope.RUN, "receiver about")
    NOTICE_FAILED = _line("notice.failed", Scope.RUN, "receiver about", level="WARNING")
    AUDIT_SEALED = _line("audit.sealed", Scope.PROCESS, "seals head")
    DB_MIGRATED = _row("db.migrated", Scope.PROCESS, "who applied")
    DB_BACKED_UP = _row("db.backed_up", Scope.PROCESS, "who bytes path")
    BUNDLE_MADE = _row("bundle.made", Scope.PROCESS, "who of bytes path with_readmes")
    SCHEMA_MIGRATED = _line("schema.migrated", Scope.PROCESS, "data")
    LOOP_FAILED = _line("loop.failed", Scope.WORKER, level="WARNING")
    METRICS_SERVED = _line("metrics.served", Scope.WORKER, "url")
    METRICS_FAILED = _line("metrics.failed", Scope.PROCESS, level="WARNING")
    TRACING_OFF = _line("tracing.off", Scope.PROCESS, level="WARNING")
    LISTENER_FAILED = _line("listener.failed", Scope.PROCESS, level="ERROR")

    # Worker processes
    WORKER_BOOTING = _line("worker.booting", Scope.WORKER, "processes threads")
    WORKER_STARTED = _line("worker.started", Scope.WORKER, "worker worker_pid")
    WORKER_START_FAILED = _line("worker.start_failed", Scope.WORKER, "hint", level="ERROR")
    WORKER_BOOT_FAILED = _line("worker.boot_failed", Scope.WORKER, "hint", level="ERROR")
    WORKER_READY = _line("worker.ready", Scope.WORKER, "threads queues")
    WORKER_RAW_OUTPUT = _line(
        "worker.raw_output", Scope.WORKER, "pid stream partial", or_level="WARNING"
    )
    WORKER_DIED = _line(
        "worker.died",
        Scope.WORKER,
        "worker worker_pid exit_code signal lived_s threads",
        level="ERROR",
    )
    WORKER_DEATH_CALLBACK_FAILED = _line(
        "worker.death_callback_failed", Scope.WORKER, "worker_pid", level="ERROR"
    )
    WORKER_STEPS_CLOSED = _line("worker.steps_closed", Scope.WORKER, "steps")
    WORKER_CLOSE_FAILED = _line("worker.close_failed", Scope.WORKER, level="WARNING")
    WORKER_RESTARTING = _line("worker.restarting", Scope.WORKER, "worker delay_s")
    WORKER_GAVE_UP = _line("worker.gave_up", Scope.WORKER, "hint", level="CRITICAL")
    WORKER_RELOADING = _line("worker.reloading", Scope.WORKER, "processes")
    WORKER_REPLACING = _line("worker.replacing", Scope.WORKER, "worker worker_pid")
    WORKER_RETIRING = _line("worker.retiring", Scope.WORKER, "threads", level="ERROR")
    WORKER_LONE_STEP = _line("worker.lone_step", Scope.STEP, "worker_pid", level="WARNING")
    WORKER_RELOADED = _line("worker.reloaded", Scope.WORKER)
    WORKER_RELOAD_FAILED = _line("worker.reload_failed", Scope.WORKER, "worker", level="ERROR")
    WORKER_STOPPING = _line("worker.stopping", Scope.WORKER, "reason grace_s")
    WORKER_UNFINISHED = _line("worker.unfinished", Scope.WORKER, "threads", level="ERROR")
    WORKER_EXITED = _line("worker.exited", Scope.WORKER, "worker worker_pid")
    WORKER_STOPPED = _line("worker.stopped", Scope.WORKER, "exit_code")

    # Any process, and the log itself
    PROCESS_UNCAUGHT_EXCEPTION = _line(
        "process.uncaught_exception", Scope.PROCESS, level="CRITICAL", or_level="ERROR"
    )
    PROCESS_UNRAISABLE = _line("process.unraisable", Scope.PROCESS, level="ERROR")
    PROCESS_INTERRUPTED = _line("process.interrupted", Scope.PROCESS, level="WARNING")
    OPTION_IDLE = _line("option.idle", Scope.PROCESS, level="WARNING")
    LOG_MISCONFIGURED = _line("log.misconfigured", Scope.PROCESS, "hint", level="ERROR")
    LOG_FILE_FAILED = _line("log.file_failed", Scope.PROCESS, "log_file", level="ERROR")
    LOG_LINES_DROPPED = _line("log.lines_dropped", Scope.PROCESS, "lines", level="WARNING")
    LOG_TORN_LINE = _line("log.torn_line", Scope.PROCESS, level="WARNING")
