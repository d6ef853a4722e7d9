"""What GitHub has for a search that is only planned: the first page that the run would read."""

from __future__ import annotations

from msgspec import Struct

from models.codes import Code
from models.dao.analyses import AnalysesDao
from models.errors import TransientError
from models.run_args import RunArgs
from tasks.forecast.found import Found
from tasks.prompts.prompt import load_prompt
from tasks.search.query import first_query
from tasks.sources.interface import GitHubSource


class FirstPage(Struct, frozen=True):
    """How many repositories match now, and the names of the first of them."""

    matches: int
    names: tuple[str, ...]


def first_page(args: RunArgs, github: GitHubSource) -> FirstPage:
    """Ask GitHub for the first page of a run's first search: one request.

    Raises:
        InputError: There is nothing to look for.
        TransientError: GitHub does not answer.
        PermanentError: GitHub refuses.
    """
    page = github.search_repositories(first_query(args, github.today()), 1)
    if page.incomplete_results:
        message = "GitHub timed out while it searched, and counted only a part of what there is."
        raise TransientError(message, code=Code.GITHUB_AWAY)
    names = (str(item.get("full_name")) for item in page.items)
    return FirstPage(max(page.total_count, len(page.items)), tuple(names))


def found_on(page: FirstPage, args: RunArgs, *, has_history: bool) -> Found:
    """Return what the search would find, and of how much of it earlier runs have an analysis.

    Args:
        page: What GitHub has for it.
        args: The run's arguments.
        has_history: Whether a database is open that may know some of it.
    """
    repos = min(args.top, page.matches)
    shown = page.names[:repos]
    known = 0
    if shown and has_history and not (args.fresh or args.no_llm):
        known = AnalysesDao.count_known(shown, load_prompt("repo_analysis").version)
    own = args.with_repo is not None
    there = round(repos * known / len(shown)) if shown else 0
    return Found(repos + own, repos - there + own, matches=page.matches)
