"""Two hundred repositories end to end, on real worker processes, with everything going wrong."""

from __future__ import annotations

import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import Database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.integration import live_faults
from tests.integration.fleet import assert_truthful, fleet
from tests.integration.live_faults import Trouble, switch_on
from tests.integration.live_world import MOVED_TO, RENAMED, Outside, name, outside
from tests.support.counterparts.github.faults import server_error
from tests.support.counterparts.github.server import Injected, Seen
from tests.support.counterparts.llm import faults as llm
from tests.support.runs import Audit, audits, step_of
from tests.support.scout_process import rows
from tests.support.secrets import assert_kept, stored_text

pytestmark = pytest.mark.redis

TOP, SIZE = 200, 220
QUERY = ("--query", "vector database", "--min-score", "0.1", "--max-analyses", "300")
_METADATA = re.compile(r"/repos/[^/]+/[^/]+|/repositories/\d+")
#: What is read of the members of groups alone; these repositories have none of it.
_FACTS = ("/community/profile", "/releases/latest", "/dependency-graph/sbom")
#: What must not be empty where secrets are looked for.
TOLD_BY_OTHERS = ("readme_texts", "http_cache", "analyses", "briefs", "audit_log", "llm_usage")


@dataclass
class Lived:
    """One run as the servers saw it."""

    run_id: str
    seen: Sequence[Seen]
    injected: Sequence[Injected]
    core_used: int
    chat_injected: Sequence[tuple[str, str]]
    answered: Counter[str]
    asked: Counter[str]

    def answers(self, part: str, *statuses: int) -> int:
        """Return how many requests about repositories were answered with these statuses."""
        return sum(
            one.path.startswith("/repos") and part in one.path and one.status in statuses
            for one in self.seen
        )


@dataclass
class Story:
    """A first run, the same once more, and all that was left behind."""

    world: Outside
    first: Lived
    second: Lived
    printed: str = ""
    database: Database = field(init=False)


def lived(world: Outside) -> Lived:
    """Have a run executed by the workers, and return what the servers saw of it."""
    github, chat = world.github, world.chat
    before = len(github.seen), len(github.injected), len(chat.injected), len(chat.asked)
    core, answered = github.windows["core"].used, chat.answered.copy()
    out = str(world.folder / "out")
    done = world.scout("run", *QUERY, "--top", str(TOP), "--out", out, "--json")
    asked = [one.item for one in chat.asked[before[3] :]]
    return Lived(
        json.loads(done.stdout)["run_id"],
        github.seen[before[0] :],
        github.injected[before[1] :],
        github.windows["core"].used - core,
        chat.injected[before[2] :],
        chat.answered - answered,
        Counter(asked),
    )


