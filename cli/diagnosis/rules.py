"""What happened to a run: the first rule that fits gives the diagnosis.

Rules are small functions from a case to a diagnosis or None, tried in order: how the run ended,
then, for one that has not ended, why it does not move.
"""

from __future__ import annotations

from collections.abc import Callable

from cli.diagnosis.case import Case, Diagnosis
from cli.diagnosis.failures import explain_failure
from cli.diagnosis.no_briefs import explain_briefless, last_bad_answers, writing_step
from cli.display.run_page import index_path
from models.clock import seconds_between, spoken
from models.codes import Code
from models.dao.steps import StepRow
from models.events import Event
from models.lifecycle.crash_count import runs_alone
from models.statuses import AttemptOutcome, RunStatus, State, StepStatus
from models.views.attempts import AttemptRecord, next_try
from models.views.missing import missing_of
from models.views.run_state import (
    MISSING_AFTER_S,
    held_text,
    is_postponed,
    time_of_day,
    worker_count,
)
from models.views.run_view import RunView
from models.views.worker_threads import ThreadCount
from workers.dead_holders import is_gone

Rule = Callable[[Case], Diagnosis | None]

_DETOURS_MAX = 3
_PREDICATES = {
    AttemptOutcome.INTERRUPTED: "was interrupted",
    AttemptOutcome.RETRYING: "failed and was tried again",
    AttemptOutcome.POSTPONED: "was postponed",
    AttemptOutcome.FAILED: "failed",
}


#: A forecast that is off by no more than this share of what was spent was good.
FORECAST_OFF_SHARE = 0.25
#: A disk with less room than this is full: a step's results are larger.
NO_ROOM_BYTES = 256 * 1024


def diagnose(case: Case) -> Diagnosis:
    """Return the diagnosis of the first rule that fits; the last one always does."""
    rules: tuple[Rule, ...] = (
        _cancelled,
        explain_failure,
        explain_briefless,
        _success,
        _disk_full,
        _held,
        _lease_expired,
        _overdue,
        _interrupted_again,
        _retrying,
        _nobody_there,
        _postponed,
        _waiting,
        _under_way,
    )
    for rule in rules:
        diagnosis = rule(case)
        if diagnosis is not None:
            return diagnosis
    return Diagnosis(
        "inconsistent",
        f"The run is {case.view.run.status}, but no step is running and none is due.",
        "Nothing will happen by itself.",
        [f"{step.name}: {step.status}" for step in case.view.steps],
        [f"scout resume {case.run_id}", f"scout show {case.run_id} --attempts"],
    )


def _cancelled(case: Case) -> Diagnosis | None:
    if case.view.run.status is not RunStatus.CANCELLED:
        return None
    done = [step.name for step in case.view.steps if step.status is StepStatus.SUCCESS]
    return Diagnosis(
        "cancelled",
        f"The run was cancelled {case.view.run.error or 'for no stated reason'}.",
        f"{len(done)} of {len(case.view.steps)} steps had finished; their results are kept.",
        case.messages(Event.RUN_CANCELLED),
        [f"scout resume {case.run_id}", f"scout rerun {case.run_id}"],
    )


def _success(case: Case) -> Diagnosis | None:
    if case.view.run.status is not RunStatus.SUCCESS:
        return None
    index = index_path(case.view.run)
    missing = missing_of(case.view.steps)
    noted = [*missing, *last_bad_answers(case), *case.messages(Event.SCOUT_PASS2_CAPPED)]
    noted += [*_detours(case), *_misjudged(case)]
    meaning = (
        "The result is complete; the notes say what to know." if noted else "Nothing is wrong."
    )
    return Diagnosis(
        "success",
        _outcome(case),
        "Something is missing; the notes say what." if missing else meaning,
        noted,
        [str(index)] if index else [f"scout show {case.run_id}"],
    )


def _detours(case: Case) -> list[str]:
    """Return each attempt that did not reach its end, and why; at most a few."""
    found = [one for one in case.attempts if one.outcome is not AttemptOutcome.SUCCESS]
    noted = [f"{one.name} {_ended_how(one)}" for one in found[:_DETOURS_MAX]]
    if len(found) > _DETOURS_MAX:
        noted.append(f"and {len(found) - _DETOURS_MAX} more: scout show {case.run_id} --attempts")
    return noted


def _misjudged(case: Case) -> list[str]:
    """Return what the run spent and what it had expected, where that was far off."""
    spent = case.spent
    if spent is None or spent.off_share is None or abs(spent.off_share) <= FORECAST_OFF_SHARE:
        return []
    return [f"It spent {spent.use.tokens:,} tokens; {spent.expected_tokens:,} were expected."]


