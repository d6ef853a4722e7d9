"""What GitHub is asked for a plan: the repository of `--with`, and the search's first page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from models.errors import InputError, ScoutError

if TYPE_CHECKING:
    from models.run_args import RunArgs
    from tasks.forecast.first_page import FirstPage


class Ahead(Struct, frozen=True):
    """What is known of a run before it is made.

    Args:
        args: Its arguments, as GitHub's answers complete them.
        derive: Whether its query is still to be made of what GitHub says of `--with`.
        page: The first page of its search, where GitHub was asked and has answered.
        note: Why GitHub has not.
    """

    args: RunArgs
    derive: bool = False
    page: FirstPage | None = None
    note: str | None = None


def look_ahead(args: RunArgs, *, derive: bool) -> Ahead:
    """Ask GitHub what a live run would ask it first; nothing is written, and no limit waited for.

    Raises:
        InputError: GitHub has no such repository, or the query has no words.
    """
    from cli.running.own_repo import with_own_repo
    from models.text.clean import clean_text
    from models.text.sentence import once_ended
    from tasks.sources.http.library import http_library

    try:
        http_library("Asking GitHub")
        from tasks.forecast.first_page import first_page
        from tasks.sources.github.unrecorded import unrecorded_github

        github = unrecorded_github()
        args, _ = with_own_repo(args, derive=derive, github=github)
        derive = False
        return Ahead(args, page=first_page(args, github))
    except InputError:
        raise
    except ScoutError as exc:
        reason = once_ended(f"{clean_text(exc.message)}.")
        note = f"GitHub does not say how many there are: {reason} {exc.hint}"
        return Ahead(args, derive, note=note.rstrip())
