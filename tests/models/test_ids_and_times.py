"""Ids sort by time, times are stored in one form, and what a thread works on is bound to it."""

from __future__ import annotations

import contextvars
import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import version
from models.clock import Clock, from_iso, seconds_between, to_iso
from models.ids import new_id, normalise_prefix
from models.log_context import WorkContext, bound_work, current_work
from models.steps import STEP_NAMES, position_of, step_id_for

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_ids_sort_by_the_time_they_were_made(one_ms: int, other_ms: int) -> None:
    one, other = new_id(one_ms), new_id(other_ms)

    assert re.fullmatch("[0-7][0-9A-HJKMNP-TV-Z]{25}", one)
    if one_ms != other_ms:
        assert (one < other) == (one_ms < other_ms)
    assert one != other


def test_the_same_time_and_dice_make_the_same_id() -> None:
    assert new_id(1_772_366_400_000, lambda bits: 5) == "01KJMMA2G00000000000000005"


@given(st.integers(0, 2**48 - 1))
def test_an_id_is_its_own_prefix_however_it_is_typed(now_ms: int) -> None:
    run_id = new_id(now_ms)
    look_alike = run_id.replace("0", "o").replace("1", "l")

    assert normalise_prefix(f" {look_alike.lower()}\n") == run_id


@given(MOMENTS, MOMENTS)
def test_stored_times_keep_microseconds_and_sort_as_text(one: datetime, other: datetime) -> None:
    assert from_iso(to_iso(one)) == one
    assert (to_iso(one) < to_iso(other)) == (one < other)
    assert len(to_iso(one)) == 27
    assert seconds_between(to_iso(one), to_iso(other)) == (other - one).total_seconds()


def test_times_of_other_zones_are_stored_in_utc() -> None:
    noon_in_tokyo = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=9)))

    assert to_iso(noon_in_tokyo) == "2026-03-01T03:00:00.000000Z"


def test_the_clock_reads_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    now = from_iso(Clock().now_iso())
    assert before <= now <= datetime.now(UTC)
    assert from_iso(Clock().now_iso(3600)) - now > timedelta(minutes=59)
    assert Clock().monotonic_s() <= Clock().monotonic_s()


def test_ten_step_names_stand_at_ten_positions() -> None:
    assert [position_of(name) for name in STEP_NAMES] == list(range(1, 11))
    assert step_id_for("R", 3) == "R-03"
    with pytest.raises(KeyError):
        position_of("no_such_step")


def test_what_is_worked_on_is_bound_and_restored() -> None:
    assert current_work() == WorkContext()
    with bound_work("R", "init_run", 2, dry=True) as outer:
        assert current_work() == outer == WorkContext("R", "init_run", 2, True)
        with bound_work("S"):
            assert current_work() == WorkContext("S")
        assert current_work() == outer
    assert current_work() == WorkContext()


def test_another_thread_works_on_nothing_unless_the_context_is_copied() -> None:
    seen: list[WorkContext] = []
    with bound_work("R", "init_run", 1):
        copied = contextvars.copy_context()
        for target in (lambda: copied.run(lambda: seen.append(current_work())),
                       lambda: seen.append(current_work())):  # fmt: skip
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()

    assert seen == [WorkContext("R", "init_run", 1), WorkContext()]


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("kind", ["loose", "packed", "detached", "none", "broken", "worktree"])
def test_the_commit_of_a_checkout_is_read_from_gits_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    git = tmp_path / ".git"
    if kind == "worktree":
        git.write_text("gitdir: elsewhere")
    elif kind != "none":
        (git / "refs/heads").mkdir(parents=True)
        heads = {"detached": SHA, "broken": "nonsense"}
        (git / "HEAD").write_text(heads.get(kind, "ref: refs/heads/main") + "\n")
    if kind == "loose":
        (git / "refs/heads/main").write_text(SHA + "\n")
    if kind == "packed":
        (git / "packed-refs").write_text(f"# pack-refs\n{'f' * 40} refs/x\n{SHA} refs/heads/main\n")
    monkeypatch.setattr(version, "_HERE", tmp_path / "models")

    expected = SHA if kind in {"loose", "packed", "detached"} else None
    assert version.git_sha() == expected
