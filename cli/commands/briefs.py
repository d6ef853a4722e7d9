"""`scout briefs`: the last two steps of a run, again, as runs of their own."""

from __future__ import annotations

from typing import Any

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.run import override_options
from cli.options.shared import json_option, open_for_reading, open_for_use, run_argument
from cli.running.derived_run import derive
from models.lifecycle.derivation import Derivation
from models.statuses import Mark

_GENERATE = Derivation(("init_run", "llm_brief_generate", "export_markdown"))
_EXPORT = Derivation(("init_run", "export_markdown"), briefs=True)


@click.group()
def command() -> None:
    """List the briefs of a run and mark them; write them again, or export the ones that it has.

    Example: scout briefs export last --out ~/briefs
    """


@command.command("list", short_help="List what a run proposes, and what was said of it.")
@run_argument
@json_option
def list_briefs(*, run_text: str, as_json: bool) -> None:
    """List the groups of RUN, best first: rank, score, title, members, and the newest mark.

    RUN is an id, a unique prefix of one, or `last`. A mark holds for the group, whichever run it
    was made in.

    \b
    Example:
      scout briefs list last
    """
    from cli.display.briefs_page import brief_lines, brief_to_dict
    from cli.display.terminal import emit_json, say
    from models.dao.briefs import BriefsDao
    from models.dao.runs import RunsDao
    from models.views.repo_names import marks_in

    open_for_reading()
    run = RunsDao.resolve(run_text)
    groups, marks = BriefsDao.of_run(run.run_id), marks_in(run.run_id)
    if as_json:
        emit_json([brief_to_dict(group, marks.get(group.group_key)) for group in groups])
        return
    if not groups:
        say(f"No groups in {run.run_id} · scout explain {run.run_id}", err=True)
    for line in brief_lines(groups, marks) if groups else ():
        say(line)


@command.command(short_help="Say what became of a proposal: sent, declined, or for later.")
@run_argument
@click.argument("rank", metavar="RANK", type=click.IntRange(min=1))
@click.argument("mark", metavar="MARK", type=click.Choice([str(one) for one in Mark]))
@click.option("--note", default="", help="Why, to whom, or anything else; kept with the mark.")
@json_option
def mark(*, run_text: str, rank: int, mark: str, note: str, as_json: bool) -> None:
    """Mark the group of RANK in RUN as sent, declined, or for later.

    RUN is an id, a unique prefix of one, or `last`; RANK is that of `scout briefs list`. Marks are
    only added, the newest holds, and who made it is in the audit log.

    \b
    Example:
      scout briefs mark last 3 declined --note "they plan it themselves"
    """
    from cli.display.terminal import emit_json, say
    from cli.running.execution import user_name
    from models.dao.runs import RunsDao
    from models.lifecycle.mark_brief import mark_brief
    from models.text.clean import clean_text

    open_for_use()
    run_id = RunsDao.resolve(run_text).run_id
    group = mark_brief(run_id, rank, Mark(mark), note=note, who=user_name())
    if as_json:
        marked = {"run_id": run_id, "rank": rank, "mark": mark}
        emit_json(marked | {"members": list(group.full_names)})
        return
    title = f" “{clean_text(group.title, 80)}”" if group.title else ""
    members = clean_text(", ".join(group.full_names))
    say(f"marked as {mark}: #{rank}{title} ({members})", err=True)


@command.command(short_help="Group, score and write briefs from stored analyses.")
@run_argument
@override_options("min_score", "max_briefs", "max_pairs", "out")
@execution_options
def generate(*, run_text: str, how: ExecutionOptions, **changes: Any) -> None:
    """Group what RUN analysed, have briefs written anew, and export them.

    RUN is an id, a unique prefix of one, or `last`. A new run takes over everything that RUN found
    but its briefs; RUN itself is left as it is.

    \b
    Example:
      scout briefs generate last --min-score 0.5
    """
    derive(
        "briefs generate",
        run_text,
        _GENERATE,
        needs="analyses",
        changes=changes | {"fresh": False},
        how=how,
    )


@command.command(short_help="Write the stored briefs to files again.")
@run_argument
@override_options("formats", "out")
@execution_options
def export(*, run_text: str, how: ExecutionOptions, **changes: Any) -> None:
    """Export what RUN stored, without asking anybody.

    RUN is an id, a unique prefix of one, or `last`. A new run takes over everything that RUN found
    and wrote; RUN itself is left as it is.

    \b
    Example:
      scout briefs export last --out ~/briefs
    """
    derive(
        "briefs export",
        run_text,
        _EXPORT,
        needs="searches",
        changes=changes | {"fresh": False},
        how=how,
    )
