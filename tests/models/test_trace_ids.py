"""A trace's id is the run's, and a span's is worked out of what it is of."""

from __future__ import annotations

from models.ids import new_id
from models.trace_ids import ids_of, span_id, trace_id


def test_the_trace_is_the_number_that_the_ulid_is() -> None:
    for now_ms, bits in ((0, 1), (1_796_000_000_000, 0x1234), ((1 << 48) - 1, (1 << 80) - 1)):
        run_id = new_id(now_ms, lambda _, bits=bits: bits)
        assert trace_id(run_id) == f"{now_ms << 80 | bits:032x}"


def test_what_is_no_run_has_no_trace() -> None:
    for other in ("", "x" * 26, "8" * 26, "0" * 26, None, 7):
        assert trace_id(other) is None
    assert ids_of("a\x1b[2J", "init_run", 1) == (None, None)


def test_spans_differ_by_run_step_and_attempt_and_are_never_zero() -> None:
    run_id = new_id(1, lambda _: 1)
    ids = {span_id(run_id), span_id(run_id, "a", 1), span_id(run_id, "a", 2), span_id("b")}
    assert len(ids) == 4
    assert all(len(one) == 16 and int(one, 16) for one in ids)
    assert ids_of(run_id, "a", 2) == (trace_id(run_id), span_id(run_id, "a", 2))
    assert ids_of(run_id, None, None) == (trace_id(run_id), span_id(run_id))
