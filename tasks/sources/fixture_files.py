"""Reading one fixture file, and saying precisely what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from models.errors import ExitCode, PermanentError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

T = TypeVar("T")

REMEDY = "Restore it, or run with --fixtures DIR pointing at a complete copy."


class FixtureError(PermanentError):
    """A file of the dry run's world is missing, or not what it should be."""


class FixtureFolderError(FixtureError):
    """The folder given with --fixtures is not a world that a dry run can use."""

    exit_code = ExitCode.USAGE


def locate(root: Traversable, path: str) -> Traversable:
    """Return the file at `path`, which is relative to `root` and written with slashes."""
    return root.joinpath(*path.split("/"))


def read_bytes(root: Traversable, path: str) -> bytes:
    """Return a file's bytes.

    Raises:
        FixtureError: It is missing or cannot be read.
    """
    file = locate(root, path)
    try:
        return file.read_bytes()
    except FileNotFoundError as exc:
        raise FixtureError(f"Fixture {file} is missing.", REMEDY) from exc
    except OSError as exc:
        raise FixtureError(f"Fixture {file} cannot be read: {exc.strerror}.", REMEDY) from exc


def read_json(root: Traversable, path: str, shape: type[T]) -> tuple[Any, T]:
    """Return a JSON file as it stands, and the same as `shape`, which it is checked against.

    Raises:
        FixtureError: It is missing, is not JSON (the message has line and column), or lacks a key
            or has a wrong type (the message has the key and where it belongs).
    """
    content = read_bytes(root, path)
    try:
        payload = json.loads(content.decode("utf-8"))
        return payload, msgspec.convert(payload, shape)
    except json.JSONDecodeError as exc:
        what = f"is not JSON: line {exc.lineno}, column {exc.colno}: {exc.msg}"
    except msgspec.ValidationError as exc:
        what = f"has the wrong shape: {exc}"
    except UnicodeDecodeError as exc:
        what = f"is not UTF-8: byte {exc.start}: {exc.reason}"
    except (ValueError, RecursionError) as exc:
        what = f"cannot be decoded: {exc}"
    raise FixtureError(f"Fixture {locate(root, path)} {what}.", REMEDY)


def stem(full_name: str) -> str:
    """Return the file name, without its ending, that belongs to `owner/name`.

    Raises:
        FixtureError: It is no repository's name; nothing outside the folder can be reached.
    """
    owner, slash, name = full_name.partition("/")
    if not (slash and _is_safe(owner) and _is_safe(name)):
        raise FixtureError(
            f"{full_name!r} is not a repository's full name.", "It must be owner/name."
        )
    return f"{owner}__{name}"


def _is_safe(part: str) -> bool:
    return part.isascii() and part.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()
