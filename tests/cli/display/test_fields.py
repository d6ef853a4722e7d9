"""`--fields` leaves what was asked for of the JSON, and says what there is if a name is wrong."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from cli.display.fields import names_in, picked
from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.processes import ROOT
from tests.support.worlds import failed_run, new_run, successful_run

RECORD = {"a": 1, "b": {"c": 2}, "d": [{"e": 3}, {"e": 4, "f": 5}], "n": None}


@pytest.mark.parametrize(
    ("value", "fields", "found", "missing"),
    [
        (RECORD, ["a", "n"], {"a": 1, "n": None}, []),
        (RECORD, ["b.c", "d.e"], {"b.c": 2, "d.e": [3, 4]}, []),
        (RECORD, ["d.f"], {"d.f": [None, 5]}, []),
        (RECORD, ["x", "b.x", "a.x"], {}, ["x", "b.x", "a.x"]),
        ([RECORD, {"a": 7}], ["a", "n"], [{"a": 1, "n": None}, {"a": 7}], []),
        ([], ["a"], [], []),
        ("text", ["a"], "text", []),
    ],
)
def test_what_is_left(value: Any, fields: list[str], found: Any, missing: list[str]) -> None:
    assert picked(value, fields) == (found, missing)


def test_names() -> None:
    assert names_in([RECORD, {"z": 1}]) == ["a", "b", "d", "n", "z"]


def test_commands_take_it_alone_or_beside_json(scout: Scout, database: Database) -> None:
    run_id = failed_run()
    successful_run()
    found = scout("runs", "--status", "failed", "--fields", "run_id,error_code")
    assert (
        found.stdout.split()
        == scout(
            "runs", "--json", "--status", "failed", "--fields", "run_id, error_code"
        ).stdout.split()
    )
    assert f'"run_id": "{run_id}"' in found.stdout
    assert '"query"' not in found.stdout
    wrong = scout("show", run_id, "--fields", "run.status,nothing")
    assert wrong.exit_code == 0
    assert '"run.status": "failed"' in wrong.stdout
    assert "--fields: 1 of them not there. There are: run, args," in wrong.stderr
    lines = scout("logs", run_id, "--fields", "event,error_code")
    assert lines.stderr == ""
    assert '{"event": "run.created"}' in lines.stdout


def test_the_shapes_are_those_that_are_published(scout: Scout, database: Database) -> None:
    run_ids = [failed_run(), successful_run()]
    published("runs").validate(scout.json("runs"))
    for run_id in run_ids:
        published("show").validate(scout.json("show", run_id, "--attempts"))
        for line in scout("logs", run_id, "--json").stdout.splitlines():
            published("logs").validate(json.loads(line))
        for line in scout("logs", run_id, "--group", "--json").stdout.splitlines():
            published("log_groups").validate(json.loads(line))


def test_so_are_those_of_commands_that_have_runs_executed_or_cancelled(
    scout: Scout, database: Database
) -> None:
    failed = failed_run()
    outcome, cancelled = published("outcome"), published("cancel")
    verified = {"run_ids": [failed], "identical": True, "difference": None, "digest": "d"}
    outcome.validate(verified)
    resumed = scout("resume", "--status", "failed", "--yes", "--json")
    (one,) = json.loads(resumed.stdout)
    assert (one["run_id"], one["exit_code"]) == (failed, resumed.exit_code)
    outcome.validate([one])
    outcome.validate(scout.json("watch", failed))
    for ids in ([new_run()], []):
        cancelled.validate(scout.json("cancel", *(ids or ("--status", "queued", "--yes"))))


def published(name: str) -> jsonschema.Draft202012Validator:
    """Return the published schema, closed: what it does not name must not be there."""
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text())
    return jsonschema.Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return closed | ({"additionalProperties": False} if "required" in schema else {})


def test_an_error_is_json_then_too(scout: Scout, database: Database) -> None:
    result = scout("show", "nobody", "--fields", "run")
    assert result.exit_code == 2
    assert '"error"' in result.stderr
