"""For tests of what one makes for Scout: a world of fixtures, sources, or the body of a step.

This module is public: within a minor version nothing in it is removed or given another meaning. A
run is a dry one, in the test's own process, off the network, with a database and an export in a
folder of the test's:

    from workers.harness import dry_run

    def test_my_world(tmp_path):
        run = dry_run(tmp_path, "vector database", fixtures="my-world")
        assert run.status == "success", run.error
        assert run.stats["hydrate_readme"]["missing"] == 0
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.codes import Code
from models.dao import AuditDao, RunsDao, StepsDao
from models.database.migrate import open_database
from models.export_path import export_folder
from models.lifecycle import create_run
from models.run_args import RunArgs
from models.settings.runtime import load_settings
from models.statuses import RunStatus, StepStatus
from models.steps import STEP_NAMES, position_of
from models.views.run_state import failed_step
from tasks.chain import step_named
from tasks.sources.interface import Sources
from tasks.step import Step, StepContext
from workers.embedded import EmbeddedWorker

_POLL_S = 0.1
_NO_STEPS: Mapping[str, Step] = MappingProxyType({})


class HarnessRun(Struct, frozen=True):
    """What became of a run.

    Attributes:
        run_id: Its id.
        status: success or failed.
        error: Why it failed; None where it did not.
        error_code: The code of that (docs/logging.md); None where it did not fail.
        steps: What became of each step, by name, in order.
        stats: What each step counted, by name.
        events: The events of its audit log with their messages, in order.
        folder: Where the export is; it exists where the run got that far.
    """

    run_id: str
    status: RunStatus
    error: str | None
    error_code: Code | None
    steps: Mapping[str, StepStatus]
    stats: Mapping[str, Mapping[str, Any]]
    events: list[tuple[str, str]]
    folder: Path


def dry_run(
    folder: Path,
    query: str,
    *,
    fixtures: Path | str | None = None,
    sources: Sources | None = None,
    steps: Mapping[str, Step] = _NO_STEPS,
    timeout_s: float = 60.0,
    **args: Any,
) -> HarnessRun:
    """Run the ten steps to their end, and return what became of them.

    Args:
        folder: An empty folder, such as pytest's `tmp_path`; database and export are made there.
        query: What to search for.
        fixtures: A folder with a world of one's own; by default the one that Scout ships.
        sources: What the steps ask in place of fixtures (`tasks.sources.interface`).
        steps: Bodies to use in place of Scout's, by the names of their steps.
        timeout_s: How long it may take.
        **args: Other arguments of a run, by their names there, such as `top=5`.

    Raises:
        InputError: An argument cannot be used.
        KeyError: `steps` names no step.
        TimeoutError: It took longer; nothing of it goes on.
    """
    for name in steps:
        position_of(name)
    settings = load_settings({"SCOUT_DATABASE_URL": f"sqlite:///{folder.absolute() / 'scout.db'}"})
    database = open_database(settings)
    try:
        with EmbeddedWorker(settings, 1, _bodies(steps, sources)) as worker:
            given = {"query": query, "dry": True, "out": str(folder.absolute() / "out")}
            given |= {"fixtures": str(Path(fixtures).absolute())} if fixtures else {}
            run_args = RunArgs.from_dict(given | args)
            config = settings.config_hash()
            run_id = create_run(run_args, command="harness", broker="memory", config_hash=config)
            worker.send(run_id, STEP_NAMES[0])
            _wait_for(run_id, worker, timeout_s)
            return _found(run_id)
    finally:
        database.close_thread()


def _bodies(steps: Mapping[str, Step], sources: Sources | None) -> Callable[[str], Step]:
    """Return what gives a step's body by its name."""

    def body_of(name: str) -> Step:
        body = steps.get(name) or step_named(name)
        if sources is None:
            return body

        def with_sources(context: StepContext) -> Mapping[str, Any]:
            return body(replace(context, sources=sources))

        return with_sources

    return body_of


def _wait_for(run_id: str, worker: EmbeddedWorker, timeout_s: float) -> None:
    until_s = time.monotonic() + timeout_s
    while not RunsDao.get(run_id).ended:
        if time.monotonic() > until_s:
            raise TimeoutError(f"Run {run_id} has not ended within {timeout_s:g} s.")
        worker.wait_for_an_end(_POLL_S)


def _found(run_id: str) -> HarnessRun:
    run, steps = RunsDao.get(run_id), StepsDao.of_run(run_id)
    failed = failed_step(steps)
    return HarnessRun(
        run_id=run_id,
        status=run.status,
        error=run.error,
        error_code=failed.code if failed else None,
        steps={step.name: step.status for step in steps},
        stats={step.name: step.stats for step in steps},
        events=[(row.event, row.message) for row in AuditDao.of_run(run_id)],
        folder=export_folder(run.args["out"], run_id),
    )
