"""The command that adds an extra to Scout where it is installed, whichever way that was done.

Hints name it, so it must work as it stands: with the interpreter's own path, from the same checkout
or archive, and by the tool that looks after the environment (pip, pipx, uv). The name on its own is
only right for what came from an index.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from msgspec import Struct, field

from models.codes import Code
from models.errors import ConfigError
from models.version import DISTRIBUTION


class Installation(Struct, frozen=True):
    """Where this Scout is installed, and what from.

    Args:
        python: The interpreter.
        prefix: The environment's folder, in which pipx and uv leave their notes.
        checkout: The folder of the checkout that the code runs from, or None.
        direct_url: What `direct_url.json` says of where it was installed from; empty for an index.
        has_pip: Whether the environment has a pip of its own.
    """

    python: str
    prefix: Path
    checkout: Path | None = None
    direct_url: dict[str, Any] = field(default_factory=dict)
    has_pip: bool = True

    @classmethod
    def current(cls) -> Installation:
        """Return the installation that runs this code."""
        return cls(
            sys.executable,
            Path(sys.prefix),
            _checkout_of(Path(__file__)),
            _direct_url(),
            find_spec("pip") is not None,
        )

    def command_for(self, extra: str) -> str:
        """Return the shell command that adds an extra; it keeps those that pipx or uv know of."""
        pipx, uv = _pipx_extras(self.prefix), _uv_extras(self.prefix)
        if uv is not None:
            words = ["uv", "tool", "install", *self._source({extra, *uv}, "--editable")]
        elif pipx is not None:
            words = ["pipx", "install", "--force", *self._source({extra, *pipx}, "--editable")]
        elif self.has_pip:
            words = [self.python, "-m", "pip", "install", *self._source({extra}, "-e")]
        else:
            words = ["uv", "pip", "install", "--python", self.python, *self._source({extra}, "-e")]
        return shlex.join(words)

    def command_without_dependencies(self, package: str) -> str:
        """Return the shell command that adds a package, and nothing that it asks for."""
        if self.has_pip:
            words = [self.python, "-m", "pip", "install", "--no-deps", package]
        else:
            words = ["uv", "pip", "install", "--python", self.python, "--no-deps", package]
        return shlex.join(words)

    def _source(self, extras: set[str], editable_option: str) -> list[str]:
        """Return what to install: the same checkout, folder, archive or commit, with the extras."""
        asked = f"[{','.join(sorted(extras))}]"
        if self.checkout is not None:
            return [editable_option, f"{self.checkout}{asked}"]
        url = self.direct_url.get("url")
        local = _local_path(url)
        if not isinstance(url, str) or (local is not None and not local.exists()):
            return [f"{DISTRIBUTION}{asked}"]  # its source is gone, or it came from an index
        if local is not None and "dir_info" in self.direct_url:
            return [f"{local}{asked}"]
        return [f"{DISTRIBUTION}{asked} @ {_with_commit(url, self.direct_url)}"]


def install_command(extra: str) -> str:
    """Return the shell command that adds an extra to the Scout that runs this code."""
    return Installation.current().command_for(extra)


def library_missing(message: str, extra: str, remedy: str = "Install it") -> ConfigError:
    """Return the error that what an extra brings is not installed.

    Args:
        message: What needs it.
        extra: The extra.
        remedy: What can be done, ending before the command that installs it.
    """
    return ConfigError(message, f"{remedy}: {install_command(extra)}", code=Code.LIBRARY_MISSING)


def package_command(package: str) -> str:
    """Return the shell command that adds a package, and nothing that it asks for, beside Scout."""
    return Installation.current().command_without_dependencies(package)


def _checkout_of(module: Path) -> Path | None:
    """Return the checkout that a top-level package's module lies in; None for an installed one."""
    root = module.resolve().parents[1]
    # Others may leave such a file in a folder of installed packages.
    installed = root.name in {
        "site-packages",
        "dist-packages",
    }
    return None if installed or not (root / "pyproject.toml").is_file() else root


def _direct_url() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return _object(distribution(DISTRIBUTION).read_text("direct_url.json"))
    except PackageNotFoundError:
        return {}


def _local_path(url: object) -> Path | None:
    if not isinstance(url, str) or urlsplit(url).scheme != "file":
        return None
    return Path(url2pathname(urlsplit(url).path))


def _with_commit(url: str, direct_url: dict[str, Any]) -> str:
    """Return a URL as pip takes it, at the commit that is installed where there is one."""
    info = direct_url.get("vcs_info")
    if not isinstance(info, dict):
        return url
    return f"{info.get('vcs', 'git')}+{url}@{info.get('commit_id', 'HEAD')}"


def _pipx_extras(prefix: Path) -> list[str] | None:
    """Return the extras that pipx installed Scout with; None where it did not install it."""
    main = _object(_read(prefix / "pipx_metadata.json")).get("main_package")
    if not isinstance(main, dict) or main.get("package") != DISTRIBUTION:
        return None
    listed = re.search(r"\[([\w\s,.-]+)\]", str(main.get("package_or_url", "")))
    return [name.strip() for name in listed[1].split(",")] if listed else []


def _uv_extras(prefix: Path) -> list[str] | None:
    """Return the extras that `uv tool` installed Scout with; None where it did not install it."""
    text = _read(prefix / "uv-receipt.toml")
    if not text:
        return None
    import tomllib

    try:
        requirements = tomllib.loads(text)["tool"]["requirements"]
        main = requirements[0]
        return list(main.get("extras", [])) if main["name"] == DISTRIBUTION else None
    except (tomllib.TOMLDecodeError, LookupError, TypeError, AttributeError):
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _object(text: str | None) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else, since a hint must not fail."""
    try:
        parsed = json.loads(text or "")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