@pytest.fixture(scope="module")
def told(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Live through both runs, once for all tests of this module."""
    import redis

    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    folder = tmp_path_factory.mktemp("live")
    with outside(folder, SIZE, SCOUT_BROKER_URL=redis_url) as world:
        switch_on(world.github, world.chat)
        with fleet("-p", "2", "-t", "2", secrets=world.own, **world.environ) as workers:
            first = lived(world)
            world.github.plan(f"/repos/{name(30)}/readme", server_error(502))
            world.chat.fail("brief", llm.status(500))
            second = lived(world)
        for run, options in ((first, ("--with-readmes",)), (second, ())):
            world.scout("bundle", run.run_id, "--out", str(_bundle(world, run)), *options)
        yield Story(world, first, second, "".join(workers.lines))
    client.flushdb()
    client.close()


@pytest.fixture
def story(told: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """Return what happened, with the database open."""
    for variable, value in {**told.world.own, **told.world.environ}.items():
        monkeypatch.setenv(variable, value)
    told.database = open_database(load_settings())
    yield told
    told.database.close_thread()


def test_both_runs_succeed_and_their_records_agree(story: Story) -> None:
    assert_truthful([story.first.run_id, story.second.run_id], undisturbed=True)
    found = json.loads(story.world.scout("doctor", "--reconcile", "all", "--json").stdout)
    assert (found["runs"], found["contradictions"]) == (2, {})
    for run in (story.first, story.second):
        assert story.world.scout("replay", run.run_id).returncode == 0


def test_every_repository_has_what_it_must_have(story: Story) -> None:
    for run in (story.first, story.second):
        repos = dict(rows("SELECT full_name, status FROM repos WHERE run_id = ?", run.run_id))
        readmes = dict(rows("SELECT full_name, status FROM readmes WHERE run_id = ?", run.run_id))
        analyses = dict(rows("SELECT full_name, status FROM analyses WHERE run_id = ?", run.run_id))
        assert TOP < len(repos) < SIZE
        hydrated = {one for one, status in repos.items() if status == "hydrated"}
        assert set(readmes) == hydrated
        assert set(analyses) == {one for one in hydrated if readmes[one] != "failed"}
        lost = {one: status for one, status in repos.items() if status != "hydrated"}
        lost |= {one: status for one, status in readmes.items() if status == "failed"}
        assert {one.data["full_name"] for one in audits(run.run_id, "repo.hydrate.failed")} == set(
            lost
        )
        assert name(RENAMED) not in repos  # under the name that it has now, once
        assert repos[MOVED_TO] == "hydrated"


def test_stats_are_what_the_rows_say(story: Story) -> None:
    for run in (story.first, story.second):
        for table, step, key in (
            ("readmes", "hydrate_readme", "found"),
            ("analyses", "llm_repo_analysis", "valid"),
        ):
            statuses = rows(
                f"SELECT t.status FROM {table} t JOIN repos r USING (run_id, full_name)"
                " WHERE run_id = ? AND found_in_pass = 1",
                run.run_id,
            )
            stats = step_of(run.run_id, step).stats
            assert stats[key] == sum(status == key for (status,) in statuses) > 0, step
        saved = step_of(run.run_id, "hydrate_repo_metadata").stats["requests"]["sent"]
        assert saved == sum(
            _METADATA.fullmatch(one.path) is not None and _of_pass_1(one.path) for one in run.seen
        )


def test_every_fault_is_on_record(story: Story) -> None:
    """Each injected fault has an event of its own, in the audit log and in the log file."""
    first = audits(story.first.run_id)
    planned = [(one.path, one.faults[0]) for one in live_faults.GITHUB]
    assert sorted(one.path for one in story.first.injected) == sorted(path for path, _ in planned)
    for trouble in (*live_faults.GITHUB, *live_faults.MODEL, *live_faults.ABSENT):
        if trouble.event:
            assert told_times(trouble, first) >= 1, trouble
    wanted = Counter(one.event for one in (*live_faults.GITHUB, *live_faults.MODEL))
    wanted["item.retrying"] += 1  # of a brief
    wanted["repo.hydrate.failed"] += len(live_faults.ABSENT)
    # Briefs that would fit any others, and verdicts on what this model finds no words to quote in.
    wanted["llm.output.invalid_json"] += sum(
        one.event == "llm.output.invalid_json" and one.data.get("kind") in {"brief", "verdict"}
        for one in first
    )
    found = Counter(one.event for one in first)
    assert {event: found[event] for event in wanted if event} == {
        event: count for event, count in wanted.items() if event
    }
    second = Counter(one.event for one in audits(story.second.run_id))
    assert len(story.second.injected) == 1
    assert second["item.retrying"] == 2
    logged = Counter((line["run_id"], line["event"]) for line in log_lines(story.world))
    for run, events in ((story.first, found), (story.second, second)):
        for event in wanted:
            assert logged[run.run_id, event] == events[event], event


def test_all_that_the_model_was_paid_for_is_on_record(story: Story) -> None:
    """Answers that came whole count, also the useless ones; refusals do not."""
    for run in (story.first, story.second):
        sql = "SELECT item, requests FROM llm_usage WHERE run_id = ? AND kind = ?"
        assert dict(rows(sql, run.run_id, "analysis")) == {
            item: count for item, count in run.answered.items() if " " not in item
        }
        assert dict(rows(sql, run.run_id, "verdict")) == {
            item: count for item, count in run.answered.items() if " " in item and "," not in item
        }
        briefs = sum(count for item, count in run.answered.items() if "," in item)
        assert sum(count for _, count in rows(sql, run.run_id, "brief")) == briefs > 0
    usage = dict(rows("SELECT item, requests FROM llm_usage WHERE run_id = ?", story.first.run_id))
    for trouble in live_faults.MODEL:
        assert trouble.item
        assert usage.get(trouble.item, 0) == trouble.paid, trouble
    injected = Counter(kind for kind, _ in story.first.chat_injected)
    assert injected.total() == sum(
        len(one.faults) for one in (*live_faults.MODEL, live_faults.BRIEF)
    )


def test_the_second_run_costs_next_to_nothing(story: Story) -> None:
    first, second = story.first, story.second
    readmes = [one for one in second.seen if one.path.endswith("/readme")]
    renewed = second.answers("/readme", 304)
    assert len(readmes) >= TOP - 5
    assert renewed / len(readmes) >= 0.95
    counted = second.answers("", 200, 301, 404, 451, 403)
    assert second.core_used == counted
    # What is not there has no ETag, and is asked for anew where another group stands.
    facts = sum(second.answers(part, 404) for part in _FACTS)
    assert second.core_used - facts <= 0.05 * first.core_used
    paid = {item for item in second.asked if "," not in item}
    sql = "SELECT full_name FROM analyses WHERE run_id = ? AND status = 'valid'"
    assert paid.isdisjoint(one for (one,) in rows(sql, first.run_id))
    assert len(paid) <= 0.05 * TOP
    reused = step_of(second.run_id, "llm_repo_analysis").stats
    assert reused["reused_from"] == [first.run_id]
    assert reused["reused"] >= 0.95 * TOP - len(live_faults.MODEL)


def test_no_secret_is_on_record_anywhere(story: Story) -> None:
    """Neither ours nor what somebody published in a README: in no table, file or output."""
    stored = stored_text(story.database)
    assert all(stored[table] for table in TOLD_BY_OTHERS)
    places = {**stored, **files(story)}
    assert_kept(story.world.own, places)
    assert_kept(story.world.published, places)


def files(story: Story) -> dict[str, str]:
    """Return what was printed, queued, logged and exported, and what is in the archives."""
    world = story.world
    places = {
        "output of the workers": story.printed,
        "printed": (world.folder / "printed.txt").read_text(),
        "log file": world.log_file.read_text(),
    }
    exported = [path for path in (world.folder / "out").rglob("*") if path.is_file()]
    assert len(exported) > 4
    places |= {path.name: path.read_text() for path in exported}
    for run in (story.first, story.second):
        with tarfile.open(_bundle(world, run)) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member)
                assert file
                places[member.name] = file.read().decode()
    assert any("/readmes/" in place for place in places)
    return places


def log_lines(world: Outside) -> list[dict[str, Any]]:
    """Return the lines of the log file."""
    return [json.loads(line) for line in world.log_file.read_text().splitlines()]


def told_times(trouble: Trouble, events: Sequence[Audit]) -> int:
    """Return how many events tell of a trouble."""
    return sum(trouble.is_told_by(one) for one in events)


def _of_pass_1(path: str) -> bool:
    return path.startswith("/repositories/") or int(path.rpartition("-")[2]) <= TOP


def _bundle(world: Outside, run: Lived) -> Path:
    return world.folder / f"{run.run_id}.tar.gz"
