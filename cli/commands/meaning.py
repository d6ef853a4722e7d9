"""`scout meaning`: what a failure's code or an event means, offline and without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import asdict

from cli.errors import did_you_mean
from cli.options.shared import json_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from models.codes import Code
    from models.events import Event

_ABOUT = {
    "run": "a run",
    "step": "an attempt at a step",
    "unit": "one repository, question or request of a step",
    "worker": "a worker process",
    "process": "a process of Scout",
}


class Meaning(Struct, frozen=True):
    """What is said about a code or an event.

    Args:
        name: The code, or the event.
        kind: failure or event.
        what: What happened, in a sentence.
        notes: Titled sentences: causes and consequences of a failure, where to find an event.
        todo: Commands and one-line advice, in order; RUN and STEP are to be replaced.
    """

    name: str
    kind: str
    what: str
    notes: dict[str, str]
    todo: tuple[str, ...]


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(one.name, help=one.what)
        for one in _all()
        if one.name.startswith(incomplete.lower())
    ]


@click.command()
@click.argument("name", metavar="[CODE|EVENT]", required=False, shell_complete=_complete)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """Say what a failure's code or an event means, its usual causes, and what to do next.

    Codes are what `scout explain` calls failures by; events stand in every log line. Without an
    argument all of them are listed. Nothing is read but Scout itself: no database, no network.

    Example: scout meaning crash_loop
    """
    from cli.display.terminal import emit_json

    if name is None:
        if as_json:
            emit_json([asdict(one) for one in _all()])
        else:
            _list(_all())
        return
    found = _named(name)
    if as_json:
        emit_json(asdict(found))
    else:
        _show(found)


def _named(name: str) -> Meaning:
    from models.errors import InputError

    known = {one.name: one for one in _all()}
    found = known.get(name.strip().lower())
    if found is None:
        raise InputError(
            f"No failure and no event is called {name!r}.{did_you_mean(name.lower(), known)}",
            "List all of them: scout meaning",
        )
    return found


def _all() -> list[Meaning]:
    from models.codes import Code
    from models.events import Event

    return [*map(_of_code, Code), *map(_of_event, Event)]


def _of_code(code: Code) -> Meaning:
    from models.failures import CATALOGUE

    words = CATALOGUE[code].about("RUN", "the step")
    notes = {"causes": words.causes, "means": words.meaning}
    return Meaning(
        code.value,
        "failure",
        _sentence(words.what),
        {title: _sentence(text) for title, text in notes.items() if text},
        CATALOGUE[code].about("RUN", "STEP").todo,
    )


def _of_event(event: Event) -> Meaning:
    from models.event_texts import EVENT_TEXTS

    notes = {"about": _ABOUT[event.scope], "level": " or ".join(event.levels)}
    if event.details:
        notes["details"] = ", ".join(event.details)
    if event.audited:
        notes["where"] = "a row of the audit log and a log line"
        todo = ("scout logs RUN", "scout explain RUN")
    else:
        notes["where"] = "a log line"
        todo = (f"jq -c 'select(.event == \"{event}\")' scout.log", "scout doctor")
    return Meaning(event.value, "event", _sentence(f"{EVENT_TEXTS[event]}."), notes, todo)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _show(found: Meaning) -> None:
    from cli.display.terminal import faint, hanging, paint, say

    say(f"{paint(found.name, None, bold=True)}  {faint(found.kind)}")
    say(found.what, hang=0)
    for title, text in found.notes.items():
        say(f"  {title + ':':<9} {hanging(text, 12)}", hang=12)
    for number, text in enumerate(found.todo):
        say(f"  {'' if number else 'next:':<9} {text}", hang=14)


def _list(meanings: list[Meaning]) -> None:
    from cli.display.table import Column, table_lines
    from cli.display.terminal import say

    columns = [Column("NAME"), Column("KIND"), Column("MEANING", flexible=True)]
    for line in table_lines(columns, [(one.name, one.kind, one.what) for one in meanings]):
        say(line)
