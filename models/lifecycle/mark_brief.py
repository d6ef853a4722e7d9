"""What a person says of a proposed group, with who said it, on record."""

from __future__ import annotations

from models.audit import Entry, Journal, transition
from models.clock import Clock
from models.dao.brief_marks import BriefMarksDao, MarkRow
from models.dao.briefs import BriefsDao, GroupOfRun
from models.dao.seals import SealsDao
from models.errors import InputError
from models.events import Event
from models.statuses import Mark
from models.text.canonical_json import dumps
from models.text.clean import clean_text
from models.views.repo_names import RepoNames

NOTE_MAX_LENGTH = 500
_NAME_MAX_LENGTH = 100


def mark_brief(
    run_id: str, rank: int, mark: Mark, *, note: str, who: str, clock: Clock | None = None
) -> GroupOfRun:
    """Mark the group of a rank, and return it.

    Args:
        run_id: The run that proposed it.
        rank: Its rank there, from 1.
        mark: What became of it.
        note: Anything, in words; redacted, and cut at 500 characters.
        who: Who says so.
        clock: Where the time comes from.

    Raises:
        InputError: The run has no group of that rank.
    """
    clock = clock or Clock()
    actor = clean_text(who, _NAME_MAX_LENGTH)
    note = clean_text(note, NOTE_MAX_LENGTH)

    def work(journal: Journal) -> GroupOfRun:
        group = BriefsDao.of_rank(run_id, rank)
        if group is None:
            raise InputError(
                f"Run {run_id} has no group of rank {rank}.",
                f"See which it has: scout briefs list {run_id}",
            )
        known = RepoNames.of_run(run_id).ids
        ids = {one.lower(): known[one.lower()] for one in group.full_names if one.lower() in known}
        now = clock.now_iso()
        row = MarkRow(group.group_key, mark, note, run_id, actor, now, dumps(ids))
        BriefMarksDao.add(row)
        journal.add(
            Entry(
                event=Event.BRIEF_MARKED,
                message=f"{actor} marked {', '.join(group.full_names)} as {mark}.",
                scope="run",
                run_id=run_id,
                data={
                    "who": actor,
                    "rank": rank,
                    "group": group.group_key,
                    "mark": mark,
                    "note": note,
                },
            )
        )
        SealsDao.ask(run_id, now)
        return group

    return transition(work, clock)
