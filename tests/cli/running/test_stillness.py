"""A guess of the time that is left, and when it is an old one."""

from __future__ import annotations

from cli.running.stillness import OLD_AFTER_S, Stillness, time_left

PROGRESS = {"done": 6, "total": 16, "rate_per_s": 0.05, "eta_s": 200.0}


def test_a_step_stands_still_from_its_last_unit_on() -> None:
    stillness = Stillness()
    assert stillness.for_s("a", PROGRESS, 100.0) == 0.0
    assert stillness.for_s("a", PROGRESS, 130.0) == 30.0
    assert stillness.for_s("a", PROGRESS | {"done": 7}, 131.0) == 0.0
    assert stillness.for_s("b", PROGRESS | {"done": 7}, 140.0) == 0.0


def test_a_guess_that_nothing_moves_is_shown_as_old() -> None:
    assert time_left(PROGRESS, 30.0) == "3 min left"
    assert time_left(PROGRESS, 61.0) == "nothing new for 61 s"
    quick = PROGRESS | {"rate_per_s": 4.0, "eta_s": 2.5}
    assert time_left(quick, OLD_AFTER_S - 1).endswith(" left")
    assert time_left(quick, OLD_AFTER_S).startswith("nothing new for")
    assert time_left({"done": 0, "total": 9}, 1.0) == ""
