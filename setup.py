"""Records in what is built which commit it was built from; all else stands in pyproject.toml."""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

VERSION = runpy.run_path(str(Path(__file__).with_name("models") / "version.py"))


def record_revision(root: str) -> None:
    """Write the commit below `root`, where it is known; an sdist brings its own along."""
    revision = VERSION["git_sha"]()
    if revision:
        path = Path(root, "models", VERSION["REVISION_FILE"])
        path.write_text(revision + "\n", encoding="ascii")


class BuildWithRevision(build_py):
    """Copies the packages, and adds the revision; a checkout has git's own record of it."""

    def run(self) -> None:
        """Build."""
        super().run()
        if not self.editable_mode:
            record_revision(self.build_lib)


class SdistWithRevision(sdist):
    """Copies the sources, and adds the revision."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Make the tree that is packed."""
        super().make_release_tree(base_dir, files)
        record_revision(base_dir)


setup(cmdclass={"build_py": BuildWithRevision, "sdist": SdistWithRevision})
