"""What several commands share: the RUN argument, `--json`, and opening the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from models.settings.runtime import Settings

F = TypeVar("F", bound=Callable[..., Any])
_COMPLETIONS = 20
#: Where a command's context keeps the fields that were asked for.
FIELDS = "scout.fields"


def open_for_use(*, reads: bool = False) -> Settings:
    """Open the database of the environment's settings and return them; creates it if need be.

    Args:
        reads: Whether the command only reads: what an older Scout made stays as it is then.

    Raises:
        ConfigError: A setting is malformed.
        DatabaseUnavailableError: The database cannot be opened.
    """
    from models.database.migrate import open_database
    from models.settings.runtime import load_settings

    settings = load_settings()
    open_database(settings, reads=reads)
    return settings


def open_for_reading() -> Settings:
    """Do the same for a command that only reads."""
    return open_for_use(reads=True)


def run_argument(command: F) -> F:
    """Add the RUN argument: an id, a unique prefix of one, or `last`."""
    return click.argument("run_text", metavar="RUN", shell_complete=complete_run)(command)


def read_run_argument(command: F) -> F:
    """Add the RUN argument of a command that only reads; without it, it is the newest run."""
    argument = click.argument(
        "run_text", metavar="[RUN]", default="last", shell_complete=complete_run
    )
    return argument(command)


def optional_run_argument(command: F) -> F:
    """Add the RUN argument of a command that may also be told which runs are meant; else None."""
    argument = click.argument(
        "run_text", metavar="[RUN]", required=False, shell_complete=complete_run
    )
    return argument(command)


def yes_option(command: F) -> F:
    """Add `--yes`, for commands that ask before they do something to several runs."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, and `--fields` for a part of it; exit codes are the same with and without."""
    return fields_option(
        click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout.")(command)
    )


def fields_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--fields` to a command that has `--json` as `as_json`; `emit_json` heeds it."""

    @wraps(command)
    def with_fields(*, fields: str | None, **values: Any) -> Any:
        if fields is not None:
            values["as_json"] = True
            wanted = [one.strip() for one in fields.split(",") if one.strip()]
            click.get_current_context().meta[FIELDS] = wanted
        return command(**values)

    option = click.option(
        "--fields", metavar="A,B.C", help="Write JSON with these fields only; a full stop goes in."
    )
    return option(with_fields)


def new_file(text: str, option: str) -> Path:
    """Return the absolute path of a file that is to be written.

    Args:
        text: What a person typed.
        option: Where, for the message.

    Raises:
        InputError: It holds a secret, which the screen would show, or is no path.
    """
    from models.errors import InputError
    from models.redaction import default_redactor
    from models.text.typed_path import whole_path

    if default_redactor().holds_secret(text):
        raise InputError(
            f"{option} holds what looks like a password, key or token; paths are shown.",
            "Choose another file.",
        )
    if "\0" in text:
        raise InputError(f"{option} is no path.", "Choose another file.")
    return whole_path(text, option, InputError)


def complete_run(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the newest runs whose id begins with what was typed, and `last`."""
    from click.shell_completion import CompletionItem

    from models.ids import normalise_prefix
    from models.text.clean import clean_text

    items = [CompletionItem("last", help="the newest run")]
    prefix = normalise_prefix(incomplete)
    for run in _newest_runs():
        if run.run_id.startswith(prefix):
            query = clean_text(str(run.args.get("query", "")), 40)
            items.append(CompletionItem(run.run_id, help=f"{run.status} {query}"))
    return [item for item in items if item.value != "last" or "last".startswith(incomplete)]


def complete_folder(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Have the shell complete the name of a folder."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def complete_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Have the shell complete the name of a file."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_repo(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return repositories of earlier runs whose name begins with what was typed."""
    from click.shell_completion import CompletionItem

    from models.dao.repo_names import RepoNamesDao
    from models.database.read_only import open_existing
    from models.settings.runtime import load_settings

    try:
        if open_existing(load_settings()) is None:
            return []
        names = RepoNamesDao.beginning_with(incomplete, limit=_COMPLETIONS)
    except Exception:  # noqa: BLE001 - a shell that completes a word has nowhere to show an error
        return []
    return [CompletionItem(name) for name in names]


def _newest_runs() -> list[Any]:
    from models.dao.runs import RunsDao
    from models.database.read_only import open_existing
    from models.settings.runtime import load_settings

    try:
        if open_existing(load_settings()) is None:
            return []
        return RunsDao.list(limit=_COMPLETIONS)
    except Exception:  # noqa: BLE001 - a shell that completes a word has nowhere to show an error
        return []
