"""`scout audit verify`: a dry run is sealed by the command that made it, and is held to that."""

from __future__ import annotations

import json

import jsonschema

from models.clock import Clock
from models.database.connection import Database
from models.lifecycle.seal import seal_due
from tests.support.cli import Scout
from tests.support.processes import ROOT
from tests.support.worlds import successful_run

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "audit.schema.json").read_text())


def test_a_run_holds_until_a_byte_of_it_is_changed(scout: Scout, opened: Database) -> None:
    found = scout.json("audit", "verify")
    jsonschema.validate(found, SCHEMA)
    assert (found["holds"], found["seals"], found["unsealed_rows"]) == (True, 1, 0)
    said = scout("audit", "verify", "--head", found["head"])
    assert said.exit_code == 0
    assert said.stdout.startswith("holds  1 seals")
    assert f"head {found['head']}" in said.stdout
    ((row_id,),) = opened.execute("SELECT max(id) - 3 FROM audit_log").fetchall()
    sql = "UPDATE audit_log SET data_json = data_json || ' ' WHERE id = ?"
    opened.execute(sql, (row_id,))
    said = scout("audit", "verify", "--since", "1d")
    assert said.exit_code == 1
    assert f"Row {row_id} of the audit log of run" in said.stdout
    broken = scout("audit", "verify", "--json")
    assert broken.exit_code == 1
    (one,) = json.loads(broken.stdout)["broken"]
    assert (one["breach"], one["audit_id"]) == ("changed", row_id)


def test_runs_that_wait_for_their_seal_are_no_evidence(scout: Scout, database: Database) -> None:
    said = scout("audit", "verify")
    assert (said.exit_code, said.stdout.split("  ")[0]) == (0, "nothing to hold")
    successful_run()
    found = scout("audit", "verify", "--json")
    assert found.exit_code == 1
    jsonschema.validate(json.loads(found.stdout), SCHEMA)
    assert json.loads(found.stdout) | {"waiting_since": ""} == {
        "format": "scout-audit/1",
        "holds": None,
        "seals": 0,
        "rows": 0,
        "stubs": 0,
        "unsealed_rows": 0,
        "waiting_runs": 1,
        "waiting_since": "",
        "head": None,
        "broken": [],
    }
    said = scout("audit", "verify")
    assert said.stdout.startswith("unproven  0 seals")
    assert "1 run that has ended waits for a seal since 20" in said.stdout
    seal_due(Clock(), 10.0, settle_s=0.0)
    successful_run()
    said = scout("audit", "verify")
    assert (said.exit_code, said.stdout.split("  ")[0]) == (0, "holds")
    assert "1 run that has ended waits" in said.stdout
