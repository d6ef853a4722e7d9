"""Why a run failed: a table of known failures, and the last lines of the step for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cli.case import Case, Diagnosis
from models.dao.steps import StepRow


@dataclass(frozen=True, slots=True)
class Failure:
    """A kind of failure that can be recognised.

    Args:
        code: A stable name for machines.
        fits: Recognises it by the failed step.
        what: What happened; `{step}` is the step's name.
        meaning: What that means.
        todo: What to do, in order; `{run}` is the run's id, `{step}` the step's name.
        events: Audit events whose messages are evidence.
    """

    code: str
    fits: Callable[[StepRow], bool]
    what: str
    meaning: str
    todo: tuple[str, ...]
    events: tuple[str, ...] = ()


def _is(*error_types: str) -> Callable[[StepRow], bool]:
    return lambda step: step.error_type in error_types


def _says(*signs: str, step_name: str | None = None) -> Callable[[StepRow], bool]:
    def fits(step: StepRow) -> bool:
        text = f"{step.error_type} {step.error_message}".lower()
        right_step = step_name is None or step.name == step_name
        return right_step and any(sign in text for sign in signs)

    return fits


#: The first that fits counts, so causes (a full disk) stand before symptoms (a failed write).
FAILURES: tuple[Failure, ...] = (
    Failure(
        "postponed_in_vain",
        _is("postponed_in_vain"),
        "{step} waited again and again for somebody else, and got no further.",
        "GitHub or the model endpoint kept asking for a longer wait. What is done is kept.",
        (
            "See whether others use the same token or key, and what the status page says.",
            "scout resume {run}",
        ),
        ("step.postponed",),
    ),
    Failure(
        "crash_loop",
        _is("crash_loop"),
        "{step} was started again and again without ever reaching an end.",
        "Something kills its worker each time: too little memory, a crash in native code, or a "
        "person. Scout gave it up so that it cannot take down workers for ever.",
        (
            "Look at the machine: kernel log for out-of-memory kills, the supervisor's log.",
            "scout resume {run}",
        ),
        ("step.interrupted",),
    ),
    Failure(
        "network_blocked",
        _is("NetworkBlockedError"),
        "{step} of this dry run tried to reach the network and was stopped.",
        "A dry run uses fixtures only. Nothing was sent.",
        ("scout logs {run} --step {step}", "Report it: no step of a dry run should do that."),
        ("network.blocked",),
    ),
    Failure(
        "disk_full",
        _says("no space left", "disk is full", "disk quota", "enospc"),
        "The disk was full when {step} wanted to write.",
        "What was written before is intact and can be read.",
        ("Free some disk space; scout doctor shows sizes.", "scout resume {run}"),
    ),
    Failure(
        "output_unwritable",
        _says(
            "exporterror", "permission denied", "read-only file system", step_name="export_markdown"
        ),
        "The output folder cannot be written to.",
        "All results are stored; only the Markdown files are missing.",
        ("Make the folder writable.", "scout resume {run}"),
    ),
    Failure(
        "fixture_broken",
        _says("fixtureerror", "fixturefoldererror"),
        "A fixture that {step} reads is missing or broken.",
        "The dry run's world is incomplete; no step of it can be trusted until it is whole again.",
        ("Restore the file, or give --fixtures DIR a complete copy.", "scout resume {run}"),
    ),
    Failure(
        "database_error",
        _is("DatabaseUnavailableError", "OperationalError", "InterfaceError", "DatabaseError"),
        "The database failed while {step} was using it.",
        "Steps that had finished are recorded.",
        ("scout doctor", "scout resume {run}"),
    ),
    Failure(
        "time_limit",
        _is("time_limit"),
        "{step} ran longer than its time limit and was interrupted.",
        "A call that hangs, or more work than the limit allows. The stack of its thread is in the "
        "log.",
        ("scout logs {run} --step {step}", "Raise SCOUT_STEP_TIME_LIMIT_S.", "scout resume {run}"),
        ("step.overdue",),
    ),
    Failure(
        "bad_input",
        _is("InputError", "ConfigError"),
        "{step} was given an argument or a setting that it cannot use.",
        "Trying again with the same arguments will fail again.",
        ('scout run --query "…" with other arguments', "scout doctor"),
    ),
    Failure(
        "invalid_model_output",
        lambda step: step.name.startswith("llm_") and _says("invalid", "not valid")(step),
        "The model's answers to {step} were not valid.",
        "Invalid answers are never used, and too few were left.",
        ("scout logs {run} --step {step}", "scout resume {run}"),
        ("llm.output.invalid_json",),
    ),
    Failure(
        "tries_exhausted",
        lambda step: step.tries > 0 or step.error_type == "TransientError",
        "{step} failed for a passing reason, more often than it is tried.",
        "The other side was away or refused for longer than Scout waits.",
        ("Wait a little.", "scout resume {run}"),
        ("step.retrying", "github.throttle"),
    ),
)


def explain_failure(case: Case) -> Diagnosis | None:
    """Return why a run failed, or None where it did not."""
    step = case.failed
    if case.view.run.status != "failed":
        return None
    if step is None:
        return Diagnosis(
            "failed",
            f"The run failed: {case.view.run.error}",
            "No step is marked as failed.",
            [],
            [f"scout logs {case.run_id}"],
        )
    known = next((failure for failure in FAILURES if failure.fits(step)), None)
    return _unknown(case, step) if known is None else _known(case, step, known)


def _known(case: Case, step: StepRow, failure: Failure) -> Diagnosis:
    evidence = [_error(step)]
    for event in failure.events:
        evidence += case.messages(event)[-2:]
    todo = [
        text.replace("{run}", case.run_id).replace("{step}", step.name) for text in failure.todo
    ]
    what = failure.what.replace("{step}", step.name)
    return Diagnosis(failure.code, what, failure.meaning, evidence, todo)


def _unknown(case: Case, step: StepRow) -> Diagnosis:
    return Diagnosis(
        "unknown_error",
        f"{step.name} failed with an error that no rule knows: {step.error_type}.",
        "The last lines of the step are the best evidence.",
        [_error(step), *case.last_lines(step.name, step.attempt)],
        [
            f"scout logs {case.run_id} --failed",
            f"scout resume {case.run_id}",
        ],
    )


def _error(step: StepRow) -> str:
    return f"{step.name}, attempt {step.attempt}: {step.error_type}: {step.error_message}"
