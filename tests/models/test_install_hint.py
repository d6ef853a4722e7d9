"""A hint names the command that works where this Scout is installed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from models.codes import Code
from models.install_hint import Installation, install_command, library_missing

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/opt/scout/bin/python"
INDEX = "scout-briefs[live]"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def words(prefix: Path, **known: Any) -> list[str]:
    """Return the words of the command, as a shell would read them."""
    return shlex.split(Installation(PYTHON, prefix, **known).command_for("live"))


def uv_receipt(prefix: Path, requirement: str) -> None:
    text = f"[tool]\nrequirements = [{requirement}]\nentrypoints = []\n"
    (prefix / "uv-receipt.toml").write_text(text)


def pipx_metadata(prefix: Path, **main: Any) -> None:
    (prefix / "pipx_metadata.json").write_text(json.dumps({"main_package": main}))


class TestPip:
    def test_an_index_knows_it_by_its_name(self, tmp_path: Path) -> None:
        assert words(tmp_path) == [PYTHON, "-m", "pip", "install", INDEX]

    def test_the_command_can_be_pasted_as_it_is(self, tmp_path: Path) -> None:
        home = tmp_path / "it's $HOME; a [folder]"
        found = Installation(f"{home}/bin/python", home, checkout=home).command_for("live")
        assert shlex.split(found) == [
            f"{home}/bin/python", "-m", "pip", "install", "-e", f"{home}[live]",
        ]  # fmt: skip
        assert Installation(PYTHON, tmp_path).command_for("live").endswith(f"'{INDEX}'")

    def test_a_checkout_is_installed_again_as_a_checkout(self, tmp_path: Path) -> None:
        found = words(tmp_path, checkout=tmp_path, direct_url={"url": "https://elsewhere"})
        assert found == [PYTHON, "-m", "pip", "install", "-e", f"{tmp_path}[live]"]

    def test_a_folder_that_was_copied_is_installed_from_again(self, tmp_path: Path) -> None:
        folder = tmp_path / "a folder"
        folder.mkdir()
        url = {"url": folder.as_uri(), "dir_info": {}}
        assert words(tmp_path, direct_url=url)[-1] == f"{folder}[live]"
        folder.rmdir()
        assert words(tmp_path, direct_url=url)[-1] == INDEX

    def test_a_wheel_is_installed_from_again_while_it_is_there(self, tmp_path: Path) -> None:
        wheel = tmp_path / "scout_briefs-1-py3-none-any.whl"
        wheel.touch()
        url = {"url": wheel.as_uri(), "archive_info": {}}
        assert words(tmp_path, direct_url=url)[-1] == f"{INDEX} @ {wheel.as_uri()}"
        wheel.unlink()
        assert words(tmp_path, direct_url=url)[-1] == INDEX

    def test_a_commit_stays_the_same_commit(self, tmp_path: Path) -> None:
        url = {"url": "https://host/x.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}
        found = words(tmp_path, direct_url=url)[-1]
        assert found == f"{INDEX} @ git+https://host/x.git@{COMMIT}"

    def test_an_environment_without_pip_is_left_to_uv(self, tmp_path: Path) -> None:
        found = words(tmp_path, has_pip=False)
        assert found == ["uv", "pip", "install", "--python", PYTHON, INDEX]

    @pytest.mark.parametrize("url", [{"url": 7}, {"url": None}, {"dir_info": {}}])
    def test_metadata_that_make_no_sense_do_not_make_a_hint_fail(
        self, tmp_path: Path, url: dict[str, Any]
    ) -> None:
        assert words(tmp_path, direct_url=url)[-1] == INDEX


class TestPipx:
    def test_it_installs_again_with_the_extras_that_are_there(self, tmp_path: Path) -> None:
        pipx_metadata(tmp_path, package="scout-briefs", package_or_url="scout-briefs[postgres]")
        assert words(tmp_path) == ["pipx", "install", "--force", "scout-briefs[live,postgres]"]

    def test_a_checkout_stays_editable(self, tmp_path: Path) -> None:
        pipx_metadata(tmp_path, package="scout-briefs", package_or_url=str(tmp_path))
        found = words(tmp_path, checkout=tmp_path)
        assert found == ["pipx", "install", "--force", "--editable", f"{tmp_path}[live]"]

    def test_the_environment_of_another_application_is_left_to_pip(self, tmp_path: Path) -> None:
        pipx_metadata(tmp_path, package="another", package_or_url="another")
        assert words(tmp_path)[:4] == [PYTHON, "-m", "pip", "install"]


class TestUvTool:
    def test_it_installs_again_with_the_extras_that_are_there(self, tmp_path: Path) -> None:
        uv_receipt(tmp_path, '{ name = "scout-briefs", extras = ["postgres"] }')
        assert words(tmp_path) == ["uv", "tool", "install", "scout-briefs[live,postgres]"]

    def test_a_checkout_stays_editable(self, tmp_path: Path) -> None:
        uv_receipt(tmp_path, f'{{ name = "scout-briefs", editable = "{tmp_path}" }}')
        found = words(tmp_path, checkout=tmp_path)
        assert found == ["uv", "tool", "install", "--editable", f"{tmp_path}[live]"]

    @pytest.mark.parametrize("receipt", ["", "[tool", "[tool]\nrequirements = 7\n", "\0"])
    def test_a_receipt_that_makes_no_sense_is_left_aside(
        self, tmp_path: Path, receipt: str
    ) -> None:
        (tmp_path / "uv-receipt.toml").write_text(receipt)
        (tmp_path / "pipx_metadata.json").write_text("[")
        assert words(tmp_path) == [PYTHON, "-m", "pip", "install", INDEX]


def test_this_checkout_is_known_as_one() -> None:
    found = shlex.split(install_command("live"))
    assert found[-2:] == ["-e", f"{ROOT}[live]"]
    assert sys.executable in found


def test_no_hint_of_the_code_spells_the_command_itself() -> None:
    spelt = {
        str(path.relative_to(ROOT))
        for package in ("cli", "workers", "tasks", "models")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"pip install|\bscout\[", path.read_text())
    }
    assert not spelt


def test_what_an_extra_brings_is_missed_with_a_code_of_its_own() -> None:
    """Who misses it says so in one way: one once said it without its code."""
    error = library_missing("The moon is missing.", "live")
    assert (error.code, error.message) == (Code.LIBRARY_MISSING, "The moon is missing.")
    assert str(error.hint).startswith("Install it: ")
    asking = {
        str(path.relative_to(ROOT))
        for package in ("cli", "workers", "tasks", "models")
        for path in (ROOT / package).rglob("*.py")
        if "install_command" in path.read_text()
    }
    assert asking == {"models/install_hint.py", "workers/tracing/export.py"}, "that one goes on"