def _ended_how(one: AttemptRecord) -> str:
    """Return how an attempt ended, as a predicate with its reason."""
    if one.outcome not in _PREDICATES:
        return "has no end on record"
    data = one.data or {}
    reason = data.get("reason") or one.reason
    if "error" in data:
        reason = f"{data.get('error_type')}: {data['error']}"
    return _PREDICATES[one.outcome] + (f": {reason}" if reason else "")


def _outcome(case: Case) -> str:
    writing, count = writing_step(case), case.briefs.get("written", 0)
    if count or writing.is_planned:
        return f"The run succeeded with {count} brief{'' if count == 1 else 's'}."
    return f"The run succeeded; it wrote no briefs ({writing.error_message})."


def _disk_full(case: Case) -> Diagnosis | None:
    if case.free_bytes is None or case.free_bytes >= NO_ROOM_BYTES:
        return None
    step, reading = case.current, case.view.reading
    lines = case.last_lines(step.name, step.attempt) if step else []
    return Diagnosis(
        "disk_full",
        "The disk of the database is full: nothing of this run can be recorded.",
        "What was written before is intact. Workers go on by themselves when there is room.",
        [f"{case.free_bytes:,} bytes are free there", *filter(None, [reading.text]), *lines],
        ["Free some disk space; scout doctor shows sizes.", f"scout resume {case.run_id}"],
    )


def _held(case: Case) -> Diagnosis | None:
    run = case.view.run
    if run.held_at is None or run.pool is None:
        return None
    others = case.pool_at_work
    return Diagnosis(
        "held",
        f"The run {held_text(run)}.",
        "It begins by itself when enough of the others have ended; none of its steps is due yet.",
        [f"{run_id} has a place" for run_id in others]
        or ["no run has a place: a worker lets it begin at its next look, within seconds"],
        [*(f"scout show {run_id}" for run_id in others[:3]), f"scout cancel {run.run_id}"],
    )


def _lease_expired(case: Case) -> Diagnosis | None:
    step, view = case.current, case.view
    if step is None or step.status is not StepStatus.RUNNING:
        return None
    ended = not view.reading.stalled and step.worker is not None and is_gone(step.worker)
    if not (ended or view.reading.stalled):
        return None
    evidence = f"{step.name} was on {step.worker}, which has ended" if ended else view.reading.text
    return Diagnosis(
        "lease_expired",
        f"The worker of {step.name} stopped in the middle of it.",
        "A killed process, a machine that went away, or one that was suspended. "
        + _who_takes_over(view),
        [evidence, *case.last_lines(step.name, step.attempt)],
        _wake_up(case),
    )


def _overdue(case: Case) -> Diagnosis | None:
    step = case.current
    if step is None or case.view.reading.state is not State.OVERDUE:
        return None
    return Diagnosis(
        "overdue",
        f"{step.name} has run longer than its time limit.",
        "Its worker interrupts it; the stack of its thread is in the log.",
        [case.view.reading.text, *case.messages(Event.STEP_OVERDUE)],
        [f"scout logs {case.run_id} --step {step.name}", f"scout cancel {case.run_id}"],
    )


def _interrupted_again(case: Case) -> Diagnosis | None:
    """A step that waits because its worker died, not because it failed."""
    step = case.current
    if step is None or step.code is not Code.INTERRUPTED:
        return None
    if case.view.reading.state is not State.RETRYING:
        return None
    return Diagnosis(
        "interrupted",
        f"{step.name} was interrupted and starts again"
        f" {time_of_day(step.due_at or case.view.now)}.",
        _often_interrupted(step) or "It goes on by itself. What is done is kept.",
        _interruptions(case, step),
        [f"scout logs {case.run_id} --follow", f"scout show {case.run_id} --attempts"],
    )


def _often_interrupted(step: StepRow) -> str:
    """Return what a count of interruptions means; empty where it is none that matters."""
    if not runs_alone(step.interruptions):
        return ""
    return (
        f"{step.name} was interrupted {step.interruptions} times in a row, by itself or by others"
        " of its process; so it runs alone in one now, which tells. What is done is kept."
    )


def _interruptions(case: Case, step: StepRow) -> list[str]:
    """Return the last reasons why a step was interrupted, if that happened last."""
    if not step.interruptions:
        return []
    reasons = [
        one.reason
        for one in case.attempts
        if one.step == step.name and one.outcome is AttemptOutcome.INTERRUPTED
    ]
    return [text for text in reasons[-2:] if text]


