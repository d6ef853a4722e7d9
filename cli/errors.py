"""The one place where errors become messages and exit codes.

Commands raise; nobody else catches. Every error is one line that says what was wrong and one that
says what to do, on stderr; with `--json` it is an object `{"error": {...}}` there. Both are
redacted, because an error quotes what it was given.

Beside the table of `ExitCode`: an unexpected error exits 1; a stdout that was closed by its reader
(`scout runs | head -1`) is no error and exits 0, in silence, and commands that execute a run go on
without one (`cli.streams`); a stdout that cannot be written to for another reason, such as a full
disk, exits 3.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import click

from cli.streams import abandon_stdout, make_streams_usable
from models.codes import Code
from models.error_codes import code_of, is_from_database
from models.errors import BrokenRecordError, ExitCode, ScoutError

_MESSAGE_MAX_LENGTH = 2_000
_OS_HINTS = {
    errno.ENOSPC: "Free some disk space, then run the command again.",
    errno.EDQUOT: "Free some of your disk quota, then run the command again.",
    errno.EFBIG: "Raise the limit on a file's size (ulimit -f), then run the command again.",
    errno.EACCES: "Make it readable and writable for you, or name another place.",
    errno.EPERM: "Make it readable and writable for you, or name another place.",
    errno.EROFS: "That disk is read-only; name another place.",
    errno.ENOENT: "Check the path.",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a person is told about it."""

    kind: str
    message: str
    hint: str
    exit_code: int
    code: Code = Code.BUG


def run(work: Callable[[], Any], *, as_json: bool = False) -> int:
    """Call `work` and return the exit status that belongs to how it ended.

    Args:
        work: A command; an integer that it returns is its exit status, anything else means 0.
        as_json: Whether errors are reported as JSON.
    """
    try:
        make_streams_usable()
        status = _finish(work())
    except BrokenPipeError:
        abandon_stdout()
        status = int(ExitCode.SUCCESS)
    except (KeyboardInterrupt, click.Abort) as exc:
        status = _tell(_interrupted(exc), exc, as_json)
    except (SystemExit, click.exceptions.Exit) as exc:
        status = _requested(exc, as_json)
    except click.exceptions.NoArgsIsHelpError as exc:
        status = _help_instead(exc)
    except Exception as exc:  # noqa: BLE001 - the edge: whatever it is becomes a message
        _give_up_on_broken_stdout(exc)
        status = _tell(describe(exc), exc, as_json)
    return status


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a command line asks for JSON; needed before it has been parsed."""
    before_dashes = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(one == "--json" or one.split("=")[0] == "--fields" for one in before_dashes)


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """Return a question about the known words that are most like what was typed, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(typed, list(known), n=2)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def describe(exc: Exception) -> Trouble:
    """Return what to tell a person about an error that ended a command."""
    kind = type(exc).__name__
    if isinstance(exc, BrokenRecordError):
        _name_rows(exc)
    if isinstance(exc, ScoutError):
        return Trouble(kind, exc.message, exc.hint, int(exc.exit_code), exc.code)
    if isinstance(exc, click.ClickException):
        words = _sentence(exc.format_message())
        return Trouble(kind, words, _usage_hint(exc), exc.exit_code, Code.BAD_INPUT)
    trouble = _library_trouble(exc) or _limit_trouble(exc)
    if trouble is not None:
        return trouble
    if isinstance(exc, OSError):
        return Trouble(kind, *_os_words(exc), int(ExitCode.DEPENDENCY), code_of(exc))
    return Trouble(
        kind,
        f"Unexpected {kind}: {exc}" if str(exc) else f"Unexpected {kind}.",
        "This is a bug in Scout. See where it happened: set SCOUT_DEBUG=1 and run it again.",
        int(ExitCode.RUN_FAILED),
    )


def _finish(result: Any) -> int:
    sys.stdout.flush()  # here, where a closed pipe can still be handled
    return int(result) if isinstance(result, int) else int(ExitCode.SUCCESS)


def _requested(exc: SystemExit | click.exceptions.Exit, as_json: bool) -> int:
    """Return the status that a command asked for by name."""
    code = exc.code if isinstance(exc, SystemExit) else exc.exit_code
    if isinstance(code, str):
        trouble = Trouble("Error", code, "", int(ExitCode.RUN_FAILED), Code.PERMANENT_FAILURE)
        return _tell(trouble, exc, as_json)
    try:
        _finish(code)
    except OSError:
        abandon_stdout()
    return int(code or ExitCode.SUCCESS)


