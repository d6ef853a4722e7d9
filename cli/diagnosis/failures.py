"""Why a run failed: a table of known failures, and the last lines of the step for the others."""

from __future__ import annotations

from cli.diagnosis.case import Case, Diagnosis
from cli.diagnosis.rule import KnownFailure, is_type, says
from cli.diagnosis.service_failures import GITHUB_FAILURES, MODEL_FAILURES
from models.dao.steps import StepRow
from models.events import Event

#: The first that fits counts, so causes (a full disk) stand before symptoms (a failed write).
FAILURES: tuple[KnownFailure, ...] = (
    KnownFailure(
        "postponed_in_vain",
        is_type("postponed_in_vain"),
        "{step} waited again and again for somebody else, and got no further.",
        "GitHub or the model endpoint kept asking for a longer wait. What is done is kept.",
        (
            "See whether others use the same token or key, and what the status page says.",
            "scout resume {run}",
        ),
        (Event.STEP_POSTPONED,),
    ),
    KnownFailure(
        "crash_loop",
        is_type("crash_loop"),
        "{step} was started again and again without ever reaching an end.",
        "Something kills its worker each time: too little memory, a crash in native code, or a "
        "person. Scout gave it up so that it cannot take down workers for ever.",
        (
            "Look at the machine: kernel log for out-of-memory kills, the supervisor's log.",
            "scout resume {run}",
        ),
        (Event.STEP_INTERRUPTED,),
    ),
    KnownFailure(
        "network_blocked",
        is_type("NetworkBlockedError"),
        "{step} of this dry run tried to reach the network and was stopped.",
        "A dry run uses fixtures only. Nothing was sent.",
        ("scout logs {run} --step {step}", "Report it: no step of a dry run should do that."),
        (Event.NETWORK_BLOCKED,),
    ),
    *MODEL_FAILURES,  # before the rules that search for words: an endpoint may write any
    *GITHUB_FAILURES,
    KnownFailure(
        "disk_full",
        says("no space left", "disk is full", "disk quota", "enospc"),
        "The disk was full when {step} wanted to write.",
        "What was written before is intact and can be read.",
        ("Free some disk space; scout doctor shows sizes.", "scout resume {run}"),
    ),
    KnownFailure(
        "output_unwritable",
        says(
            "exporterror", "permission denied", "read-only file system", step_name="export_markdown"
        ),
        "The output folder cannot be written to.",
        "All results are stored; only the Markdown files are missing.",
        ("Make the folder writable.", "scout resume {run}"),
    ),
    KnownFailure(
        "fixture_broken",
        is_type("FixtureError", "FixtureFolderError"),
        "A fixture that {step} reads is missing or broken.",
        "The dry run's world is incomplete; no step of it can be trusted until it is whole again.",
        ("Restore the file, or give --fixtures DIR a complete copy.", "scout resume {run}"),
    ),
    KnownFailure(
        "database_error",
        is_type("DatabaseUnavailableError", "OperationalError", "InterfaceError", "DatabaseError"),
        "The database failed while {step} was using it.",
        "Steps that had finished are recorded.",
        ("scout doctor", "scout resume {run}"),
    ),
    KnownFailure(
        "time_limit",
        is_type("time_limit"),
        "{step} ran longer than its time limit and was interrupted.",
        "A call that hangs, or more work than the limit allows. The stack of its thread is in the "
        "log.",
        ("scout logs {run} --step {step}", "Raise SCOUT_STEP_TIME_LIMIT_S.", "scout resume {run}"),
        (Event.STEP_OVERDUE,),
    ),
    KnownFailure(
        "bad_setting",
        is_type("ConfigError"),
        "A setting that {step} needs is missing or malformed.",
        "Trying again without it will fail again.",
        ("Set what the error names.", "scout doctor", "scout resume {run}"),
        sets=True,
    ),
    KnownFailure(
        "bad_input",
        is_type("InputError"),
        "{step} was given an argument that it cannot use.",
        "Trying again with the same arguments will fail again.",
        ('scout run --query "…" with other arguments', "scout doctor"),
    ),
    KnownFailure(
        "tries_exhausted",
        lambda step: step.tries > 0 or step.error_type == "TransientError",
        "{step} failed for a passing reason, more often than it is tried.",
        "The other side was away or refused for longer than Scout waits.",
        ("Wait a little.", "scout resume {run}"),
        (Event.STEP_RETRYING, Event.GITHUB_THROTTLE),
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


def _known(case: Case, step: StepRow, failure: KnownFailure) -> Diagnosis:
    evidence = [_error(step)]
    for event in failure.events:
        evidence += case.messages(event)[-2:]
    todo = [
        text.replace("{run}", case.run_id).replace("{step}", step.name) for text in failure.todo
    ]
    if failure.sets and case.view.run.broker != "memory":
        todo.insert(len(todo) - 1, "Start the workers again: they read settings when they start.")
    what, meaning = (text.replace("{step}", step.name) for text in (failure.what, failure.meaning))
    return Diagnosis(failure.code, what, meaning, evidence, todo)


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
