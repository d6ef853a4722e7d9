"""Finding runs again: by id, by prefix, as `last`, by status and by words."""

from __future__ import annotations

from typing import Any

import pytest

from models.dao import RunsDao
from models.dao.run_conditions import RunConditions, RunOrder, RunSource
from models.dao.tags import TagsDao
from models.database.connection import Database
from models.errors import ExitCode, InputError
from models.lifecycle import cancel_run, create_run
from models.run_terms import RunTerms
from models.statuses import RunStatus
from tests.support.clock import FakeClock
from tests.support.runs import claimed, new_run


def made(run_id: str, clock: FakeClock | None = None) -> str:
    """Insert a run with an id of the test's choice."""
    return RunsDao.create({"query": "x"}, None, "h", run_id=run_id, clock=clock)


FIRST = "01AB" + "0" * 22
SECOND = "01AB" + "0" * 21 + "1"
OTHER = "01KJ" + "0" * 22


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (FIRST, FIRST),
        (FIRST.lower(), FIRST),
        (f"  {OTHER}\n", OTHER),
        ("01K", OTHER),
        ("oiKj", OTHER),
        ("01kjo", OTHER),
        ("lastly", None),
    ],
)
def test_a_unique_prefix_names_a_run(database: Database, text: str, found: str | None) -> None:
    for run_id in (FIRST, SECOND, OTHER):
        made(run_id)

    if found is None:
        with pytest.raises(InputError, match="There is no run"):
            RunsDao.resolve(text)
    else:
        assert RunsDao.resolve(text).run_id == found


def test_an_ambiguous_prefix_lists_what_it_fits(database: Database) -> None:
    for run_id in (FIRST, SECOND, OTHER):
        made(run_id)

    with pytest.raises(InputError) as refusal:
        RunsDao.resolve("01ab")
    assert refusal.value.message == f"'01ab' fits several runs: {SECOND}, {FIRST}."
    assert refusal.value.exit_code is ExitCode.USAGE


def test_of_many_that_fit_five_are_listed(database: Database) -> None:
    for number in range(7):
        made("01AB" + f"{number:022}")

    with pytest.raises(InputError) as refusal:
        RunsDao.resolve("01AB")
    assert refusal.value.message.count("01AB0") == 5
    assert "…" in refusal.value.message


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "01AB%", "01' OR 1=1 --", "0" * 27, "\x00"])
def test_what_cannot_be_an_id_is_refused(database: Database, text: str) -> None:
    made(FIRST)

    with pytest.raises(InputError, match="is not a run id"):
        RunsDao.resolve(text)


def test_last_is_the_newest_run(database: Database, clock: FakeClock) -> None:
    with pytest.raises(InputError, match="There are no runs yet"):
        RunsDao.resolve("last")
    made(OTHER, clock)
    clock.advance(1)
    made(FIRST, clock)

    assert RunsDao.resolve("last").run_id == RunsDao.resolve(" LAST ").run_id == FIRST


def test_an_unknown_id_is_refused(database: Database) -> None:
    with pytest.raises(InputError, match="There is no run 'X'"):
        RunsDao.get("X")


def test_runs_are_listed_newest_first_and_filtered(database: Database, clock: FakeClock) -> None:
    ids = []
    for query in ("vector database", "100% wasm_runtime", 'Übersicht "quoted" back\\slash'):
        ids.append(new_run(clock, query=query))
        clock.advance(1)
    cancel_run(ids[0], who="ada", reason="x", clock=clock)

    def found(limit: int = 20, **wanted: Any) -> list[str]:
        return [run.run_id for run in RunsDao.list(RunConditions(**wanted), limit=limit)]

    assert found() == ids[::-1]
    assert found(limit=2) == ids[:0:-1]
    assert found(statuses=(RunStatus.CANCELLED,)) == [ids[0]]
    assert found(query="VECTOR") == [ids[0]]
    assert found(query="100%") == found(query="m_r") == [ids[1]]
    assert found(query="%") == [ids[1]]
    assert found(query="Übersicht") == [ids[2]]
    assert found(query='"quoted"') == [ids[2]]
    assert found(query="back\\slash") == [ids[2]]
    assert found(query="no such words") == []
    assert found(query="vector", statuses=(RunStatus.QUEUED,)) == []


