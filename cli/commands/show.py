"""`scout show`: one run on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.display.terminal import emit_json, say
from cli.options.shared import (
    complete_file,
    json_option,
    new_file,
    open_for_reading,
    read_run_argument,
)

if TYPE_CHECKING:
    from models.dao.steps import StepRow
    from models.settings.runtime import Settings
    from models.views.run_view import RunView


@click.command()
@read_run_argument
@click.option("--attempts", "with_attempts", is_flag=True, help="Also list every attempt.")
@click.option("--repo", metavar="NAME", help="Show what the run knows of one repository.")
@click.option(
    "--html",
    metavar="FILE",
    shell_complete=complete_file,
    help="Write the run as one page that stands alone, for a browser.",
)
@json_option
def command(
    run_text: str, with_attempts: bool, repo: str | None, html: str | None, as_json: bool
) -> None:
    """Show a run: its steps, how long they took, attempts, stats and error.

    RUN is an id or a unique prefix of one; the newest run by default. With --json the output is one
    object that holds everything. The exit code is 0 if the run could be shown, however it ended.

    Example: scout show last --attempts
    """
    if repo is not None and with_attempts:
        raise click.UsageError("--attempts cannot be combined with --repo.")
    if html is not None and (repo is not None or with_attempts or as_json):
        raise click.UsageError("--html cannot be combined with other options: it shows all.")
    settings = open_for_reading()
    from models.dao import AuditDao, RunsDao
    from models.views.attempts import attempts_of
    from models.views.run_view import view_run

    if html is not None:
        _write_page(RunsDao.resolve(run_text).run_id, html, settings)
        return
    if repo is not None:
        _show_repo(RunsDao.resolve(run_text).run_id, repo, as_json=as_json)
        return
    view = view_run(RunsDao.resolve(run_text), settings)
    attempts = attempts_of(AuditDao.of_run(view.run.run_id))
    if as_json:
        emit_json(_to_dict(view) | {"attempts": [one.to_dict() for one in attempts]})
        return
    from cli.display.run_page import attempt_lines, run_lines

    for line in run_lines(view, attempts):
        say(line)
    if with_attempts:
        say()
        for line in attempt_lines(attempts):
            say(line, hang=12)


def _write_page(run_id: str, name: str, settings: Settings) -> None:
    from cli.private_file import write_private
    from cli.web.run_file import run_file

    path = new_file(name, "--html")
    write_private(path, run_file(run_id, settings).encode(), "--html")
    say(str(path))


def _show_repo(run_id: str, full_name: str, *, as_json: bool) -> None:
    from models.text.clean import clean_text
    from models.views.repo_view import view_repo

    found = view_repo(run_id, full_name)
    if as_json:
        emit_json(found)
        return
    reasons = [f"{one['claim']} (“{one['evidence']}”)" for one in found["reasons"]]
    others = [f"{one['full_name']} ({one['evidence']})" for one in found["also_met_as"]]
    shown = {"reasons": reasons, "facts": _facts(found), "also_met_as": others}
    for name, value in (found | shown).items():
        lines = value if isinstance(value, list) else ["–" if value is None else value]
        for line in lines or ["–"]:
            say(f"{name.replace('_', ' '):<12} {clean_text(str(line))}", hang=13)


def _facts(found: dict[str, Any]) -> list[str]:
    from tasks.export.facts import HEADER, contact_words, fact_cells

    if found["facts"] is None:
        return []
    facts = zip(HEADER[1:], fact_cells(found), strict=True)
    return [*(f"{name}: {fact}" for name, fact in facts), f"Write {contact_words(found)}"]


def _to_dict(view: RunView) -> dict[str, Any]:
    from models.dao.run_keys import RunKeysDao
    from models.dao.tags import TagsDao
    from models.views.run_state import run_duration_ms
    from models.views.spending import spending

    run = view.run
    return {
        "run": {
            "run_id": run.run_id,
            "command": run.command,
            "status": run.status,
            "broker": run.broker,
            "parent_run_id": run.parent_run_id,
            "key": RunKeysDao.of_run(run.run_id),
            "deadline_at": run.deadline_at,
            "priority": run.urgency.word,
            "pool": run.pool_name,
            "pool_max_runs": run.pool_max_runs,
            "held_at": None if run.ended else run.held_at,
            "git_sha": run.git_sha,
            "config_hash": run.config_hash,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "duration_ms": run_duration_ms(run, view.now),
            "error": run.error,
        },
        "args": run.args,
        "tags": TagsDao.of_run(run.run_id),
        "stats": run.stats,
        "model": spent.to_dict() if (spent := spending(run.run_id)) else None,
        "reading": {
            "state": view.reading.state,
            "text": view.reading.text,
            "step": view.reading.step,
            "workers": view.workers,
            "at": view.now,
        },
        "stuck_threads": [{"worker": one.worker} | one.to_dict() for one in view.stuck],
        "steps": [_step_to_dict(step, view.now) for step in view.steps],
    }


def _step_to_dict(step: StepRow, now: str) -> dict[str, Any]:
    from models.views.run_state import step_duration_ms

    return {
        "step_id": step.step_id,
        "name": step.name,
        "position": step.position,
        "status": step.status,
        "attempt": step.attempt,
        "tries": step.tries,
        "interruptions": step.interruptions,
        "due_at": step.due_at,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
        "duration_ms": step_duration_ms(step, now),
        "lease_expires_at": step.lease_expires_at,
        "worker": step.worker,
        "progress": step.progress,
        "stats": step.stats,
        "error_type": step.error_type,
        "error_message": step.error_message,
        "error_code": step.code,
    }
