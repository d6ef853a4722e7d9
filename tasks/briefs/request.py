"""The request for a brief, made of what a run has stored of a group's members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from models.dao.briefs import BriefRow, BriefsDao
from models.dao.projects import ProjectsDao
from models.dao.readmes import ReadmesDao
from models.text.canonical_json import loads
from tasks.briefs.checks import Sides
from tasks.briefs.material import StoredProject, Vocabulary, material_of
from tasks.kinds.rules import LABELS
from tasks.prompts.brief_schema import BriefContent
from tasks.sources.interface import BriefRequest

#: Characters of READMEs that a quote may come from.
README_MAX_CHARACTERS = 100_000
#: How many READMEs, and how much of each, tell which words are ordinary in a run's field.
_FIELD_MAX = 200
_FIELD_CHARACTERS = 3_000
#: The share of a run's usual closeness of need and offer from which on a brief says a word of it.
_CLOSE_SHARE = 0.6


class BriefMaterial:
    """What is stored of the repositories that briefs are written about.

    Args:
        run_id: The run.
        full_names: All members of the groups that get a text.
        query: What the run searched for.
        own: The repository that the run starts from, if it does.
    """

    def __init__(
        self, run_id: str, full_names: Sequence[str], query: str, own: str | None = None
    ) -> None:
        self._run_id = run_id
        self._own = own
        self._query = query
        self._projects = _load(run_id, sorted(set(full_names)))

    def request(self, row: BriefRow, already: Sequence[str] = ()) -> BriefRequest:
        """Return what is asked for a planned brief.

        Args:
            row: The brief.
            already: What is linked or was asked for before, a sentence each.
        """
        members = self._members(row)
        materials = [
            material_of(one, [other for other in members if other is not one]) for one in members
        ]
        return BriefRequest(
            full_names=[one.full_name for one in members],
            summaries={one.full_name: one.summary for one in materials},
            shared_keywords=loads(row.shared_keywords_json),
            query=self._query,
            projects=materials,
            already=list(already),
            own=self._own,
        )

    def composed(self, row: BriefRow, already: Sequence[str]) -> BriefContent | None:
        """Return a brief of what is on record alone, or None where that is too little."""
        from tasks.briefs.composed import composed_brief

        found = (loads(row.why_json) or {}).get("reasons", []) if row.why_json else []
        return composed_brief(
            self._members(row), found, self.sides(row), already, self._own, self._least
        )

    def sides(self, row: BriefRow) -> Sides:
        """Return what a brief's text is checked against."""
        members = self._members(row)
        names = [one.full_name for one in members]
        return Sides(
            quotable={one.full_name: one.quotable for one in members if one.text},
            texts={one.full_name: one.text for one in members},
            words={one.full_name: one.words for one in members},
            particular={
                one.full_name: self._vocabulary.particular(names, one.words, one.full_name)
                for one in members
            },
        )

    def _members(self, row: BriefRow) -> list[StoredProject]:
        names = sorted(loads(row.repos_json), key=lambda name: name != self._own)
        return [self._projects[name] for name in names]

    @cached_property
    def _least(self) -> float:
        """Return how close a need and an offer must be: a share of what is usual in the run.

        The numbers of different embedding models have no common unit.
        """
        stored = BriefsDao.reasons(self._run_id)
        found = [(loads(why_json) or {}).get("reasons", []) for why_json in stored]
        best = [max(one["closeness"] for one in some) for some in found if some]
        return _CLOSE_SHARE * sorted(best)[len(best) // 2] if best else 0.0

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(ReadmesDao.beginnings(self._run_id, _FIELD_CHARACTERS, _FIELD_MAX))


def _load(run_id: str, full_names: Sequence[str]) -> Mapping[str, StoredProject]:
    rows = ProjectsDao.for_briefs(run_id, full_names, README_MAX_CHARACTERS)
    return {
        name: StoredProject(
            name, loads(output) if output else {}, *[*columns, reason if kind in LABELS else ""]
        )
        for name, output, *columns, kind, reason in rows
    }
