"""Facts of the repositories that briefs are about: what GitHub says of their community and release.

They never fail a step: what GitHub does not tell is unknown, and is asked for once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.codes import Code
from models.dao.repos import ReposDao
from models.database.upsert import update_each
from models.errors import ItemFailedError, PermanentError, ScoutError, TransientError
from models.text.canonical_json import dumps
from models.text.clean import clean_text
from tasks.sources.interface import GitHubSource, Payload
from tasks.step import StepContext
from tasks.units.loop import work_through

#: The requests that one repository takes.
REQUESTS_EACH = 2
ERROR_MAX_CHARACTERS = 300
_TEXT_MAX_CHARACTERS = 100
_DAY_CHARACTERS = 10
#: What may go wrong with one repository; a wait for GitHub's limits is none of it.
_UNKNOWN = (ItemFailedError, TransientError, PermanentError)


def read_facts(context: StepContext, full_names: Iterable[str]) -> None:
    """Store the facts of repositories that have none yet.

    Raises:
        PostponedError: GitHub's limits ask for a long wait.
    """
    names = ReposDao.without_facts(context.run_id, sorted(set(full_names)))

    def fetch(full_name: str) -> tuple[str, Mapping[str, Any]]:
        return full_name, facts_of(context.sources.github, full_name)

    def save(batch: Sequence[tuple[str, Mapping[str, Any]]]) -> None:

        def write() -> None:
            rows = [
                {"run_id": context.run_id, "full_name": name, "facts_json": dumps(facts)}
                for name, facts in batch
            ]
            update_each("repos", rows, ("run_id", "full_name"))

        context.record.save(write)

    if names:
        work_through(context, sorted(names), fetch, save, what="repositories")


def facts_of(github: GitHubSource, full_name: str) -> dict[str, Any]:
    """Return what GitHub says of a repository; what it does not say is missing.

    Returns:
        `contributing` and `code_of_conduct`, whether there is one; `release`, a name and a day, or
        None where there is none; `unknown`, why something is missing.
    """
    facts: dict[str, Any] = {}
    try:
        profile = github.community(full_name)
        if profile is not None:
            facts |= _community(profile)
        facts["release"] = _release(github.latest_release(full_name))
    except _UNKNOWN as exc:
        raise_if_broken(exc)
        facts["unknown"] = clean_text(exc.message, ERROR_MAX_CHARACTERS)
    return facts


def raise_if_broken(error: ScoutError) -> None:
    """Raise what is wrong with fixtures, which somebody has to mend; all else may be unknown."""
    if error.code is Code.FIXTURE_BROKEN:
        raise error


def _community(profile: Payload) -> dict[str, Any]:
    files = profile.get("files")
    known = files if isinstance(files, dict) else {}
    return {
        "contributing": known.get("contributing") is not None,
        "code_of_conduct": any(
            known.get(key) is not None for key in ("code_of_conduct", "code_of_conduct_file")
        ),
    }


def _release(release: Payload | None) -> dict[str, str] | None:
    if release is None:
        return None
    day = str(release.get("published_at") or "")[:_DAY_CHARACTERS]
    return {
        "name": clean_text(str(release.get("tag_name") or ""), _TEXT_MAX_CHARACTERS),
        "day": clean_text(day),
    }
