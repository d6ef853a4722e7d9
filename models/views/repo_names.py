"""What a run calls the repositories that other runs, and marks, know by other names."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from models.dao.brief_marks import BriefMarksDao, MarkRow
from models.dao.repo_names import RepoNamesDao
from models.text.canonical_json import loads


class RepoNames(Struct, frozen=True):
    """The repositories of a run: each one's id by its name, and its name by id and other names.

    Keys are lower-case where they are names, as GitHub compares these.
    """

    ids: Mapping[str, int]
    by_id: Mapping[int, str]
    by_name: Mapping[str, str]

    @classmethod
    def of_run(cls, run_id: str) -> RepoNames:
        """Return the names of a run's repositories; of one that is not there, none."""
        ids: dict[str, int] = {}
        by_id: dict[int, str] = {}
        by_name: dict[str, str] = {}
        for full_name, github_id, aliases in RepoNamesDao.of_run(run_id):
            by_name[full_name.lower()] = full_name
            for alias in aliases:
                by_name.setdefault(alias.lower(), full_name)
            if github_id is not None:
                ids[full_name.lower()] = github_id
                by_id[github_id] = full_name
        return cls(ids, by_id, by_name)

    def name_of(self, full_name: str, ids: Mapping[str, int]) -> str:
        """Return what this run calls a repository; the given name where it does not have it.

        Args:
            full_name: What it is called elsewhere.
            ids: GitHub's ids of repositories by their names there, in lower case.
        """
        github_id = ids.get(full_name.lower())
        by_id = None if github_id is None else self.by_id.get(github_id)
        return by_id or self.by_name.get(full_name.lower(), full_name)

    def key_of(self, group_key: str, ids: Mapping[str, int]) -> str:
        """Return the key that a group of other names has in this run."""
        return " ".join(sorted(self.name_of(name, ids) for name in group_key.split(" ")))


def marks_in(run_id: str) -> dict[str, MarkRow]:
    """Return the newest mark of every group that has one, by the key it has in a run."""
    names = RepoNames.of_run(run_id)
    of_runs: dict[str, Mapping[str, int]] = {}
    found: dict[str, MarkRow] = {}
    for row in BriefMarksDao.all():
        if row.repo_ids_json is not None:
            ids: Mapping[str, int] = loads(row.repo_ids_json)
        else:  # made by an older Scout; its run may tell
            if row.run_id not in of_runs:
                of_runs[row.run_id] = RepoNames.of_run(row.run_id).ids
            ids = of_runs[row.run_id]
        found[names.key_of(row.group_key, ids)] = row
    return found
