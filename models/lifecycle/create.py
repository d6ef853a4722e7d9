"""The beginning of a run, and audit events that belong to no transition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from models.audit import Entry, Journal, transition
from models.clock import Clock
from models.dao.run_keys import RunKeysDao
from models.dao.runs import RunRow, RunsDao
from models.dao.seals import SealsDao
from models.dao.steps import StepsDao
from models.dao.tags import TagsDao
from models.errors import InputError, RunExistsError
from models.events import Event
from models.ids import new_id
from models.lifecycle.derivation import Derivation, inherit
from models.lifecycle.pool import take_place
from models.redaction import default_redactor
from models.run_args import RunArgs, option_of
from models.run_changes import change_words, changes_between
from models.run_terms import NO_TERMS, RunTerms
from models.settings.runtime import load_settings
from models.steps import LLM_STEPS, STEP_NAMES, position_of, step_id_for


def create_run(
    args: RunArgs | Mapping[str, Any],
    *,
    command: str = "run",
    git_sha: str | None = None,
    config_hash: str | None = None,
    broker: str | None = None,
    parent_run_id: str | None = None,
    derivation: Derivation | None = None,
    who: str | None = None,
    terms: RunTerms = NO_TERMS,
    clock: Clock | None = None,
) -> str:
    """Create a queued run and its ten steps in one transaction, and return its id.

    Args:
        args: The run's arguments; what is missing gets its default.
        command: The command that made the run.
        git_sha: The version of Scout's own code, where it is known.
        config_hash: A digest of the settings; worked out from the environment by default.
        broker: memory, redis or amqp: who will deliver the run's messages.
        parent_run_id: The run that this one repeats or goes on from.
        derivation: What to take over from the parent, and which steps to execute; None takes over
            nothing and executes all ten.
        who: Who asked for it, where that is not whoever is at this machine.
        terms: What is agreed for it; tags, priority and pool are the parent's
            where it says nothing.
        clock: Where the time comes from.

    Raises:
        InputError: An argument is out of range, or holds a secret.
        RunExistsError: There is a run with the key already.
        DatabaseUnavailableError: Nothing could be written.
    """
    clock = clock or Clock()
    checked = (args if isinstance(args, RunArgs) else RunArgs.from_dict(dict(args))).normalised()
    refuse_secrets(checked)
    settings = load_settings()
    run_id = new_id(clock.now_ms())
    tried = False

    def work(journal: Journal) -> None:
        nonlocal tried
        if tried and RunsDao.exists(run_id):
            return  # the answer to the commit was lost, not the commit
        tried = True
        if terms.key is not None:
            owner = RunKeysDao.take(terms.key, run_id)
            if owner != run_id:
                raise RunExistsError(owner, terms.key)
        for earlier in filter(None, (parent_run_id, checked.since)):
            RunsDao.hold_shared(earlier)  # pruning waits, and then sees that it is needed
        parent = RunsDao.find(parent_run_id) if parent_run_id else None
        agreed = _taken_over(terms, parent)
        RunsDao.create(
            checked.to_dict(),
            git_sha,
            config_hash or settings.config_hash(),
            command=command,
            broker=broker or settings.broker_kind,
            parent_run_id=parent_run_id,
            run_id=run_id,
            terms=agreed,
            clock=clock,
        )
        TagsDao.add(run_id, agreed.tags)
        left_out = _left_out(command, checked, derivation)
        StepsDao.create_all(run_id, clock.now_iso(), left_out)
        changes = _changes(parent, checked)
        inherited = {}
        if derivation and parent_run_id:
            inherited = inherit(derivation, parent_run_id, run_id)
        journal.add(
            Entry(
                event=Event.RUN_CREATED,
                message=f"Run created{f' by {who}' if who else ''}: {command} for {checked.query!r}"
                + (f", with {checked.with_repo}" if checked.with_repo else "")
                + (f"; {change_words(changes)}." if changes else "."),
                scope="run",
                run_id=run_id,
                data={"command": command, "dry": checked.dry, "parent_run_id": parent_run_id}
                | ({"changed": changes} if changes else {})
                | ({"inherited": inherited} if inherited else {})
                | ({"who": who} if who else {})
                | agreed.to_dict(),
            )
        )
        for name, reason in left_out.items():
            journal.add(_skipped(run_id, name, reason))
        if agreed.pool:
            take_place(journal, run_id, agreed.pool, clock)

    transition(work, clock)
    return run_id


def refuse_secrets(args: RunArgs) -> None:
    """Refuse arguments that hold a secret: they would be worked with, and no secret may be stored.

    Raises:
        InputError: One does; the message names the option and does not repeat its value.
    """
    for name, value in args.to_dict().items():
        if isinstance(value, str) and default_redactor().holds_secret(value):
            option = option_of(name)
            raise InputError(
                f"{option} holds what looks like a password, key or token;"
                " a run's arguments are stored.",
                f"Give {option} another value; keep secrets in environment variables.",
            )


def _taken_over(terms: RunTerms, parent: RunRow | None) -> RunTerms:
    """Return what is agreed for a run, with its parent's tags, priority and pool."""
    if parent is None:
        return terms
    tags = TagsDao.of_run(parent.run_id) | dict(terms.tags)
    priority = parent.urgency if terms.priority is None else terms.priority
    return replace(terms, tags=tags, priority=priority, pool=terms.pool or parent.pool)


def _changes(parent: RunRow | None, args: RunArgs) -> dict[str, dict[str, Any]]:
    """Return what is otherwise than in the run that this one repeats or goes on from."""
    return changes_between(RunArgs.from_dict(parent.args), args) if parent else {}


def _left_out(command: str, args: RunArgs, derivation: Derivation | None) -> dict[str, str]:
    """Return the steps that a run does not execute, in order, and why."""
    planned = derivation.steps if derivation else STEP_NAMES
    reasons = {}
    for name in STEP_NAMES:
        if name not in planned:
            reasons[name] = f"not part of `scout {command}`"
        elif args.no_llm and name in LLM_STEPS:
            reasons[name] = "--no-llm"
    return reasons


def _skipped(run_id: str, name: str, reason: str) -> Entry:
    return Entry(
        event=Event.STEP_SKIPPED,
        message=f"{name} was skipped: {reason}.",
        scope=name,
        run_id=run_id,
        step_id=step_id_for(run_id, position_of(name)),
        data={"reason": reason},
    )


def log_audit(
    *,
    event: Event,
    message: str,
    scope: str,
    run_id: str | None = None,
    step: str | None = None,
    attempt: int | None = None,
    level: str = "",
    data: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    give_up: Callable[[], bool] | None = None,
) -> None:
    """Write one audit row and its log line.

    Args:
        event: What happened, for machines.
        message: What happened, for people.
        scope: The step or module that it happened in.
        run_id: The run it belongs to, if any.
        step: The canonical step it belongs to, if any.
        attempt: The attempt at that step.
        level: One of the event's levels; its usual one by default.
        data: Details; redacted, and cut at 4 KiB.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Raises:
        DatabaseUnavailableError: The row could not be written.
    """
    step_id = step_id_for(run_id, position_of(step)) if run_id and step else None
    entry = Entry(event, message, scope, level, run_id, step_id, attempt, None, data or {})
    clock = clock or Clock()

    def work(journal: Journal) -> None:
        journal.add(entry)
        SealsDao.ask(run_id, clock.now_iso())

    transition(work, clock, give_up=give_up)
