"""`scout bundle` packs everything that is on record about a run, and no secret."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cli.running.execution import user_name
from models.database.connection import Database
from models.errors import DatabaseUnavailableError
from tests.support.cli import SECRET, Scout
from tests.support.scout_process import rows

SHA = "0" * 64


def unpacked(path: Path) -> dict[str, bytes]:
    """Return the files of an archive by their name inside its one folder."""
    with tarfile.open(path) as archive:
        found = {}
        for info in archive.getmembers():
            folder, _, name = info.name.partition("/")
            assert folder.startswith("scout-")
            assert (info.mode, info.uid, info.gid) == (0o600, 0, 0)
            file = archive.extractfile(info)
            assert file is not None
            found[name] = file.read()
    return found


def objects(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines()]


def packed(scout: Scout, parent: str, out: Path, *options: str) -> dict[str, bytes]:
    result = scout("bundle", parent, "--out", str(out), *options)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{out}\n"
    return unpacked(out)


@pytest.mark.usefixtures("log_file")
def test_everything_on_record_is_in_it(scout: Scout, parent: str, tmp_path: Path) -> None:
    files = packed(scout, parent, tmp_path / "b.tar.gz")

    run = json.loads(files["run.json"])
    assert (run["run_id"], run["args"]["query"]) == (parent, "vector database")
    assert len(objects(files["steps.jsonl"])) == 10
    assert [one["outcome"] for one in objects(files["attempts.jsonl"])] == ["success"] * 10
    for name, table in {
        "audit.jsonl": "audit_log",
        "queries.jsonl": "github_queries",
        "repo_queries.jsonl": "repo_queries",
        "repos.jsonl": "repos",
        "readmes.jsonl": "readmes",
        "analyses.jsonl": "analyses",
        "keywords.jsonl": "keywords",
        "briefs.jsonl": "briefs",
        "rate_limits.jsonl": "github_rate_limits",
    }.items():
        ((count,),) = rows(f"SELECT count(*) FROM {table} WHERE run_id = ?", parent)
        assert len(objects(files[name])) == count > 0, name
    assert objects(files["analyses.jsonl"])[0]["output"]["score"]["inputs"]["stars"] > 0
    lines = objects(files["log.jsonl"])
    assert {line["run_id"] for line in lines} == {parent}
    assert len(lines) == len(objects(files["audit.jsonl"]))
    assert json.loads(files["reconcile.json"]) == {"rows_and_audit": [], "log_and_audit": []}
    assert json.loads(files["versions.json"])["scout"]
    readme = files["README.txt"].decode()
    assert all(name in readme for name in files if name != "README.txt")


def test_it_says_where_live_runs_ask_and_with_which_library(
    scout: Scout, parent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_GITHUB_URL", "https://github.example/api/v3")
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", f"https://user:{SECRET}@llm.example/v1")
    monkeypatch.setenv("SCOUT_LLM_MODEL", "llama3.1")
    monkeypatch.setenv("SCOUT_CONCURRENCY", "5")
    files = packed(scout, parent, tmp_path / "b.tar.gz")
    assert json.loads(files["settings.json"])["live"] == {
        "github_url": "https://github.example/api/v3",
        "llm_base_url": "https://[REDACTED]@llm.example/v1",
        "llm_model": "llama3.1",
        "embed_model": None,
        "embed_base_url": None,
        "concurrency": 5,
    }
    assert "httpx" in json.loads(files["versions.json"])


def test_texts_of_readmes_are_only_packed_when_asked_for(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    without = packed(scout, parent, tmp_path / "a.tar.gz")
    files = packed(scout, parent, tmp_path / "b.tar.gz", "--with-readmes")
    digests = {one["sha256"] for one in objects(without["readmes.jsonl"])} - {None}
    assert {name for name in files if name not in without} == {
        f"readmes/{sha256}.txt" for sha256 in digests
    }
    ((text,),) = rows("SELECT text FROM readme_texts WHERE sha256 = ?", min(digests))
    assert text.encode() not in b"".join(without.values())


def test_the_same_records_give_the_same_bytes(scout: Scout, parent: str, tmp_path: Path) -> None:
    for name in ("a.tar.gz", "b.tar.gz"):
        packed(scout, parent, tmp_path / name, "--with-readmes")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    made = [
        json.loads(data)
        for (data,) in rows(
            "SELECT data_json FROM audit_log WHERE event = 'bundle.made' AND run_id IS NULL"
        )
    ]
    assert [Path(one.pop("path")).name for one in made] == ["a.tar.gz", "b.tar.gz"]
    size = (tmp_path / "a.tar.gz").stat().st_size
    packing = {"who": user_name(), "of": parent, "bytes": size, "with_readmes": True}
    assert made == [packing, packing]


def test_it_is_made_also_where_nothing_can_be_written(
    scout: Scout, parent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DatabaseUnavailableError("The disk is full.", "Make room.")

    monkeypatch.setattr("cli.running.recorded.log_audit", full)
    result = scout("bundle", parent, "--out", str(tmp_path / "b.tar.gz"))
    assert result.exit_code == 0
    assert "The audit log does not have it: The disk is full." in result.stderr
    assert unpacked(tmp_path / "b.tar.gz")


def test_only_its_owner_can_read_it(scout: Scout, parent: str, tmp_path: Path) -> None:
    packed(scout, parent, tmp_path / "b.tar.gz")
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_stays(scout: Scout, parent: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    result = scout("bundle", parent, "--out", str(tmp_path / "mine"))
    assert result.exit_code == 2
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(scout: Scout, parent: str, tmp_path: Path) -> None:
    result = scout("bundle", parent, "--out", str(tmp_path / "no" / "b.tar.gz"))
    assert result.exit_code == 2
    assert "is not a folder" in result.stderr


def test_json_says_where_it_is(
    scout: Scout, parent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = scout.json("bundle", parent)
    assert data["path"] == str(tmp_path / f"scout-{parent}.tar.gz")
    assert data["bytes"] == Path(data["path"]).stat().st_size


def test_no_secret_gets_out_wherever_it_stands(
    scout: Scout,
    parent: str,
    opened: Database,
    log_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted past the redaction that keeps secrets out of the rows in the first place."""
    password = "hunter2-" + "correcthorse"
    plants = {
        "UPDATE runs SET args_json = ?": json.dumps({"query": SECRET, "api_key": password}),
        "UPDATE runs SET error = ?": f"bad token {SECRET}",
        "UPDATE run_steps SET error_message = ?": f"Authorization: Bearer {SECRET}",
        "UPDATE audit_log SET message = ?": f"with {SECRET}",
        "UPDATE audit_log SET data_json = ?": json.dumps({"attempt": 1, "password": password}),
        "UPDATE github_queries SET query = ?": SECRET,
        "UPDATE repos SET payload_json = ?": json.dumps({"clone_url": f"https://x:{SECRET}@h/y"}),
        "UPDATE analyses SET raw_text = ?": json.dumps({"token": SECRET}),
        "UPDATE keywords SET repos_json = ?": json.dumps([SECRET]),
        "UPDATE briefs SET content_json = ?": json.dumps({"pitch": SECRET, "secret": password}),
        "UPDATE readme_texts SET text = ?": f"export TOKEN={SECRET}",
    }
    for sql, value in plants.items():
        opened.execute(sql, (value,))
    log = tmp_path / "log.jsonl"
    line = json.dumps({"run_id": parent, "message": SECRET, "password": password})
    log.write_text(f"{log_file.read_text()}{line}\nnot json {parent} {SECRET}\n")
    monkeypatch.setenv("SCOUT_LOG_FILE", str(log))

    files = packed(scout, parent, tmp_path / "b.tar.gz", "--with-readmes")

    for name, content in files.items():
        assert SECRET.encode() not in content, name
        assert password.encode() not in content, name
        if name.endswith(".jsonl"):
            objects(content)
    assert SECRET.encode() not in gzip.decompress((tmp_path / "b.tar.gz").read_bytes())
    assert b"[REDACTED]" in files["run.json"]
    assert b"not json" in files["log.jsonl"]


