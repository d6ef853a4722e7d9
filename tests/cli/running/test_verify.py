"""`scout run --dry --verify` proves that two runs are the same, or shows where they differ."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.running import verify
from cli.running.verify import first_difference, run_digest
from models.database.connection import database
from tests.support.cli import Scout
from tests.support.scout_process import rows, small_run

pytestmark = pytest.mark.usefixtures("nothing_leaks")


@pytest.fixture
def run(tmp_path: Path) -> tuple[str, ...]:
    """Return the command line of a small dry run that exports below the test's folder."""
    out = str(tmp_path / "out")
    return small_run(out)


@pytest.fixture
def before_comparing(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[str, str], None]], None]:
    """Return what does something to the two runs just before they are compared."""

    def arrange(act: Callable[[str, str], None]) -> None:
        real = verify.first_difference

        def tampered(first: str, second: str) -> str | None:
            act(first, second)
            return real(first, second)

        monkeypatch.setattr(verify, "first_difference", tampered)

    return arrange


def exports(run_id: str, tmp_path: Path) -> Path:
    return tmp_path / "out" / f"run_{run_id}"


def test_two_runs_are_the_same_and_the_digest_is_stable(scout: Scout, run: tuple[str, ...]) -> None:
    first, second = (scout(*run, "--verify") for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    match = re.fullmatch(r"identical: two runs, digest ([0-9a-f]{64})\n", first.stdout)
    assert match
    assert second.stdout == first.stdout
    ids = [run_id for (run_id,) in rows("SELECT run_id FROM runs")]
    assert len(ids) == 4
    assert {run_digest(run_id) for run_id in ids} == {match.group(1)}


def test_other_arguments_make_another_digest(scout: Scout, run: tuple[str, ...]) -> None:
    scout(*run)
    scout(*run, "--top", "5")
    one, other = (run_id for (run_id,) in rows("SELECT run_id FROM runs ORDER BY run_id"))
    assert run_digest(one) != run_digest(other)
    assert first_difference(one, other)


@pytest.mark.parametrize("name", ["index.md", "briefs"])
def test_a_tampered_export_is_found(
    scout: Scout,
    run: tuple[str, ...],
    tmp_path: Path,
    before_comparing: Callable[..., None],
    name: str,
) -> None:
    def tamper(first: str, second: str) -> None:
        files = sorted(exports(second, tmp_path).rglob("*.md"))
        (path, *_) = [path for path in files if (path.name == "index.md") == (name == "index.md")]
        path.write_text(path.read_text().replace("Manual review required", "All is fine"))

    before_comparing(tamper)
    result = scout(*run, "--verify")
    assert result.exit_code == 1
    assert result.stdout.startswith("different: ")
    assert ".md" in result.stdout


def test_a_file_too_many_is_found(
    scout: Scout, run: tuple[str, ...], tmp_path: Path, before_comparing: Callable[..., None]
) -> None:
    before_comparing(lambda _, second: (exports(second, tmp_path) / "extra.md").write_text("x"))
    result = scout(*run, "--verify")
    assert result.exit_code == 1
    assert "extra.md" in result.stdout


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        (
            "UPDATE run_steps SET stats_json = '{\"x\":1}' WHERE run_id = ? AND position = 3",
            "stats",
        ),
        ("UPDATE run_steps SET attempt = 2 WHERE run_id = ? AND position = 3", "steps"),
        ("DELETE FROM audit_log WHERE run_id = ? AND event = 'run.finished'", "events"),
    ],
)
def test_a_tampered_record_is_found(
    scout: Scout, run: tuple[str, ...], before_comparing: Callable[..., None], sql: str, kind: str
) -> None:
    before_comparing(
        lambda _, second: database().transact(lambda: database().execute(sql, (second,)))
    )
    result = scout(*run, "--verify")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"different: {kind}")


def test_json(scout: Scout, run: tuple[str, ...], before_comparing: Callable[..., None]) -> None:
    data = json.loads(scout(*run, "--verify", "--json").stdout)
    assert set(data) == {"run_ids", "identical", "difference", "digest"}
    assert (data["identical"], data["difference"], len(data["run_ids"])) == (True, None, 2)
    assert data["digest"] == run_digest(data["run_ids"][1])


def test_json_of_a_difference(
    scout: Scout, run: tuple[str, ...], tmp_path: Path, before_comparing: Callable[..., None]
) -> None:
    before_comparing(lambda _, second: (exports(second, tmp_path) / "index.md").write_text("x"))
    result = scout(*run, "--verify", "--json")
    data: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, data["identical"]) == (1, False)
    assert "index.md" in data["difference"]


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_run_that_fails_ends_the_comparison(
    scout: Scout, run: tuple[str, ...], tmp_path: Path, extra: tuple[str, ...]
) -> None:
    import shutil

    from tests.support.processes import ROOT

    world = tmp_path / "world"
    shutil.copytree(ROOT / "fixtures", world, ignore=shutil.ignore_patterns("*.py*", "__*"))
    for path in world.glob("github/search/**/*.json"):
        path.write_text("{not json")
    result = scout(*run, "--verify", "--fixtures", str(world), *extra)
    assert result.exit_code == 1
    assert rows("SELECT status FROM runs") == [("failed",)]
    assert "identical" not in result.stdout
    if extra:
        assert json.loads(result.stdout)["status"] == "failed"
