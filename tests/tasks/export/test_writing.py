from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.errors import PermanentError
from models.export_path import export_folder
from tasks.export.writing import ExportError, write_tree

FILES = {"index.md": "index ü\n", "briefs/01-a.md": "brief\n"}


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_files_are_there_and_nothing_else(tmp_path: Path) -> None:
    target = export_folder(tmp_path / "new" / "out", "R1")
    write_tree(target, FILES)
    assert tree(tmp_path) == {f"new/out/run_R1/{name}": text for name, text in FILES.items()}


def test_a_second_attempt_replaces_the_whole_folder(tmp_path: Path) -> None:
    target = export_folder(tmp_path, "R1")
    write_tree(target, FILES | {"briefs/02-old.md": "old\n"})
    write_tree(target, FILES)
    assert tree(tmp_path) == {f"run_R1/{name}": text for name, text in FILES.items()}


def test_a_killed_attempt_leaves_nothing_that_looks_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies while it writes: neither its clean-up nor its rename runs."""
    target = export_folder(tmp_path, "R1")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tasks.export.writing._move_into_place", die)
        patched.setattr("tasks.export.writing._remove", lambda path: None)
        with pytest.raises(KeyboardInterrupt):
            write_tree(target, FILES)
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 1

    write_tree(target, FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["run_R1"]


def test_a_failed_replacement_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = export_folder(tmp_path, "R1")
    write_tree(target, FILES)
    rename = Path.rename

    def fail_for_new(self: Path, to: Path) -> Path:
        if to == target and (self / "new.md").exists():
            raise OSError(28, "No space left on device")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(ExportError, match="No space left on device"):
        write_tree(target, {"new.md": "new\n"})
    assert tree(tmp_path) == {f"run_R1/{name}": text for name, text in FILES.items()}


def test_a_link_in_the_folders_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "index.md").write_text("precious")
    target = export_folder(tmp_path / "out", "R1")
    target.parent.mkdir()
    target.symlink_to(elsewhere)
    write_tree(target, FILES)
    assert tree(elsewhere) == {"index.md": "precious"}
    assert not target.is_symlink()
    assert tree(target) == FILES


def test_another_runs_folder_is_left_alone(tmp_path: Path) -> None:
    write_tree(export_folder(tmp_path, "R1"), FILES)
    (tmp_path / "run_R10.tmp-1").mkdir()
    write_tree(export_folder(tmp_path, "R1"), FILES)
    assert {path.name for path in tmp_path.iterdir()} == {"run_R1", "run_R10.tmp-1"}


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ExportError) as caught:
        write_tree(export_folder(tmp_path / "out", "R1"), FILES)
    assert isinstance(caught.value, PermanentError)
    assert str(tmp_path / "out") in caught.value.message
    assert "--out" in caught.value.hint


def test_files_get_the_modes_that_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_tree(export_folder(tmp_path, "R1"), FILES)
    finally:
        os.umask(before)
    assert (tmp_path / "run_R1").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "run_R1/index.md").stat().st_mode & 0o777 == 0o640
