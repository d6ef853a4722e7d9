"""`scout run --dry --verify`: run twice, and prove that both runs are the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.display.terminal import emit_json, say
from models.dao import AuditDao, RunsDao, StepsDao
from models.errors import ExitCode
from models.export_path import export_folder
from models.text.canonical_json import dumps

if TYPE_CHECKING:
    from cli.running.execution import Execution
    from models.run_args import RunArgs
from models.run_terms import NO_TERMS, RunTerms


def verify_twice(execution: Execution, args: RunArgs, terms: RunTerms = NO_TERMS) -> int:
    """Run twice with the same arguments and compare exports, steps, events and stats.

    Returns:
        The exit code: 0 if both succeeded and are the same, 1 if they differ, else the code of
        the run that did not succeed.
    """
    as_json = execution.how.as_json
    run_ids = []
    for _ in range(2):
        run_id = execution.create(args, terms=terms)
        outcome = execution.wait(run_id)
        if outcome.exit_code is not ExitCode.SUCCESS:
            if as_json:
                emit_json(outcome.to_dict(), stream=execution.stdout)
            return int(outcome.exit_code)
        run_ids.append(run_id)
    difference = first_difference(run_ids[0], run_ids[1])
    digest = run_digest(run_ids[0])
    if as_json:
        result = {
            "run_ids": run_ids,
            "identical": difference is None,
            "difference": difference,
            "digest": digest,
        }
        emit_json(result, stream=execution.stdout)
    elif difference is None:
        say(f"identical: two runs, digest {digest}", stream=execution.stdout)
    else:
        say(f"different: {difference}", stream=execution.stdout)
    return int(ExitCode.SUCCESS if difference is None else ExitCode.RUN_FAILED)


def run_digest(run_id: str) -> str:
    """Return a digest of everything about a run that must not depend on when it ran."""
    from tasks.export.digest import export_digest

    text = dumps([_record(run_id), export_digest(_folder(run_id))])
    return hashlib.sha256(text.encode()).hexdigest()


def first_difference(first_id: str, second_id: str) -> str | None:
    """Return the first thing in which two runs differ, as a sentence, or None."""
    from tasks.export.digest import first_file_difference

    for kind, first in _record(first_id).items():
        second = _record(second_id)[kind]
        for number, (one, other) in enumerate(zip(first, second, strict=False), start=1):
            if one != other:
                return f"{kind}, entry {number}: {dumps(one)} against {dumps(other)}"
        if len(first) != len(second):
            return f"{kind}: {len(first)} entries against {len(second)}"
    return first_file_difference(_folder(first_id), _folder(second_id))


def _record(run_id: str) -> dict[str, list[Any]]:
    steps = StepsDao.of_run(run_id)
    return {
        "steps": [[step.name, step.status, step.attempt] for step in steps],
        "events": [[row.scope, row.event, row.level] for row in AuditDao.of_run(run_id)],
        "stats": [_timeless(step.stats) for step in steps],
    }


def _timeless(stats: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stats.items() if key != "duration_ms"}


def _folder(run_id: str) -> Path:
    return export_folder(RunsDao.get(run_id).args["out"], run_id)