def test_runs_are_found_by_source_command_and_tags_and_ordered(
    database: Database, clock: FakeClock
) -> None:
    dry = new_run(clock, no_llm=True)
    claimed(dry, "init_run", clock)
    clock.advance(60)
    cancel_run(dry, who="ada", reason="x", clock=clock)
    terms = RunTerms(tags={"team": "search", "a": "b"})
    live = create_run({"query": "graphs"}, command="expand", terms=terms, clock=clock)
    clock.advance(1)
    quick = new_run(clock)
    claimed(quick, "init_run", clock)
    cancel_run(quick, who="ada", reason="x", clock=clock)

    def found(order: RunOrder = RunOrder.CREATED, **wanted: Any) -> list[str]:
        return [run.run_id for run in RunsDao.list(RunConditions(**wanted), order=order)]

    assert found(source=RunSource.DRY) == [quick, dry]
    assert found(source=RunSource.LIVE) == found(command="expand") == [live]
    assert found(source=RunSource.NO_LLM) == [dry]
    assert found(tags=(("team", "search"),)) == found(tags=(("team", None), ("a", "b"))) == [live]
    assert found(tags=(("team", "other"),)) == []
    assert found(RunOrder.DURATION) == [dry, quick, live]
    assert found(RunOrder.STATUS) == [live, quick, dry]
    assert TagsDao.of_runs([live, dry]) == {live: {"a": "b", "team": "search"}}


def test_the_words_of_a_filter_are_those_of_the_query(database: Database, clock: FakeClock) -> None:
    """Not the names of the arguments, and not the output folder."""
    new_run(clock, query="vector database")

    assert RunsDao.list(RunConditions(query="include_forks")) == []
    assert RunsDao.list(RunConditions(query="true")) == []


@pytest.mark.parametrize("status", ["success", "failed", "cancelled"])
def test_an_ended_run_is_never_ended_again(database: Database, status: str) -> None:
    run_id = new_run()
    assert RunsDao.end(run_id, status, "2026-01-01T00:00:00.000000Z", {"n": 1}, "why")
    before = RunsDao.get(run_id)

    for again in ("success", "failed", "cancelled"):
        assert not RunsDao.end(run_id, again, "2027-01-01T00:00:00.000000Z", {}, None)
    assert not RunsDao.mark_running(run_id, "2027-01-01T00:00:00.000000Z")
    assert RunsDao.get(run_id) == before


def test_a_successful_run_is_not_reopened(database: Database) -> None:
    run_id = new_run()
    RunsDao.end(run_id, "success", "2026-01-01T00:00:00.000000Z", {})

    assert not RunsDao.reopen(run_id)
    assert RunsDao.get(run_id).status == "success"


def test_the_unfinished_runs_of_a_worker_are_those_it_took_a_step_of(database: Database) -> None:
    taken, finished, _untouched, others = (new_run() for _ in range(4))
    for run_id, worker in ((taken, "me:1:x"), (finished, "me:1:x"), (others, "you:2:y")):
        claimed(run_id, "init_run", worker=worker)
    cancel_run(finished, who="test", reason="none")

    assert RunsDao.unfinished_of("me:1:x") == [taken]


def test_runs_are_counted_by_status(database: Database, clock: FakeClock) -> None:
    assert (RunsDao.count_by_status(), RunsDao.oldest_created_at()) == ({}, None)
    created_at = clock.now_iso()
    cancelled, _ = new_run(clock), new_run()
    cancel_run(cancelled, who="test", reason="none")

    assert RunsDao.count_by_status() == {"cancelled": 1, "queued": 1}
    assert RunsDao.oldest_created_at() == created_at
