"""The repository that a run starts from (`--with`): it is in whatever the search finds.

Without it nothing that the run makes is of use, so what cannot be read of it ends the step, in the
place of a run that comes to nothing hours later.
"""

from __future__ import annotations

from models.codes import Code
from models.dao.analyses import AnalysesDao
from models.dao.readmes import ReadmesDao
from models.dao.repos import ReposDao
from models.database.upsert import insert_missing
from models.errors import PermanentError
from models.statuses import AnalysisStatus, ReadmeStatus, RepoStatus
from models.text.canonical_json import dumps
from tasks.analysis.candidates import turn_into_failed
from tasks.hydration.columns import repo_columns
from tasks.sources.interface import GitHubSource, Payload
from tasks.sources.payload import RepositoryPayload, parse_repository
from tasks.step import StepContext


def read_own(github: GitHubSource, full_name: str, *, dry: bool) -> RepositoryPayload:
    """Return what GitHub says of a repository that a run is to start from.

    Raises:
        PermanentError: It is not there, or nobody but its owners may see it.
        TransientError: GitHub does not answer.
    """
    payload = github.repository(full_name)
    if payload is None:
        where = "The fixtures have" if dry else "GitHub shows"
        raise _unusable(
            f"{where} no repository {full_name}.",
            "Check its name; a private one is seen only by whoever may read it.",
        )
    if _is_private(payload):
        raise _unusable(
            f"{full_name} is private, and what a run reads is shown to a language model and named"
            " in drafts.",
            "Start from a public repository.",
        )
    return parse_repository(payload, f"GET /repos/{full_name}", from_fixture=dry)


def store_own(context: StepContext) -> None:
    """Store the repository that the run starts from, before all others, if it does from one.

    Raises:
        PermanentError: It is not there any more.
        TransientError: GitHub does not answer.
    """
    asked = context.args.with_repo
    if asked is None or ReposDao.own(context.run_id) is not None:
        return
    repo = read_own(context.sources.github, asked, dry=context.args.dry)
    row = {
        "run_id": context.run_id,
        "full_name": repo.full_name,
        "found_in_pass": 1,
        "status": RepoStatus.HYDRATED,
        "is_own": True,
        "aliases_json": _aliases(asked, repo),
        "updated_at": context.now_iso(),
    }
    rows = [row | repo_columns(repo)]
    context.record.save(lambda: insert_missing("repos", rows, ("run_id", "full_name")))


def demand_readme(context: StepContext) -> None:
    """Return where the README of the run's own repository was read, or it has none.

    Raises:
        PermanentError: It could not be read; the next attempt reads it again.
    """
    name = ReposDao.own(context.run_id)
    if name and ReadmesDao.status_of(context.run_id, name) == ReadmeStatus.FAILED:
        raise _unusable(
            f"The README of {name}, which this run starts from, cannot be read.",
            f"Try again: scout resume {context.run_id}",
        )


def demand_analysis(context: StepContext) -> None:
    """Return where the run's own repository has a valid analysis.

    Raises:
        PermanentError: It has none; the next attempt asks again.
    """
    name = ReposDao.own(context.run_id)
    if name is None:
        return
    row = AnalysesDao.find(context.run_id, name)
    if row is not None and row.status == AnalysisStatus.VALID:
        return
    if row is not None and row.status == AnalysisStatus.INVALID:
        context.record.save(lambda: turn_into_failed(context.run_id, [name]))
    raise _unusable(
        f"{name}, which this run starts from, has no analysis:"
        f" {row.error if row else 'a limit of the run left it out'}",
        f"Try again: scout resume {context.run_id}"
        if row
        else "Raise --max-analyses or --max-llm-tokens.",
    )


def _aliases(asked: str, repo: RepositoryPayload) -> str | None:
    if asked.lower() == repo.full_name.lower():
        return None
    evidence = f"GET /repos/{asked} answered with {repo.full_name}"
    return dumps([{"full_name": asked, "evidence": evidence, "pass": 1}])


def _is_private(payload: Payload) -> bool:
    """Say whether only chosen people see it; an enterprise's `internal` is open to all there."""
    visibility = payload.get("visibility")
    return visibility == "private" or (payload.get("private") is True and visibility != "internal")


def _unusable(message: str, hint: str) -> PermanentError:
    return PermanentError(message, hint, code=Code.OWN_REPOSITORY_UNUSABLE)