def test_a_contradiction_in_the_records_is_packed(
    scout: Scout, parent: str, opened: Database, tmp_path: Path
) -> None:
    opened.execute("UPDATE run_steps SET attempt = 2 WHERE position = 4")
    found = json.loads(packed(scout, parent, tmp_path / "b.tar.gz")["reconcile.json"])
    assert any("hydrate_repo_metadata" in text for text in found["rows_and_audit"])


def test_a_row_that_is_no_json_is_packed_as_it_is_and_named(
    scout: Scout, parent: str, opened: Database, tmp_path: Path
) -> None:
    """By every command that cannot do without it, too; the others show what there is."""
    broken = f'{{"note": "{SECRET}'
    for table in ("run_steps SET stats_json", "audit_log SET data_json"):
        sql = f"UPDATE {table} = ? WHERE step_id = ?"
        opened.execute(sql, (broken, f"{parent}-04"))
    opened.execute("UPDATE briefs SET why_json = ? WHERE rank = 1", (f"[{broken}",))
    files = packed(scout, parent, tmp_path / "b.tar.gz")
    (step,) = [one for one in objects(files["steps.jsonl"]) if "stats_json" in one]
    assert (step["position"], step["stats_json"]) == (4, '{"note": "[REDACTED]')
    named = json.loads(files["reconcile.json"])["rows_and_audit"]
    assert f"stats_json of run_steps (run_id {parent}, name {step['name']}) is no JSON" in named
    assert scout("doctor", "--reconcile", parent).exit_code == 1
    assert scout("logs", parent).exit_code == 0
    for command, table in (("show", "run_steps"), ("explain", "run_steps"), ("replay", "briefs")):
        result = scout(command, parent, "--json")
        assert result.exit_code == 3
        error = json.loads(result.stderr)["error"]
        assert error["code"] == "database_damaged"
        assert f"_json of {table} (run_id {parent}" in error["message"]
        assert SECRET not in result.output


def test_the_page_of_the_run_is_in_it(scout: Scout, parent: str, tmp_path: Path) -> None:
    page = packed(scout, parent, tmp_path / "b.tar.gz")["run.html"].decode()
    assert parent in page
    assert "Outreach draft: message" in page
    assert page.count("<svg") == 10
    assert "<script" not in page


def test_records_that_make_no_page_are_packed_all_the_same(
    scout: Scout, parent: str, opened: Database, tmp_path: Path
) -> None:
    opened.execute("UPDATE repos SET payload_json = '[]'")
    files = packed(scout, parent, tmp_path / "b.tar.gz")
    assert "run.html" not in files
    assert b"Traceback" in files["run.html.error.txt"]
    assert b"why the run's page could not be made" in files["README.txt"]
