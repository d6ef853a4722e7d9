"""How many processors this process may use, which in a container are fewer than there are."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


def usable_processors(cgroups: Path = _CGROUPS, own_groups: Path = _OWN_GROUPS) -> int:
    """Return how many processors the affinity and the control groups of this process leave it.

    Args:
        cgroups: Where control groups are mounted.
        own_groups: Names the groups of this process.

    Returns:
        1 or more; a part of a processor counts as one.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quotas = [math.ceil(one) for one in _quotas(cgroups, own_groups) if math.isfinite(one)]
    return max(1, min([count, *quotas]))


def _quotas(cgroups: Path, own_groups: Path) -> Iterator[float]:
    """Yield the processors that each group allows; a group's parents bound it as well."""
    try:
        lines = own_groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, name = [*line.split(":", 2), "", ""][:3]
        path = PurePosixPath(name.lstrip("/"))
        if kinds and "cpu" not in kinds.split(","):
            continue
        roots = (cgroups / "cpu", cgroups / kinds) if kinds else (cgroups,)
        for group in (path, *path.parents):  # in a container the own group is the root
            for root in roots:
                with suppress(OSError, ValueError, ZeroDivisionError):
                    yield _first(root / group) if kinds else _second(root / group)


def _first(group: Path) -> float:
    """Return what a group of the first version allows."""
    quota = int((group / "cpu.cfs_quota_us").read_text())
    period = int((group / "cpu.cfs_period_us").read_text())
    return quota / period if quota > 0 else math.inf


def _second(group: Path) -> float:
    """Return what a group of the second version allows: `max 100000`, or `150000 100000`."""
    quota, period = (group / "cpu.max").read_text().split()
    return math.inf if quota == "max" else int(quota) / int(period)
