"""Worker processes are as many as the processors that may be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workers.supervisor.processors import usable_processors


@pytest.mark.parametrize(
    ("own", "files", "count"),
    [
        ("0::/app/web", {"app/web/cpu.max": "150000 100000"}, 2),
        ("0::/app/web", {"app/web/cpu.max": "max 100000", "app/cpu.max": "50000 100000"}, 1),
        ("0::/", {"cpu.max": "300000 100000"}, 3),
        ("0::/elsewhere", {"cpu.max": "300000 100000"}, 3),
        ("0::/", {"cpu.max": "max 100000"}, 16),
        ("0::/", {"cpu.max": "nonsense"}, 16),
        ("0::/", {"cpu.max": "1 0"}, 16),
        ("0::/", {}, 16),
        ("", {}, 16),
        (
            "4:cpu,cpuacct:/x\n3:memory:/y",
            {"cpu/x/cpu.cfs_quota_us": "200000", "cpu/x/cpu.cfs_period_us": "100000"},
            2,
        ),
        (
            "4:cpu,cpuacct:/docker/x",  # mounted by its whole name, and the root is the own group
            {
                "cpu,cpuacct/cpu.cfs_quota_us": "50000",
                "cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            1,
        ),
        (
            "4:cpu,cpuacct:/x",
            {"cpu/x/cpu.cfs_quota_us": "-1", "cpu/x/cpu.cfs_period_us": "100000"},
            16,
        ),
    ],
)
def test_affinity_and_quotas_bound_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, files: dict[str, str], count: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert usable_processors(tmp_path / "groups", tmp_path / "own") == count
