"""What an export tells of a run: read from the tables once, in an order that never varies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.dao.analyses import AnalysesDao, AnalysisRow
from models.dao.briefs import BriefRow, BriefsDao
from models.dao.keywords import KeywordRow, KeywordsDao
from models.dao.rankings import RankingRow, RankingsDao
from models.dao.readmes import ReadmesDao
from models.dao.repos import RepoRow, ReposDao
from models.dao.runs import RunRow, RunsDao
from models.dao.searches import SearchesDao, SearchRow
from models.dao.steps import StepRow, StepsDao
from models.repo_name import GITHUB_WEB_URL
from models.run_args import RunArgs
from models.statuses import AnalysisStatus, BriefStatus, ReadmeStatus, RepoStatus
from models.text.canonical_json import loads
from models.views.repo_view import repo_details
from tasks.export.markdown import repo_link
from tasks.export.slugs import document_names
from tasks.export.verdicts import Verdicts, load_verdicts

#: Runs that go on from one another, which is looked back at.
MAX_ANCESTORS = 1_000


class Document(Struct, frozen=True):
    """A brief that has a text, and the name of its two files, without folder and ending."""

    name: str
    brief: BriefRow
    content: Mapping[str, Any]
    full_names: Sequence[str]


class Failure(Struct, frozen=True):
    """Something that is missing from the results, and why; `item` is a repository or a group."""

    item: str
    what: str
    why: str


class Report(Struct, frozen=True):
    """Everything that the files are made of.

    `documents` and `briefs` are in the order of their rank, `scores` and `ranking` best first;
    `kept` counts the repositories of each query by its id; `details` is what `repo_details` returns
    of each repository; `caps` are the limits that were reached; only a run without a language model
    has `rankings`. `verdicts` are a model's on pairs, by the key of the pair.
    """

    run: RunRow
    args: RunArgs
    steps: Sequence[StepRow]
    queries: Sequence[SearchRow]
    kept: Mapping[int, int]
    repos: Mapping[str, RepoRow]
    scores: Mapping[str, float]
    details: Mapping[str, Mapping[str, Any]]
    ranking: Sequence[str]
    keywords: Sequence[KeywordRow]
    briefs: Sequence[BriefRow]
    documents: Sequence[Document]
    caps: Sequence[tuple[str, str]]
    failures: Sequence[Failure]
    readmes_missing: int
    web_url: str
    rankings: Mapping[str, RankingRow]
    verdicts: Verdicts

    def keywords_of(self, full_name: str) -> Sequence[str]:
        """Return what a repository is about, what tells most first."""
        return self.details[full_name]["keywords"] if full_name in self.details else []

    def names(self) -> list[str]:
        """Return all repositories: those that are ranked, best first, then the others by name."""
        ranked = [name for name in self.ranking if name in self.repos]
        return [*ranked, *sorted(self.repos.keys() - set(ranked))]

    @property
    def own(self) -> str | None:
        """Return the repository that the run starts from, if it does."""
        return next((name for name, repo in self.repos.items() if repo.is_own), None)

    def partners(self, full_names: Iterable[str]) -> list[str]:
        """Return who is written to: all of a group but the own project."""
        return [name for name in full_names if name != self.own]

    def link(self, full_name: str) -> str:
        """Return a link to a repository on the GitHub that was read."""
        return repo_link(full_name, self.web_url)

    def place(self, full_name: str, place: str) -> str:
        """Return a link to a part of a repository, such as `issues`."""
        return repo_link(full_name, self.web_url, place)

    def links(self, full_names: Iterable[str]) -> str:
        """Return links to repositories."""
        return ", ".join(map(self.link, full_names))


def load_report(run_id: str, args: RunArgs) -> Report:
    """Return the report on a run."""
    run = RunsDao.get(run_id)
    steps = StepsDao.of_run(run_id)
    briefs = BriefsDao.rows(run_id)
    # Sorted here because databases differ in how they order names.
    repos = sorted(ReposDao.of_run(run_id), key=lambda row: row.full_name)
    readmes = sorted(ReadmesDao.not_found(run_id))
    analyses = sorted(AnalysesDao.of_run(run_id), key=lambda row: row.full_name)
    valid = [row for row in analyses if row.status == AnalysisStatus.VALID]
    rankings = {row.full_name: row for row in RankingsDao.of_run(run_id)} if args.no_llm else {}
    scores = {row.full_name: row.final_score for row in valid if row.final_score is not None}
    scores |= {name: row.score for name, row in rankings.items()}
    return Report(
        run=run,
        args=args,
        steps=steps,
        queries=SearchesDao.of_run(run_id),
        kept=SearchesDao.counts(run_id),
        repos={repo.full_name: repo for repo in repos},
        scores=scores,
        details=_details(repos, valid, rankings, scores),
        ranking=sorted(scores, key=lambda name: (-scores[name], name)),
        keywords=KeywordsDao.of_run(run_id),
        briefs=briefs,
        documents=_documents(briefs),
        caps=[(step.name, reason) for step in steps for reason in _caps(loads(step.stats_json))],
        failures=_failures(repos, readmes, analyses, briefs),
        readmes_missing=sum(1 for _, status in readmes if status == ReadmeStatus.MISSING),
        web_url=_web_url(run),
        rankings=rankings,
        verdicts=load_verdicts(run_id),
    )


def _details(
    repos: Sequence[RepoRow],
    analyses: Sequence[AnalysisRow],
    rankings: Mapping[str, RankingRow],
    scores: Mapping[str, float],
) -> dict[str, dict[str, Any]]:
    outputs = {row.full_name: loads(row.output_json) for row in analyses}
    keywords = {name: loads(row.keywords_json) for name, row in rankings.items()}
    return {
        name: repo_details(repo, outputs.get(name, {}), scores.get(name), keywords.get(name, ()))
        for repo in repos
        for name in (repo.full_name,)
    }


def _web_url(run: RunRow) -> str:
    """Return what `init_run` of the run that searched noted down.

    The export may run where other settings hold, and so may a run that goes on from another.
    """
    for _ in range(MAX_ANCESTORS):
        parent = run.parent_run_id
        if parent is None or StepsDao.plans_any(run.run_id, ("github_search_pass1",)):
            break
        run = RunsDao.get(parent)
    settings = StepsDao.stats_of(run.run_id, "init_run").get("settings") or {}
    noted = settings.get("github_web_url")
    return noted if isinstance(noted, str) else GITHUB_WEB_URL


def _documents(briefs: Sequence[BriefRow]) -> list[Document]:
    written = [
        brief
        for brief in briefs
        if brief.status == BriefStatus.SHORTLISTED and brief.content_json is not None
    ]
    members = [loads(brief.repos_json) for brief in written]
    return [
        Document(name, brief, loads(brief.content_json), full_names)
        for name, brief, full_names in zip(document_names(members), written, members, strict=True)
    ]


def _caps(stats: Any) -> Iterator[str]:
    """Yield the reason of every `{capped: true, reason}` in a step's stats, at any depth."""
    if isinstance(stats, dict):
        if stats.get("capped") is True:
            yield str(stats.get("reason", "a limit was reached"))
        for key in sorted(stats):
            yield from _caps(stats[key])
    elif isinstance(stats, list):
        for item in stats:
            yield from _caps(item)


def _failures(
    repos: Sequence[RepoRow],
    readmes: Sequence[tuple[str, str]],
    analyses: Sequence[AnalysisRow],
    briefs: Sequence[BriefRow],
) -> list[Failure]:
    return [
        *(
            Failure(repo.full_name, "metadata", repo.error or "it is gone from GitHub")
            for repo in repos
            if repo.status in {RepoStatus.GONE, RepoStatus.FAILED}
        ),
        *(
            Failure(name, "README", "it could not be fetched")
            for name, status in readmes
            if status == ReadmeStatus.FAILED
        ),
        *(
            Failure(row.full_name, "analysis", row.error or "the model's answer is invalid")
            for row in analyses
            if row.status in {AnalysisStatus.INVALID, AnalysisStatus.FAILED}
        ),
        *(
            Failure(brief.group_key, "brief", brief.error or "the model's answer is invalid")
            for brief in briefs
            if brief.status in {BriefStatus.INVALID, BriefStatus.FAILED}
        ),
    ]
