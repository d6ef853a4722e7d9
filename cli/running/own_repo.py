"""`scout run --with owner/name`: the repository, looked at before there is a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from models.codes import Code
from models.errors import (
    ConfigError,
    ExitCode,
    InputError,
    ItemFailedError,
    PermanentError,
    PostponedError,
    ScoutError,
    TransientError,
)

if TYPE_CHECKING:
    from models.run_args import RunArgs
    from tasks.sources.interface import GitHubSource
    from tasks.sources.payload import RepositoryPayload


class SourceAwayError(ScoutError):
    """GitHub does not answer, so nothing can be said of a repository."""

    exit_code = ExitCode.DEPENDENCY
    code = Code.GITHUB_AWAY


def with_query_or_repo(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a run with the name that `--with` means, and with some query.

    Where none was given, the repository's name stands in its place until that is looked at.

    Raises:
        InputError: There is neither `--query` nor `--with`, or that is no name.
        ConfigError: A setting of GitHub cannot be used.
    """
    from models.repo_name import read_repo_name

    if options["with_repo"] is None:
        if options["query"] is None:
            raise InputError(
                "Missing option '--query'.",
                'Say what to look for: --query "vector database"; or start from a repository:'
                " --with owner/name.",
            )
        return options
    name = read_repo_name(options["with_repo"], "--with", _web_url(dry=options["dry"]))
    query = options["query"]
    if query is None:
        query = " ".join(name.rpartition("/")[2].replace("-", " ").replace("_", " ").split())
    return options | {"with_repo": name, "query": query}


def with_own_repo(
    args: RunArgs, *, derive: bool, github: GitHubSource | None = None
) -> tuple[RunArgs, list[str]]:
    """Return the arguments with the canonical name of `--with`, and what is to be said of it.

    Args:
        args: The run's arguments.
        derive: Whether the query is made of what GitHub says of the repository.
        github: Who is asked; by default the run's own source, for which the database must be open.

    Raises:
        InputError: There is no such repository, or it is private.
        ConfigError: A source is not configured.
        SourceAwayError: GitHub does not answer.
    """
    asked = args.with_repo
    if asked is None:
        return args, []
    from models.lifecycle.create import refuse_secrets
    from tasks.search.own_query import own_query
    from tasks.sources.choose import sources_for
    from tasks.sources.fixtures.files import FixtureError

    refuse_secrets(args)
    if github is None:
        github = sources_for(args.dry, args.fixtures, with_model=False).github
    try:
        repo = _read(github, asked, dry=args.dry)
    except FixtureError as exc:
        raise InputError(
            f"--with {asked}: the fixtures have no such repository.",
            "Choose one that `scout show last --repo` knows after a dry run, or leave --dry out.",
        ) from exc
    except (TransientError, PostponedError) as exc:
        raise SourceAwayError(exc.message, exc.hint, code=exc.code) from exc
    except (PermanentError, ItemFailedError) as exc:
        raise InputError(f"--with {asked}: {exc.message}", exc.hint, code=exc.code) from exc
    said = []
    if repo.full_name.lower() != asked.lower():
        said.append(f"{asked} is {repo.full_name} now")
    args = replace(args, with_repo=repo.full_name)
    if derive:
        query, source = own_query(repo)
        args = replace(args, query=query)
        said.append(f'searching for "{query}", from {source} of {repo.full_name} · else: --query')
    return args.normalised(), said


def _read(github: GitHubSource, asked: str, *, dry: bool) -> RepositoryPayload:
    """Return what GitHub says of it; fixtures are files, whose names have a case."""
    from tasks.own_repo import read_own
    from tasks.sources.fixtures.files import FixtureError

    try:
        return read_own(github, asked, dry=dry)
    except FixtureError:
        if asked == asked.lower():
            raise
        return read_own(github, asked.lower(), dry=dry)


def _web_url(*, dry: bool) -> str:
    from models.repo_name import GITHUB_WEB_URL

    if dry:
        return GITHUB_WEB_URL
    from models.settings.github import named_server

    try:
        return named_server().web_url
    except (ConfigError, ValueError):
        return GITHUB_WEB_URL  # what is wrong with the setting is said where it is used
