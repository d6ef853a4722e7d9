"""`scout doctor`: is everything there that a run needs, and is anything stuck?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from cli.display.config_notes import config_notes
from cli.display.terminal import emit_json, hanging, paint, say, size, status_mark
from cli.options.shared import complete_run, json_option
from models.errors import ExitCode
from models.text.width import pad

if TYPE_CHECKING:
    from cli.doctor.database import Activity, DatabaseHealth
    from cli.doctor.online import Online
    from models.views.health import BrokerHealth, Health

_LABEL_WIDTH = 12
#: A label, the status of its mark, and a text.
Fact = tuple[str, str, str]


class Examination(Struct, frozen=True):
    """Everything that the doctor found."""

    settings: dict[str, object]
    live: dict[str, object]
    versions: dict[str, str | None]
    tokens: dict[str, bool]
    database: DatabaseHealth
    broker: BrokerHealth
    activity: Activity | None
    health: Health
    foreign_workers: str | None = None
    newer_runs: str | None = None
    online: Online | None = None

    @property
    def problems(self) -> list[str]:
        """Return what keeps runs from working, as `scout health` has it; empty when all is well."""
        found = [f"{one.text} {one.hint}".rstrip() for one in self.health.reasons]
        return found + (self.online.problems if self.online else [])

    @property
    def exit_code(self) -> ExitCode:
        """Return 3 where something is broken that runs need, 1 where nobody works, else 0."""
        from models.views.finding import DEPENDENCIES

        codes = {one.code for one in self.health.reasons}
        if codes & DEPENDENCIES or (self.online and self.online.problems):
            return ExitCode.DEPENDENCY
        return ExitCode.RUN_FAILED if codes else ExitCode.SUCCESS

    @property
    def notes(self) -> list[str]:
        """Return what a person should know although nothing is broken."""
        found = list(self.online.notes) if self.online else []
        found += [f"{one.text} {one.hint}" for one in self.health.warnings]
        found += config_notes()
        if self.database.exposed:
            found.append(
                f"database: others may read {self.database.label}, which holds your research."
                " Make it yours alone: chmod 600"
            )
        if self.newer_runs:
            found.append(self.newer_runs)
        if self.foreign_workers:
            found.append(
                f"workers: `dramatiq workers`, started here, would run {self.foreign_workers}"
                " instead of Scout's code. Use scout worker, or start it in another folder."
            )
        if self.broker.dead:
            found.append(
                f"broker: {self.broker.dead:,} messages that no worker could use were put aside, in"
                " the queue scout.XQ. They name no step of Scout's: look who writes there."
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-like data."""
        return {
            "healthy": not self.problems,
            "problems": self.problems,
            "notes": self.notes,
            "settings": self.settings,
            "live": self.live,
            "versions": self.versions,
            "tokens": self.tokens,
            "database": to_builtins(self.database),
            "broker": to_builtins(self.broker),
            "activity": to_builtins(self.activity) if self.activity else None,
        } | ({"online": self.online.to_dict()} if self.online else {})


@click.command()
@json_option
@click.option(
    "--reconcile",
    "reconcile_text",
    is_flag=False,
    flag_value="all",
    metavar="[RUN]",
    shell_complete=complete_run,
    help="Compare run_steps, audit_log and log file of a run, or of all.",
)
@click.option("--online", is_flag=True, help="Also ask GitHub and the model endpoint.")
@click.option(
    "--top",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="With --online: work out what a run of so many repositories costs.",
)
def command(as_json: bool, reconcile_text: str | None, online: bool, top: int) -> int:
    """Check configuration, database, broker, workers and stalled runs.

    Changes nothing: no run, no database, no migration. Touches no network but the broker's and
    the database's. The exit code is 0 when work can be done and is being done, as `scout health`
    has it, 3 when something that runs need is broken, and 1 when nobody works.
    With --reconcile it compares what was recorded instead, and exits with 1 if records disagree.
    With --online it also asks GitHub for its limits, the model endpoint for its models, and the
    embedding model for one vector, and compares what a run would cost with what is left.

    Example: scout doctor
    """
    ctx = click.get_current_context()
    if ctx.get_parameter_source("top") is not click.core.ParameterSource.DEFAULT and not online:
        raise click.UsageError("--top is for --online.")
    if reconcile_text is not None and online:
        raise click.UsageError("--reconcile cannot be combined with --online.")
    if reconcile_text is not None:
        return _reconcile(reconcile_text, as_json)
    found = examine()
    if online:
        from cli.doctor.online import look

        found = replace(found, online=look(top))
    if as_json:
        emit_json(found.to_dict())
    else:
        _print(found)
    return int(found.exit_code)


def _reconcile(run_text: str, as_json: bool) -> int:
    from cli.doctor.reconcile import reconcile

    result = reconcile(run_text)
    found = result["contradictions"]
    if as_json:
        emit_json(result)
    else:
        for run_id, sentences in found.items():
            for sentence in sentences:
                say(f"{run_id}  {sentence}")
        log = result["log_file"] or "no log file (SCOUT_LOG_FILE is not set)"
        verdict = paint(f"{len(found)} disagree", "red") if found else paint("all agree", "green")
        say(f"{result['runs']} run(s) compared with the audit log and {log}: {verdict}")
        if older := result["older_than_log"]:
            say(f"{older} of them began before that file, and were compared without it.")
        if unknown := result["never_logged"]:
            say(
                f"{unknown} of them have no line in that file, and were compared without it: they"
                " were executed with another log file, or with none."
            )
    return int(ExitCode.RUN_FAILED if found else ExitCode.SUCCESS)


