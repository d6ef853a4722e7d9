"""Which guard keeps the dry runs of this process off the network, for the record of a run."""

from __future__ import annotations

from enum import StrEnum

from models.dao.steps import StepsDao


class NetworkGuard(StrEnum):
    """What would have stopped a dry run from reaching the network."""

    #: Python's audit hook: sees what Python code asks for.
    AUDIT_HOOK = "audit_hook"
    #: A filter in the kernel: holds whatever the process does, native code as well.
    SECCOMP = "seccomp"


_filtered_worker: str | None = None


def record_seccomp(worker: str) -> None:
    """Remember that the kernel's filter holds this process from now on.

    Args:
        worker: The name under which this process claims steps.
    """
    global _filtered_worker  # noqa: PLW0603 - a filter holds the process, and never comes off
    _filtered_worker = worker


def guard_of(run_id: str) -> NetworkGuard:
    """Return the guard that held for all steps of a dry run.

    It is the weaker one where a step was last attempted by another process.
    """
    if _filtered_worker is None:
        return NetworkGuard.AUDIT_HOOK
    workers = {step.worker for step in StepsDao.of_run(run_id)} - {None}
    return NetworkGuard.SECCOMP if workers == {_filtered_worker} else NetworkGuard.AUDIT_HOOK
