"""What a person sees while waiting for a run: few lines, short ones, and what it cost."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import Result

from cli.display.step_summary import dollars
from cli.running.warning_limit import LINE_MAX_LENGTH, SHOWN
from models.errors import ExitCode
from models.events import Event
from models.lifecycle import finish_claim, log_audit
from models.steps import STEP_NAMES
from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart
from tests.support.counterparts.github.faults import secondary
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.faults import priced, status
from tests.support.runs import audits
from tests.support.scout_process import SMALL_RUN, on_terminal, only_run, small_run
from tests.support.scout_process import scout as scout_process
from tests.support.worlds import claim, new_run

Live = Callable[..., Result]

#: `scout` with a step that ends when the screen was looked at 50 times while it went on.
_LOOKED_AT = """
import threading
import cli.running.watcher, tasks.chain
real_step, real_look = tasks.chain.step_named, cli.running.watcher.Watcher._look
looks, pause = [0], threading.Event()
def look(self):
    looks[0] += 1
    return real_look(self)
def step_named(name):
    def body(context):
        last = looks[0] + 50 * (name == "hydrate_readme")
        while looks[0] < last:
            context.record.checkpoint()
            pause.wait(0.005)
        return real_step(name)(context)
    return body
cli.running.watcher.Watcher._look, tasks.chain.step_named = look, step_named
from cli.main import main
main()
"""


class TestAFlood:
    """Only the screen is short; the audit log has everything."""

    @pytest.mark.usefixtures("database")
    def test_a_few_warnings_of_a_kind_are_shown_and_the_others_counted(
        self, live: Live, chat: ChatServer
    ) -> None:
        for number in range(1, 6):
            wrong = status(400, "Very wrong. " * 30)
            # The first may be asked again as they are, and without what might not be taken.
            chat.fail(f"owner-{number}/vector-{number}", wrong, wrong, wrong)
        result = live()
        assert result.exit_code == 0, result.output
        run_id = only_run()
        assert len(audits(run_id, "llm.item.failed")) == 5
        lines = [line for line in result.stderr.splitlines() if line.startswith("   ! ")]
        shown = [line for line in lines if "has no analysis" in line]
        assert len(shown) == SHOWN
        assert {len(line) <= LINE_MAX_LENGTH for line in shown} == {True}
        step = "--step llm_repo_analysis"
        assert f"   ! … and 2 more like it (llm.item.failed): scout logs {run_id} {step}" in lines
        assert lines.index(shown[-1]) < len(lines) - 1, "the count stands behind them"

    @pytest.fixture
    def flooded(self, database: object) -> str:
        """Return a run with ten long warnings of one kind in its first step."""
        run_id = new_run()
        first = claim(run_id, STEP_NAMES[0])
        for number in range(10):
            log_audit(
                event=Event.ITEM_RETRYING, message=f"item {number} {'x' * 300}", run_id=run_id,
                scope=STEP_NAMES[0], step=STEP_NAMES[0], level="WARNING", attempt=1,
            )  # fmt: skip
        finish_claim(first, {})
        for name in STEP_NAMES[1:]:
            finish_claim(claim(run_id, name), {})
        return run_id

    def test_somebody_who_follows_the_logs_sees_few_and_short_lines(self, flooded: str) -> None:
        shown = on_terminal("logs", flooded, "--follow", NO_COLOR="1", COLUMNS="100")
        lines = shown.out.splitlines()
        assert sum("item " in line for line in lines) == SHOWN
        assert max(len(line) for line in lines if "item " in line) <= 100
        more = f"… and 7 more like it (item.retrying): scout logs {flooded} --step init_run"
        assert more in lines

    @pytest.mark.parametrize(
        "options", [("--level", "WARNING"), ("--step", STEP_NAMES[0]), ("--attempt", "1")]
    )
    def test_how_many_were_held_back_is_told_whatever_the_filter(
        self, flooded: str, options: tuple[str, ...]
    ) -> None:
        """The line that ends a step may itself not pass the filter."""
        out = on_terminal("logs", flooded, "--follow", *options, NO_COLOR="1").out
        assert out.count("item ") == SHOWN
        assert out.count("… and 7 more like it (item.retrying)") == 1

    @pytest.mark.parametrize("options", [("--level", "ERROR"), ("--step", STEP_NAMES[1])])
    def test_nothing_is_told_of_what_a_filter_leaves_out(
        self, flooded: str, options: tuple[str, ...]
    ) -> None:
        assert "more like it" not in on_terminal("logs", flooded, "--follow", *options).out

    def test_machines_and_those_who_look_back_get_everything(
        self, scout: Scout, flooded: str
    ) -> None:
        for options in (("--follow",), ("--follow", "--json"), ()):
            out = scout("logs", flooded, *options).stdout
            assert out.count("x" * 300) == 10
            assert "more like it" not in out
        assert on_terminal("logs", flooded, columns=500).out.count("x" * 300) == 10


def test_the_status_line_is_written_when_it_changes_and_not_at_every_look(tmp_path: Path) -> None:
    args = small_run(tmp_path / "out")
    shown = on_terminal(*args, command=[sys.executable, "-c", _LOOKED_AT])
    assert shown.code == 0, shown.out
    written = shown.out.split("\r\x1b[2K")
    status_lines = [text for text in written if text.startswith(" … hydrate_readme")]
    assert status_lines
    assert all(one != other for one, other in pairwise(written))


class TestCosts:
    @pytest.mark.usefixtures("database")
    def test_tokens_and_cost_are_told_by_step_and_in_the_end(
        self, scout: Scout, live: Live, chat: ChatServer
    ) -> None:
        chat.always = priced(0.001, prompt_tokens=6_000, completion_tokens=100)
        result = live()
        assert result.exit_code == 0, result.output
        (line,) = [one for one in result.stderr.splitlines() if " llm_repo_analysis" in one]
        assert line.endswith("10 analyses, 61,000 tokens, $0.01")
        totals = [one for one in result.stderr.splitlines() if one.startswith("model: ")]
        assert len(totals) == 1
        words = r"model: (\d+) requests, ([\d,]+) tokens, \$0\.\d\d; [\d,]+ tokens were expected"
        found = re.fullmatch(words, totals[0])
        assert found is not None, totals
        assert int(found[2].replace(",", "")) == 6_100 * int(found[1])
        assert "10 analyses, 61,000 tokens, $0.01" in scout("show", "last").stdout

    def test_a_dry_run_costs_nothing(self, scout: Scout, tmp_path: Path) -> None:
        args = ("--query", "vector database", "--out", str(tmp_path / "out"))
        result = scout("run", "--dry", *args, "--log-format", "text")
        assert result.exit_code == 0
        assert "tokens" not in result.stderr
        assert "model:" not in result.stderr

    @pytest.mark.parametrize(
        ("amount", "words"),
        [(0, "$0.00"), (0.00001, "under $0.0001"), (0.0042, "$0.0042"), (1234.5, "$1,234.50")],
    )
    def test_small_sums_keep_their_digits(self, amount: float, words: str) -> None:
        assert dollars(amount) == words


@pytest.mark.usefixtures("live", "database")
def test_a_deliberate_wait_is_shown_in_minutes_while_it_lasts(
    github: Counterpart, tmp_path: Path
) -> None:
    github.plan("/search", secondary(retry_after_s=3592))
    args = ("run", "--query", "vector", "--timeout", "3", "--out", str(tmp_path / "out"))
    shown = on_terminal(*args, COLUMNS="150")
    assert shown.code == ExitCode.UNFINISHED
    waits = r"github_search_pass1 waits 60 min, until \d\d:\d\d:\d\d: GitHub wants fewer"
    assert re.search(f" ! {waits}", shown.out)
    assert re.search(f" … {waits}", shown.out)
    assert "busy" not in shown.out


@pytest.mark.no_database
def test_the_first_command_ever_says_once_that_it_made_the_schema(tmp_path: Path) -> None:
    """Lines of a library about each migration are of no use to anybody."""
    args = ("run", "--dry", "--query", "vector database", *SMALL_RUN, "--out")
    done = scout_process(*args, str(tmp_path / "out"))
    assert done.code == 0
    assert [line for line in done.lines if line["logger"].startswith("peewee")] == []
    (line,) = [line for line in done.lines if line["event"] == "schema.migrated"]
    assert line["data"]["applied"][0] == "0001_initial"
    again = scout_process(*args, str(tmp_path / "again"))
    assert "schema.migrated" not in again.err
