"""`scout diff`: where two runs part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from cli.options.shared import complete_run, json_option
from models.errors import ExitCode, InputError
from models.run_args import option_of
from models.statuses import BriefStatus

if TYPE_CHECKING:
    from models.views.run_difference import Difference, RunDifference

_WIDTH = 80
#: Differences of a kind that are shown to people; --json has all of them.
_MAX_SHOWN = 15
#: What is said of a group that is not simply proposed.
_STATUSES = {
    BriefStatus.REJECTED_BY_THRESHOLD: " rejected",
    BriefStatus.KEPT_OUT: " kept out",
    BriefStatus.INVALID: " invalid",
    BriefStatus.FAILED: " failed",
}
_MARKS = {"only_a": "-", "only_b": "+", "changed": "~"}


@click.command
@click.argument("a_text", metavar="A", shell_complete=complete_run)
@click.argument("b_text", metavar="B", shell_complete=complete_run)
@json_option
def command(a_text: str, b_text: str, as_json: bool) -> int:
    """Compare two runs: arguments, versions, searches, repositories, scores, groups and steps.

    A and B are ids, unique prefixes of ids, or `last`. What came about first is said first. How
    long steps took is shown and makes no difference. The exit code is that of diff: 0 where the
    runs are the same, 1 where they differ.

    \b
    Example:
      scout diff 01JD8X last
    """
    from cli.display.terminal import emit_json, say, terminal_width
    from models.clock import Clock
    from models.dao.runs import RunsDao
    from models.database.read_only import open_existing
    from models.settings.runtime import load_settings
    from models.text.width import cut
    from models.views.run_difference import compare_runs

    if open_existing(load_settings()) is None:
        raise InputError("There are no runs yet.", "Make one: scout run --dry --query TEXT")
    a, b = RunsDao.resolve(a_text), RunsDao.resolve(b_text)
    found = compare_runs(a, b, Clock().now_iso())
    if as_json:
        emit_json(found.to_dict())
    else:
        width = min(_WIDTH, terminal_width() or _WIDTH)
        for line in _lines(found):
            say(cut(line, width))
    return int(ExitCode.RUN_FAILED if found.differences else ExitCode.SUCCESS)


def _lines(found: RunDifference) -> Iterator[str]:
    """Return the page for people."""
    from models.text.clean import clean_text
    from models.views.run_difference import KINDS

    for name, run in (("a", found.a), ("b", found.b)):
        source = "dry" if run.args.get("dry") else "live"
        query = clean_text(str(run.args.get("query", "")))
        yield f'{name}  {run.run_id}  {run.status}  {source}  "{query}"'
    yield ""
    if found.first is None:
        yield "The runs are the same."
    else:
        yield f"They part at {found.first.step}, first in {found.first.kind}:"
        yield f"  {_line(found.first)}"
    for kind in KINDS:
        differences = found.of_kind(kind)
        if differences:
            yield ""
            yield _summary(kind, differences, found.in_both[kind])
            yield from (f"  {_line(one)}" for one in differences[:_MAX_SHOWN])
            if len(differences) > _MAX_SHOWN:
                yield f"  and {len(differences) - _MAX_SHOWN} more; all of them: --json"
    yield ""
    yield from _durations(found)


def _summary(kind: str, differences: list[Difference], in_both: int) -> str:
    changes = [one.change for one in differences]
    counts = [
        f"{changes.count(change)} {words}"
        for change, words in (("only_a", "gone"), ("only_b", "new"), ("changed", "changed"))
        if change in changes
    ]
    return f"{kind}: {', '.join(counts)}; {in_both} in both"


def _line(one: Difference) -> str:
    """Return one difference: what changed stands first, because the end of a line is cut."""
    from models.text.clean import clean_text

    item = one.item.replace(" ", " + ") if one.kind == "groups" else one.item
    sides = [_shown(one.kind, side) for side in (one.a, one.b) if side is not None]
    text = f"{' → '.join(sides)}  {item}"
    if one.kind in {"arguments", "versions", "steps"}:
        name = option_of(item) if one.kind == "arguments" else item
        text = f"{name}  {' → '.join(sides)}"
    return clean_text(f"{_MARKS[one.change]} {text}")


def _shown(kind: str, value: Any) -> str:
    if kind == "scores":
        return f"{value:.4f}"
    if kind == "groups":
        return f"#{value['rank']} {value['score']:.4f}{_STATUSES.get(value['status'], '')}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _durations(found: RunDifference) -> Iterator[str]:
    from cli.display.table import Column, table_lines
    from models.text.duration import duration

    columns = (Column("STEP"), Column("A", right=True), Column("B", right=True))
    rows = [
        [name, duration(one) or "-", duration(other) or "-"]
        for name, (one, other) in found.durations_ms.items()
    ]
    yield from table_lines(columns, rows)
