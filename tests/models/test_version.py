"""Which code this is: the commit of a checkout in its forms, or the one that was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import version
from models.version import git_sha, version_text

SHA = "0123456789abcdef" * 2 + "01234567"
OTHER = SHA[::-1]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the code believe that it lies in this folder, without a checkout."""
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(version, "_HERE", tmp_path / "models")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_where_nothing_is_known_it_is_the_version_alone(root: Path) -> None:
    assert (git_sha(), version_text()) == (None, version.__version__)


def test_what_was_built_says_what_it_was_built_from(root: Path) -> None:
    write(root / "models" / "REVISION", f"{SHA}\n")
    assert version_text() == f"{version.__version__} ({SHA[:12]})"


@pytest.mark.parametrize(
    "files",
    [
        {"HEAD": f"{SHA}\n"},
        {"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{SHA}\n"},
        {"HEAD": "ref: refs/heads/main\n", "packed-refs": f"# pack-refs\n{SHA} refs/heads/main\n"},
    ],
)
def test_a_checkout_comes_first(root: Path, files: dict[str, str]) -> None:
    write(root / "models" / "REVISION", f"{OTHER}\n")
    for name, text in files.items():
        write(root / ".git" / name, text)
    assert git_sha() == SHA


def test_a_further_work_tree_knows_its_own_commit(root: Path) -> None:
    shared = root / "elsewhere" / ".git"
    write(root / ".git", f"gitdir: {shared}/worktrees/this\n")
    write(shared / "worktrees" / "this" / "HEAD", "ref: refs/heads/this\n")
    write(shared / "worktrees" / "this" / "commondir", "../..\n")
    write(shared / "refs" / "heads" / "this", f"{SHA}\n")
    assert git_sha() == SHA


def test_what_is_no_commit_is_not_called_one(root: Path) -> None:
    write(root / "models" / "REVISION", "a fine day\n")
    write(root / ".git" / "HEAD", "ref: refs/heads/unborn\n")
    assert git_sha() is None
