"""`scout run --plan`: what a run would cost, without creating one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cli.display.table import Column, table_lines
from cli.display.terminal import emit_json, paint, say

if TYPE_CHECKING:
    from cli.running.plan_ahead import Ahead
    from models.run_args import RunArgs
    from tasks.forecast.forecast import Amount, Forecast
    from tasks.forecast.history import History


def print_plan(
    options: dict[str, Any], *, as_json: bool, derive: bool = False, offline: bool = False
) -> None:
    """Print the forecast of a run; nothing is created or written, and no model is asked.

    Args:
        options: The arguments of the run.
        as_json: Print it as one JSON object.
        derive: Whether the query is yet to be made of what GitHub says of `--with`.
        offline: Whether GitHub is not asked either, so that it is unknown how much there is.

    Raises:
        InputError: An argument is out of range, holds a secret, or names no repository.
        ConfigError: A setting is malformed.
    """
    from cli.running.own_repo import with_own_repo
    from cli.running.plan_ahead import Ahead, look_ahead
    from models.lifecycle.create import refuse_secrets
    from models.run_args import RunArgs
    from models.settings.github_cli import adopt_gh_token

    args = RunArgs(**options).normalised()
    refuse_secrets(args)
    if args.dry:
        ahead = Ahead(with_own_repo(args, derive=derive)[0])
    else:
        adopt_gh_token()
        ahead = Ahead(args, derive) if offline else look_ahead(args, derive=derive)
    found = _forecast(ahead)
    if as_json:
        query = {"query": None if ahead.derive else ahead.args.query}
        emit_json(query | {"with": ahead.args.with_repo, "dry": args.dry} | found.to_dict())
        return
    for line in _lines(ahead.args, found, derive=ahead.derive):
        say(line, hang=6)


def _forecast(ahead: Ahead) -> Forecast:
    from models.settings.chat import ChatSettings
    from models.settings.embedding import named_embedder
    from models.settings.github import named_server
    from tasks.forecast.first_page import found_on
    from tasks.forecast.forecast import forecast
    from tasks.forecast.history import History

    args, page = ahead.args, ahead.page
    history = known_history(args, has_searched=page is not None)
    found = forecast(
        args,
        history or History(),
        with_token=named_server().token is not None,
        pays_for_vectors=isinstance(named_embedder(), ChatSettings),
        found=found_on(page, args, has_history=history is not None) if page else None,
    )
    return replace(found, notes=(ahead.note, *found.notes)) if ahead.note else found


def known_history(args: RunArgs, *, has_searched: bool) -> History | None:
    """Return what earlier runs tell, where there is a database with today's schema."""
    from models.database.migrate import schema_status
    from models.database.read_only import open_existing
    from models.settings.runtime import load_settings
    from tasks.forecast.history import history_of

    database = open_existing(load_settings())
    if args.dry or database is None:
        return None
    status = schema_status(database)
    if status.pending or status.unknown:
        return None
    return history_of(args, has_searched=has_searched)


def _lines(args: RunArgs, found: Forecast, *, derive: bool) -> Iterator[str]:
    from models.text.clean import clean_text

    mode = "dry" if args.dry else "live"
    what = [] if derive else [f'"{clean_text(args.query, 80)}"']
    what += [f"with {args.with_repo}"] if args.with_repo else []
    yield f"plan  {mode}  {'  '.join(what)}  no run is created"
    yield ""
    if not args.dry:
        limits = found.to_dict()["limits"]
        columns = [Column(""), Column("EXPECTED", right=True), Column("AT MOST", right=True)]
        rows = [
            _row(f"GitHub searches, {limits['search']:,} a minute", found.searches),
            _row(f"GitHub requests, {limits['core']:,} an hour", found.core),
            _row("  metadata", found.metadata),
            _row("  READMEs", found.readmes),
            *([] if args.no_llm else [_row("  facts for briefs", found.facts)]),
            *([] if args.no_llm else _model_rows(found)),
            *([_row("model tokens", found.tokens)] if args.no_llm and found.tokens.at_most else []),
            _row("minutes", found.minutes),
        ]
        yield from table_lines(columns, rows)
        yield ""
    for note in found.notes:
        yield paint("note", "yellow") + "  " + note


def _model_rows(found: Forecast) -> list[list[str]]:
    return [
        _row("model requests", found.calls),
        _row("  analyses", found.analyses),
        _row("  verdicts on pairs", found.verdicts),
        _row("  briefs", found.briefs),
        _row("model tokens", found.tokens),
    ]


def _row(label: str, amount: Amount) -> list[str]:
    return [label, f"{amount.expected:,}", f"{amount.at_most:,}"]
