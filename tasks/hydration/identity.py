"""One project, one row: the names under which a run meets a repository, folded into one.

A search may have a repository under a name that it had before, and GitHub answers a request for
that name with a redirect. Its numeric id stays. As soon as its metadata is read, a repository goes
by the name that GitHub gives it, and keeps that for the rest of the run, as READMEs, analyses and
briefs go by it. Other names are kept beside it, each with its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from models.dao.repos import ReposDao
from models.dao.searches import SearchesDao
from models.events import Event
from models.statuses import RepoStatus
from models.text.canonical_json import dumps, loads
from tasks.step import StepContext


class OtherName(Struct, frozen=True):
    """That a run met a repository under another name than its row has, and how that is known.

    `folded` says that both names had a row of their own until then.
    """

    full_name: str
    alias: str
    github_id: int | None
    evidence: str
    folded: bool = False


class _Row(Struct):
    """A row of `repos`, as far as it says who the repository is."""

    id: int
    full_name: str
    github_id: int | None
    is_settled: bool
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names that it is known by."""
        return (self.full_name, *self.aliases)


class Identities:
    """The rows of a run's repositories by name and id; use it inside one transaction.

    Args:
        run_id: The run.
        pass_number: The pass that meets names now.
    """

    def __init__(self, run_id: str, pass_number: int) -> None:
        self._run_id = run_id
        self._pass_number = pass_number
        #: Names that were not known before, in the order in which they were met.
        self.met: list[OtherName] = []
        self._by_name: dict[str, _Row] = {}
        self._by_id: dict[int, _Row] = {}
        for number, name, github_id, status, _, aliases_json in ReposDao.identities(run_id):
            aliases = {one["full_name"]: one for one in loads(aliases_json or "[]")}
            self._index(_Row(number, name, github_id, status == RepoStatus.HYDRATED, aliases))

    def settle(self, asked: str, canonical: str, github_id: int | None) -> str | None:
        """Return the name of the row that takes the metadata; None where they are stored already.

        The row has the canonical name then, and is the repository's only one. One whose metadata
        were read before keeps its name.

        Args:
            asked: The name that GitHub was asked for.
            canonical: The name that it gave.
            github_id: The id that it gave.
        """
        rows = self._rows_of(asked, canonical, github_id)
        if not rows:
            return None
        row = next((one for one in rows if one.is_settled), rows[0])
        is_new = not row.is_settled
        name = canonical if is_new else row.full_name
        # On one that is settled, results hang; GitHub gave it another id or name at another time.
        others = [one for one in rows if one is not row and not one.is_settled]
        for other in others:
            self._fold(other, name)
        former = row.names
        if row.full_name != name:
            SearchesDao.lead_results(self._run_id, row.full_name, name)
            ReposDao.rename(row.id, name)
            row.full_name = name
        row.is_settled, row.github_id = True, row.github_id if github_id is None else github_id
        self._index(row)
        evidence = f"GET /repos/{asked} answered with {canonical}"
        evidence += "" if github_id is None else f", which has GitHub's id {github_id}"
        met_as = (*former, asked, canonical, *(name for other in others for name in other.names))
        self._meet(row, met_as, evidence, folded=bool(others))
        return name if is_new else None

    def note(self, full_name: str, alias: str, evidence: str) -> None:
        """Keep a name under which a search has a repository, if that has a row."""
        row = self._by_name.get(full_name.lower())
        if row is not None:
            self._meet(row, [alias], evidence)

    def _rows_of(self, asked: str, canonical: str, github_id: int | None) -> list[_Row]:
        found = [self._by_name.get(name.lower()) for name in (asked, canonical)]
        if github_id is not None:
            found.append(self._by_id.get(github_id))
        distinct = {row.id: row for row in found if row is not None}
        return [distinct[number] for number in sorted(distinct)]

    def _index(self, row: _Row) -> None:
        self._by_name[row.full_name.lower()] = row
        if row.github_id is not None:
            self._by_id[row.github_id] = row

    def _fold(self, other: _Row, name: str) -> None:
        """Have one row less: nothing but searches hangs on it, as its metadata is not stored."""
        SearchesDao.one_repo_less(self._run_id, other.full_name)
        ReposDao.delete(other.id)
        if other.full_name != name:
            SearchesDao.lead_results(self._run_id, other.full_name, name)
        self._by_name.pop(other.full_name.lower(), None)

    def _meet(
        self, row: _Row, names: Iterable[str], evidence: str, *, folded: bool = False
    ) -> None:
        aliases = {
            name: one for name, one in row.aliases.items() if name.lower() != row.full_name.lower()
        }
        known = {name.lower() for name in (row.full_name, *aliases)}
        for name in names:
            if name.lower() not in known:
                known.add(name.lower())
                met = {"full_name": name, "evidence": evidence, "pass": self._pass_number}
                aliases[name] = met
                new = OtherName(row.full_name, name, row.github_id, evidence, folded)
                self.met.append(new)
        if aliases != row.aliases:
            row.aliases = aliases
            ReposDao.store_aliases(row.id, dumps(list(aliases.values())))


def announce(context: StepContext, met: Iterable[OtherName]) -> None:
    """Audit the other names under which repositories were met; after the commit."""
    for one in met:
        what = "; the two are one repository and count once" if one.folded else ""
        context.record.audit(
            Event.REPO_RENAMED,
            f"{one.alias} is {one.full_name}: {one.evidence}{what}.",
            data={
                "full_name": one.full_name,
                "alias": one.alias,
                "github_id": one.github_id,
                "evidence": one.evidence,
                "folded": one.folded,
            },
        )