def _retrying(case: Case) -> Diagnosis | None:
    step = case.current
    if step is None or case.view.reading.state is not State.RETRYING:
        return None
    retry = next_try(case.attempts, step.name) or {}
    tries = f"try {retry.get('try', step.tries)}/{retry.get('of', '?')} of {step.name} failed"
    return Diagnosis(
        "retrying",
        f"{tries}, next try {time_of_day(step.due_at or case.view.now)}.",
        "The failure may pass, so Scout tries again by itself; SCOUT_RETRIES says how often.",
        [f"last error: {step.error_type}: {step.error_message}"],
        [f"scout logs {case.run_id} --follow"],
    )


def _nobody_there(case: Case) -> Diagnosis | None:
    step, view = case.current, case.view
    if step is None or not view.reading.stalled:
        return None
    interrupted = [one.reason for one in case.attempts if one.outcome is AttemptOutcome.INTERRUPTED]
    return Diagnosis(
        "nobody_consumes",
        f"{step.name} is due and no worker takes it.",
        f"The run's broker is {view.run.broker}. " + _who_takes_over(view),
        [view.reading.text, *[text for text in interrupted[-1:] if text]],
        _wake_up(case),
    )


def _postponed(case: Case) -> Diagnosis | None:
    step, view = case.current, case.view
    if step is None or not is_postponed(step, view.now):
        return None
    if view.workers:
        meaning = "It was asked to wait, and goes on by itself. What is done is kept."
        todo = ["scout doctor --online", f"scout cancel {case.run_id}"]
    else:
        meaning = "It was asked to wait, and no worker is there to go on. What is done is kept."
        todo = _wake_up(case)
    evidence = case.messages(Event.STEP_POSTPONED)[-3:]
    return Diagnosis("postponed", f"{view.reading.text}.", meaning, evidence, todo)


def _waiting(case: Case) -> Diagnosis | None:
    step = case.current
    if step is None or case.view.reading.state is not State.WAITING:
        return None
    workers = case.view.workers
    have = "has" if workers == 1 else "have"
    return Diagnosis(
        "waiting",
        f"{step.name} is due, and {worker_count(workers)} {have} not taken it yet.",
        _often_interrupted(step) or _what_threads_do(case.threads, _due_for_s(step, case.view.now)),
        [case.view.reading.text, *_interruptions(case, step)],
        [f"scout logs {case.run_id} --follow", "scout doctor"],
    )


def _due_for_s(step: StepRow, now: str) -> float:
    return seconds_between(step.due_at, now) if step.due_at else 0.0


def _what_threads_do(threads: ThreadCount, due_for_s: float) -> str:
    """Return why nobody takes a step, on the evidence of what the threads have in hand."""
    if threads.broker_error:
        return _cut_off(threads)
    if threads.stuck >= threads.count > 0:
        return f"All of their {threads.count} threads are stuck: see scout workers."
    if threads.busy >= threads.count > 0:
        stuck = f", and {threads.stuck} of them are stuck" if threads.stuck else ""
        return f"All of their {threads.count} threads are busy with other runs{stuck}."
    free = f"{threads.count - threads.busy} of their {threads.count} threads are free"
    if due_for_s > MISSING_AFTER_S and not threads.busy:
        return (
            f"{free}, and messages were sent for {spoken(due_for_s)}: the broker refuses or loses"
            " them, or these workers may not do the step. Their log says which (handoff.failed,"
            " message.…)."
        )
    return (
        f"{free}, so its message is on the way, or was lost: then recovery sends another within"
        " seconds."
    )


def _cut_off(threads: ThreadCount) -> str:
    """Return why no worker hears of a step, or nothing where one may."""
    return f"No messages come to any worker: {threads.broker_error}" if threads.broker_error else ""


def _under_way(case: Case) -> Diagnosis | None:
    step = case.current
    if step is None or case.view.reading.state not in {State.QUEUED, State.RUNNING}:
        return None
    waits = step.status is StepStatus.PENDING
    lonely = waits and not case.view.workers and case.view.run.broker != "memory"
    meaning = _often_interrupted(step) or (_cut_off(case.threads) if waits else "")
    return Diagnosis(
        "under_way",
        f"The run is {case.view.reading.state} at {step.name}.",
        "No worker is there to take it yet." if lonely else meaning or "Nothing is wrong.",
        [case.view.reading.text, *_interruptions(case, step)],
        _wake_up(case) if lonely else [f"scout logs {case.run_id} --follow"],
    )


def _who_takes_over(view: RunView) -> str:
    if view.workers:
        return f"One of {worker_count(view.workers)} takes over within seconds."
    return "Nobody is there to take over."


def _wake_up(case: Case) -> list[str]:
    if case.view.run.broker == "memory" or case.view.workers:
        return [f"scout resume {case.run_id}", "scout doctor"]
    return ["scout worker", "scout doctor"]
