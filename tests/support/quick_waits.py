"""Live runs that keep every wait they are told, in a time that goes by much faster."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from tasks.pause import pause
from tasks.sources.chat import pause_gate
from tasks.sources.chat.answer_budget import forget_budgets
from tasks.sources.chat.lane import forget_lanes
from tasks.sources.chat.parameters import forget_dialects
from tasks.sources.github import limits
from tasks.units import retries
from workers.attempts import retry_policy

#: Seconds of a wait for a model that go by in a second.
SPEED = 400.0
_POLICY = retry_policy.RetryPolicy


def hurry_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits for a model, between tries, and between attempts at a step take next to nothing."""

    def quick_pause(wait_s: float, checkpoint: object) -> None:
        pause(wait_s / SPEED, checkpoint)  # type: ignore[arg-type]

    quick_time = SimpleNamespace(monotonic=lambda: time.monotonic() * SPEED)
    monkeypatch.setattr(retries, "pause", quick_pause)
    monkeypatch.setattr(pause_gate, "pause", quick_pause)
    monkeypatch.setattr(pause_gate, "time", quick_time)
    monkeypatch.setattr(limits, "MARGIN_S", 0.01)
    soon = replace(retry_policy.BACKOFF, first_s=0.01, longest_s=0.02)
    monkeypatch.setattr(_POLICY, "__init__", lambda policy, **_: _set_up(policy, soon))


def forget_endpoints() -> None:
    """Forget what was learnt of every endpoint: ports are used again."""
    forget_dialects()
    forget_budgets()
    forget_lanes()


def _set_up(policy: retry_policy.RetryPolicy, backoff: object) -> None:
    object.__setattr__(policy, "max_tries", 3)
    object.__setattr__(policy, "backoff", backoff)
    object.__setattr__(policy, "asked", {})


def quick_now_s() -> float:
    """Return the time of those who wait."""
    return time.monotonic() * SPEED
