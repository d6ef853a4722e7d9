"""Settings from two files, for what the environment leaves open: `config.toml` and `.env`.

They stand in one folder of the user's, never in the working directory, where a stranger's checkout
could bring its own. What they say is put into the process's environment, so that child processes
and the redactor know of it, too. The environment itself comes first, then `.env`, then the TOML.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from models.errors import ConfigError
from models.settings.setting import Setting
from models.settings.table import CONFIG, SETTINGS

ENVIRONMENT = "environment"
DEFAULT = "default"
TOML_NAME = "config.toml"
DOTENV_NAME = ".env"
_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<bare>[^"'\s#][^#]*?|))
    \s*(?:\#.*)?""",
    re.VERBOSE | re.ASCII,
)
_ESCAPED = re.compile(r"\\(.)")
_ELSEWHERE = (
    "Let this user read it, or name another place: HOME is that of the user, XDG_CONFIG_HOME or"
    " SCOUT_CONFIG that of its settings."
)

#: What the files added to the environment of this process: value and file, by variable.
_added: dict[str, tuple[str, Path]] = {}


def toml_key(setting: Setting) -> str:
    """Return what a setting is called in `config.toml`: `llm_model` for `SCOUT_LLM_MODEL`."""
    return setting.name.removeprefix("SCOUT_").lower()


def config_path() -> Path:
    """Return where `config.toml` is looked for: `SCOUT_CONFIG`, or the user's folder for it.

    Without a home there is no such folder, and the path is one that does not exist.
    """
    named = CONFIG.text()
    if named:
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base) if base.startswith("/") else Path(os.path.expanduser("~/.config"))  # noqa: PTH111 - Path.expanduser raises where there is no home
    if not folder.is_absolute():  # nor is a folder called ~ in the working directory one
        folder = Path(os.devnull)
    return folder / "scout" / TOML_NAME


def dotenv_path() -> Path:
    """Return where the file with variables is looked for: beside `config.toml`."""
    return config_path().with_name(DOTENV_NAME)


def load_files() -> None:
    """Put what the files say into the environment, where it says nothing itself.

    Raises:
        ConfigError: A file cannot be read, is malformed, or names what is no setting. The message
            names file and place, and quotes no value.
    """
    for name, (value, _) in _added.items():
        if os.environ.get(name) == value:
            del os.environ[name]
    _added.clear()
    toml, dotenv = config_path(), dotenv_path()
    if CONFIG.is_set() and not toml.is_file():
        raise ConfigError(
            f"{CONFIG.name} names a file that is not there.", f"Make it, or unset {CONFIG.name}."
        )
    for path, read in ((dotenv, _dotenv), (toml, _toml)):
        text = _text(path)
        for name, value in read(path, text).items() if text is not None else ():
            if "\0" in value:
                raise ConfigError(f"{path}: the value of {name} holds a NUL.", "Take it out.")
            if name not in os.environ:
                os.environ[name] = value
                _added[name] = (value, path)


def origin_of(setting: Setting) -> str:
    """Return where a setting's value comes from: environment, a file's path, or default."""
    name = setting.spoken_name()
    if name in _added:
        return str(_added[name][1])
    return ENVIRONMENT if setting.is_set() else DEFAULT


def unknown_names() -> list[str]:
    """Return the variables of the environment that look like settings of Scout's, and are none."""
    known = {setting.name for setting in SETTINGS}
    return sorted(
        name
        for name in os.environ
        if name.startswith("SCOUT_")
        and name not in known
        and not name.startswith("SCOUT_DRILL_")  # how a drill talks to its workers
    )


def exposed_files() -> list[Path]:
    """Return the files that others may read although they hold a secret."""
    secret = {setting.name for setting in SETTINGS if setting.secret or "://" in setting.text()}
    holding = {path for name, (_, path) in _added.items() if name in secret}
    return sorted(path for path in holding if os.name == "posix" and path.stat().st_mode & 0o077)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as exc:
        problem = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        hint = _ELSEWHERE if isinstance(exc, OSError) else "Mend the file, or move it away."
        raise ConfigError(f"{path} cannot be read: {problem}.", hint) from exc


def _dotenv(path: Path, text: str) -> Mapping[str, str]:
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ConfigError(
                f"{path} is malformed in line {number}.", "A line is NAME=value, or NAME='value'."
            )
        name = found["name"]
        _setting_called(name, {one.name: one for one in SETTINGS}, path)
        if found["double"] is not None:
            values[name] = _ESCAPED.sub(r"\1", found["double"])
        else:
            values[name] = found["single"] if found["single"] is not None else found["bare"]
    return values


def _toml(path: Path, text: str) -> Mapping[str, str]:
    import tomllib  # only where there is such a file

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        place = re.search(r"\(at [^)]*\)", str(exc))
        raise ConfigError(
            f"{path} is no TOML{' ' + place[0] if place else ''}.",
            "See an example: scout config --example",
        ) from exc
    return dict(_toml_values(path, document))


def _toml_values(path: Path, document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    by_key = {toml_key(one): one for one in SETTINGS}
    for key, value in document.items():
        setting = _setting_called(key, by_key, path)
        if isinstance(value, bool):
            yield setting.name, "1" if value else ""
        elif isinstance(value, str | int | float):
            yield setting.name, str(value)
        else:
            raise ConfigError(
                f"{path}: {key} has a value of a kind that no setting has.",
                "Values are text, numbers, true or false.",
            )


def _setting_called(name: str, known: Mapping[str, Setting], path: Path) -> Setting:
    from difflib import get_close_matches

    setting = known.get(name)
    if setting is None or setting is CONFIG:
        close = get_close_matches(name, [one for one in known if known[one] is not CONFIG], n=1)
        hint = f"Did you mean {close[0]}?" if close else "See the names: scout config --example"
        raise ConfigError(f"{path} names {name!r}, which is no setting.", hint)
    return setting
