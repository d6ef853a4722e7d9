"""What an undisturbed run leaves, to compare the others with."""

from __future__ import annotations

from models.export_path import export_folder
from models.run_args import RunArgs
from tasks.export.digest import export_digest
from workers.drill.checks import run_misses
from workers.drill.environment import DrillError, Stage


def undisturbed_digest(stage: Stage, args: RunArgs) -> str:
    """Run once without mischief and return the digest of the export.

    Raises:
        DrillError: Even that run did not succeed.
    """
    with stage.workers():
        (run_id,) = stage.create_runs(1, args)
        stage.wait_for("the undisturbed run", lambda: stage.all_ended([run_id]), 60)
    digest = export_digest(export_folder(args.out, run_id))
    misses = run_misses(run_id, digest)
    if misses:
        raise DrillError(f"Even an undisturbed run does not hold: {misses[0]}.")
    return digest