def examine() -> Examination:
    """Look at everything.

    Raises:
        ConfigError: A setting is malformed.
    """
    from cli.doctor import database as health
    from cli.doctor.health import check_health
    from models.settings.live import live_settings
    from models.settings.runtime import load_settings
    from models.settings.table import secrets_set
    from models.views.health import Limits

    settings = load_settings()
    database = health.check_database(settings)
    found = check_health(settings, Limits(), database)
    return Examination(
        settings=settings.public(),
        live=live_settings(),
        versions=health.check_versions(),
        tokens=secrets_set(),
        database=database,
        broker=found.broker,
        activity=health.check_activity(found.fleet) if found.fleet else None,
        health=found.health,
        foreign_workers=health.foreign_workers(),
        newer_runs=health.newer_runs() if found.fleet else None,
    )


def _print(found: Examination) -> None:
    from models.text.clean import clean_text

    for label, status, text in _facts(found):
        state = status_mark(status) if status else ""
        say(f"{pad(label, _LABEL_WIDTH)} {state or ' '} {clean_text(text)}", hang=_LABEL_WIDTH + 3)
    for text in found.notes:
        say(paint("note", "yellow") + "  " + hanging(text, 6), hang=6)
    for text in found.problems:
        say(paint("problem", "red") + "  " + hanging(text, 9), hang=9)
    if found.problems:
        return
    if found.online is not None and found.online.doubtful:
        say(paint("healthy as far as can be told; see what is marked with !", "yellow"))
    else:
        say(paint("healthy", "green"))


def _facts(found: Examination) -> Iterator[Fact]:
    """Return what was found; its status is success, failed, warning, or empty for none."""
    versions = found.versions
    yield "scout", "", f"{versions['scout']} on Python {versions['python']}"
    libraries = {name: text for name, text in versions.items() if name not in {"scout", "python"}}
    listed = (f"{name} {text or 'not installed'}" for name, text in libraries.items())
    yield "libraries", "", ", ".join(listed)
    database = found.database
    yield "database", _well(not database.broken), f"{database.label}: {database.state}"
    if database.size_bytes is not None:
        wal = f" and {size(database.wal_bytes)} write-ahead log" if database.wal_bytes else ""
        yield "", "", f"{size(database.size_bytes)}{wal}"
    if database.rows:
        filled = {name: count for name, count in database.rows.items() if count}
        yield "", "", "rows: " + ", ".join(f"{name} {n:,}" for name, n in filled.items())
    if database.oldest_run_at:
        yield "", "", f"oldest run: {database.oldest_run_at[:10]}"
    yield from _broker_facts(found.broker)
    if found.activity is not None:
        yield from _activity_facts(found.activity)
    tokens = (f"{name} {'set' if there else 'not set'}" for name, there in found.tokens.items())
    yield "tokens", "", ", ".join(tokens)
    live = found.live
    endpoint = f"{live['llm_model']} at {live['llm_base_url']}" if live["llm_base_url"] else "none"
    asked = f"GitHub {live['github_url']}, model {endpoint}"
    if live["embed_model"]:
        where = f" at {live['embed_base_url']}" if live["embed_base_url"] else ""
        asked += f", embeddings {live['embed_model']}{where}"
    yield "live", "", f"{asked}, {live['concurrency']} at a time"
    if found.online is not None:
        yield from found.online.facts()
    yield "settings", "", ", ".join(f"{key}={value}" for key, value in found.settings.items())


def _well(is_well: bool) -> str:
    return "success" if is_well else "failed"


def _broker_facts(broker: BrokerHealth) -> Iterator[Fact]:
    if broker.kind == "memory":
        yield "broker", "success", "embedded: runs work inside the command, no broker is needed"
        return
    state = "answers" if broker.reachable else "does not answer"
    state = "takes no message" if broker.refusal else state
    well = broker.reachable and not broker.refusal
    yield "broker", _well(well), f"{broker.url}: {state}"
    if broker.waiting is not None:
        dead = f", {broker.dead:,} dead" if broker.dead else ""
        yield "", "", f"queue: {broker.waiting:,} waiting, {broker.delayed or 0:,} delayed{dead}"


def _activity_facts(activity: Activity) -> Iterator[Fact]:
    alive = [row for row in activity.workers if row["alive"]]
    threads = sum(row["threads"] for row in alive)
    yield "workers", "", f"{len(alive)} alive with {threads} threads"
    for row in activity.workers:
        seen = f"last sign of life {row['heartbeat_age_s']:.0f} s ago"
        state = "" if row["alive"] else ", gone"
        yield "", "", f"{row['worker']} ({row['broker']}): {seen}{state}"
    held = [row for row in activity.singletons if row["held"]]
    for row in held:
        yield "recovery", "", f"{row['name']} is done by {row['holder']}"
    by_status = ", ".join(f"{n} {status}" for status, n in activity.runs_by_status.items())
    yield "runs", "", (by_status or "none yet") + f", {len(activity.stalled)} stalled"
