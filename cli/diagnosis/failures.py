"""Why a run failed: the code of the step that failed, and what the catalogue says of it."""

from __future__ import annotations

from cli.diagnosis.case import Case, Diagnosis
from models.codes import Code
from models.dao.steps import StepRow
from models.failures import CATALOGUE
from models.statuses import RunStatus
from models.text.clean import clean_text
from models.text.page import PAGE
from models.views.attempts import AttemptRecord

#: Codes that say little by themselves; the last lines of the step are the best evidence.
_VAGUE = frozenset({Code.BUG, Code.ITEM_FAILED, Code.PERMANENT_FAILURE, Code.SYSTEM_ERROR})
#: How many messages of one event are shown.
_MESSAGES = 2


def explain_failure(case: Case) -> Diagnosis | None:
    """Return why a run failed, or None where it did not."""
    step = case.failed
    if case.view.run.status is not RunStatus.FAILED:
        return None
    if step is None:
        return Diagnosis(
            "failed",
            f"The run failed: {case.view.run.error}",
            "No step is marked as failed.",
            [],
            [f"scout logs {case.run_id}"],
        )
    code = step.code or Code.PERMANENT_FAILURE
    text = CATALOGUE[code].about(case.run_id, step.name)
    evidence = [f"{step.name}, attempt {step.attempt}: {step.error_type}: {step.error_message}"]
    for event in text.events:
        evidence += case.messages(event)[-_MESSAGES:]
    if code in _VAGUE:
        evidence += case.last_lines(step.name, step.attempt)
    todo = list(text.todo)
    if text.sets and case.view.run.broker != "memory":
        todo.insert(len(todo) - 1, "Start the workers again: they read settings when they start.")
    meaning = f"{text.causes} {text.meaning}".rstrip()
    last = _last_attempt(case, step)
    what = _headline(text.what, last.said if last else "")
    return Diagnosis(code, what, meaning, evidence, todo, last.traceback if last else None)


def _headline(what: str, said: str) -> str:
    """Return what happened, with the reason that the other side gave; pages of HTML are none."""
    page = PAGE.search(said)
    reason = clean_text(said[: page.start()] if page else said).strip().rstrip(".:")
    return f"{what} The reason: {reason}." if reason else what


def _last_attempt(case: Case, step: StepRow) -> AttemptRecord | None:
    """Return the attempt with which a step ended, where it is on record."""
    wanted = (step.name, step.attempt)
    return next((one for one in case.attempts if (one.step, one.attempt) == wanted), None)
