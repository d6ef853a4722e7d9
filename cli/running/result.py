"""How a run that a command had executed ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from models.errors import ExitCode
from models.export_path import export_index_here
from models.statuses import RunStatus

if TYPE_CHECKING:
    from models.dao import RunRow

_EXIT_CODES = {
    RunStatus.SUCCESS: ExitCode.SUCCESS,
    RunStatus.FAILED: ExitCode.RUN_FAILED,
    RunStatus.CANCELLED: ExitCode.CANCELLED,
}


def exit_code_of(status: RunStatus) -> ExitCode:
    """Return the exit code of a command that waited for a run."""
    return _EXIT_CODES.get(status, ExitCode.UNFINISHED)


class ExecutionResult(Struct, frozen=True):
    """How waiting for a run ended."""

    run: RunRow
    exit_code: ExitCode

    @property
    def index_path(self) -> Path | None:
        """Return the export's first page, if the run wrote one here."""
        if self.run.status is not RunStatus.SUCCESS:
            return None
        return export_index_here(self.run.args["out"], self.run.run_id)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-like data."""
        return {
            "run_id": self.run.run_id,
            "status": self.run.status,
            "exit_code": int(self.exit_code),
            "error": self.run.error,
            "stats": self.run.stats,
            "index": str(self.index_path) if self.index_path else None,
        }
