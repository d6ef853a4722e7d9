"""The catalogue of events: complete, held by the code, and the only place that names events."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from models.event_texts import EVENT_TEXTS
from models.events import Event
from tests.support.processes import ROOT
from tests.support.source_code import text_of, trees

LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
NAMES = frozenset(event.value for event in Event)
#: What is called with the event that it records or logs.
EMITTERS = {"Entry", "_Again", "attempt_entry", "_tell", "audit", "say", "tell"}


def test_every_event_has_a_name_levels_details_and_a_text() -> None:
    assert set(EVENT_TEXTS) == set(Event)
    assert list(EVENT_TEXTS) == list(Event), "in the order of the catalogue"
    for event in Event:
        assert re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)+", event), event
        assert event.name == event.upper().replace(".", "_")
        assert set(event.levels) <= LEVELS
        assert len(set(event.details)) == len(event.details)
        assert EVENT_TEXTS[event][-1] not in ".:;", "a cell of a table, not a sentence with a stop"


def test_no_event_is_named_by_a_string_outside_the_catalogue() -> None:
    named = {
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path, tree in _others()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES
    }
    assert not named


def test_no_event_is_named_in_constant_sql() -> None:
    for path, _ in _others():
        assert not re.search(r"\bevent (=|!=|<>|IN|LIKE) \(?'", text_of(path)), path


def test_every_event_is_recorded_or_logged_somewhere() -> None:
    emitted = {name for _, tree in _others() for name in _emitted(tree)}
    assert {event.name for event in Event} - emitted == set()


def test_every_line_has_a_level_of_its_event() -> None:
    levels = {"exception": "ERROR"} | {name.lower(): name for name in LEVELS}
    seen = 0
    for path, tree in _others():
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or _called(call.func) not in levels:
                continue
            extra = [part.value for part in call.keywords if part.arg == "extra"]
            for name in (name for part in extra for name in _emitted(part)):
                assert levels[_called(call.func)] in Event[name].levels, f"{path}: {name}"
                seen += 1
    assert seen > 20


def test_every_detail_is_a_name_that_the_code_uses() -> None:
    words = {
        word
        for _, tree in _others()
        for node in ast.walk(tree)
        for word in (
            [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
        )
        + ([node.target.id] if _is_field(node) else [])
    }
    assert {name for event in Event for name in event.details} - words == set()


def test_a_member_is_the_plain_text_wherever_it_goes() -> None:
    """Rows, JSON and dictionaries keyed by text take it for the string that it is."""
    event = Event.RUN_CREATED
    assert {"run.created": 1}[event] == 1
    assert f"{event}" == str(event) == event.value == "run.created"
    assert type(event.value) is str


def _others() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module but the catalogue."""
    catalogue = {"events.py", "event_texts.py"}
    return ((path, tree) for path, tree in trees().items() if path.name not in catalogue)


def _emitted(tree: ast.AST) -> Iterator[str]:
    """Yield the members that code records or logs, and not those that it only asks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "event":
            yield from _members(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "event":
                    yield from _members(value)
        elif isinstance(node, ast.Assign) and "event" in _names(node.targets):
            yield from _members(node.value)
        elif isinstance(node, ast.Call) and _called(node.func) in EMITTERS:
            yield from (name for part in node.args for name in _members(part))


def _members(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and _called(part.value) == "Event":
            yield part.attr


def _names(targets: list[ast.expr]) -> set[str]:
    """Return the names that are assigned to, those of attributes among them."""
    parts = [part for one in targets for part in ast.walk(one)]
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    return names | {part.attr for part in parts if isinstance(part, ast.Attribute)}


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_field(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