def _help_instead(exc: click.exceptions.NoArgsIsHelpError) -> int:
    """Show the help of a group that was called without a subcommand, as it is."""
    with suppress(OSError):  # where nobody reads stderr the exit status still tells
        exc.show()
    return exc.exit_code


def _interrupted(exc: BaseException) -> Trouble:
    status = int(getattr(exc, "exit_code", ExitCode.INTERRUPTED))  # a signal has one of its own
    return Trouble("Interrupted", "Interrupted.", "", status, Code.INTERRUPTED)


def _library_trouble(exc: Exception) -> Trouble | None:
    """Return trouble with the database or the broker, told by the library that raised it."""
    kind = type(exc).__name__
    if is_from_database(exc):
        from models.database.failure_kinds import unavailable

        found = unavailable(_database_label(), exc)
        return Trouble(kind, found.message, found.hint, int(found.exit_code), found.code)
    if code_of(exc) is Code.BROKER_UNAVAILABLE:
        return Trouble(
            kind,
            f"The broker does not answer: {exc}",
            "Check that it is running and SCOUT_BROKER_URL is right: scout doctor",
            int(ExitCode.DEPENDENCY),
            Code.BROKER_UNAVAILABLE,
        )
    return None


def _limit_trouble(exc: Exception) -> Trouble | None:
    """Return that the system refused a thread, a process or memory, if that is it."""
    from models.system_limits import system_limit

    limit = system_limit(exc)
    if limit is None:
        return None
    return Trouble(type(exc).__name__, limit.message, limit.hint, int(limit.exit_code), limit.code)


def _name_rows(exc: BrokenRecordError) -> None:
    """Say which rows hold what could not be read, where the database still tells."""
    from models.records.broken_rows import rows_with

    found: list[str] = []
    with suppress(Exception):
        found = rows_with(exc.text)
    if found:
        exc.message += f" It is {'; '.join(found)}."
        exc.hint = "Put it right, or put back a backup. All such rows: scout doctor --reconcile"


def _database_label() -> str:
    from models.database.connection import database
    from models.errors import ConfigError

    try:
        return database().label
    except ConfigError:
        return "of this command"


def _os_words(exc: OSError) -> tuple[str, str]:
    what = exc.strerror or str(exc) or type(exc).__name__
    place = f"{exc.filename}: " if isinstance(exc.filename, str) else ""
    return _sentence(place + what), _OS_HINTS.get(exc.errno or 0, "")


def _usage_hint(exc: click.ClickException) -> str:
    ctx = getattr(exc, "ctx", None)
    return f"See: {ctx.command_path} --help" if ctx is not None else "See: scout --help"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", ")")) else text + "."


def _tell(trouble: Trouble, exc: BaseException, as_json: bool) -> int:
    """Report trouble on stderr, redacted, and return its exit status."""
    message, hint = _clean(trouble.message), _clean(trouble.hint, keep_newlines=True)
    if as_json:
        import json

        body = {
            "type": trouble.kind,
            "code": trouble.code,
            "message": message,
            "hint": hint,
            "exit_code": trouble.exit_code,
        }
        text = json.dumps({"error": body})
    elif trouble.code is Code.INTERRUPTED:
        text = "\ninterrupted"
    else:
        text = _label("error:") + f" {message}" + (f"\n{hint}" if hint else "")
    from models.settings.table import DEBUG

    try:
        if DEBUG.read():
            click.echo(_traceback(exc), err=True)
        if as_json:
            click.echo(text, err=True)
        else:
            from cli.display.terminal import say

            say(text, err=True)
    except OSError:
        pass  # nobody reads stderr either; the exit status still tells
    return trouble.exit_code


def _clean(text: str, *, keep_newlines: bool = False) -> str:
    """Return text from anywhere, redacted and safe on a terminal."""
    if not text:
        return ""
    from models.text.clean import clean_text

    return clean_text(text, _MESSAGE_MAX_LENGTH, keep_newlines=keep_newlines)


def _traceback(exc: BaseException) -> str:
    import traceback

    from models.text.clean import clean_text

    return clean_text("".join(traceback.format_exception(exc)), keep_newlines=True)


def _label(text: str) -> str:
    from cli.display.terminal import paint

    return paint(text, "red", stream=sys.stderr)


def _give_up_on_broken_stdout(exc: Exception) -> None:
    """Keep Python from failing again, at its exit, on a stdout that takes no more."""
    if isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EIO, errno.EDQUOT}:
        abandon_stdout()
