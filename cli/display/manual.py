"""The manual page of a group of commands as roff, the language that man reads.

A line that begins with a full stop or an apostrophe would be an order to roff, and a backslash
begins one anywhere: text is escaped, whatever it says.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from models.settings.setting import Setting
from models.settings.table import SETTINGS
from models.version import __version__

_WORDS_OF_CODES = {
    0: "success; also where the reader of what a command shows went away",
    1: "the run failed, or what was asked for does not hold",
    2: "usage: an argument cannot be used, no such run",
    3: "a dependency is not there: database, broker, configuration",
    4: "the run was cancelled",
    5: "not finished: the waiting timed out, or work was cut short",
    129: "its terminal went away",
    130: "interrupted with Ctrl-C",
    143: "asked to stop with SIGTERM",
}
_MARKDOWN = re.compile(r"[`*]|\[([^\]]+)\]\([^)]+\)")


def manual_page(group: click.Group) -> str:
    """Return the whole page, which ends with a line break."""
    context = click.Context(group, info_name="scout")
    return "\n".join([*_lines(group, context), ""])


def _lines(group: click.Group, context: click.Context) -> Iterator[str]:
    yield f'.TH SCOUT 1 "" "scout {_escaped(__version__)}" "Scout"'
    yield ".SH NAME"
    yield r"scout \- find GitHub projects that could be built together"
    yield ".SH SYNOPSIS"
    yield r".B scout"
    yield r"\fICOMMAND\fR [\fIOPTIONS\fR]"
    yield ".SH DESCRIPTION"
    yield from _prose(group.help or "")
    yield ".SH COMMANDS"
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield from _command(command, click.Context(command, info_name=name, parent=context))
    yield ".SH EXIT STATUS"
    for code, words in _WORDS_OF_CODES.items():
        yield from _entry(str(code), words)
    yield ".SH ENVIRONMENT"
    for setting in SETTINGS:
        yield from _entry(setting.name, _meaning(setting))
    yield ".SH SEE ALSO"
    yield "Each command's"
    yield r".BR \-\-help ."


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f'.SS "{_escaped(context.command_path)} {_escaped(pieces)}"'.rstrip()
    yield from _prose(command.help or "")
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and parameter.name != "help":
            yield from _entry(*record)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _command(inner, click.Context(inner, info_name=name, parent=context))


def _prose(text: str) -> Iterator[str]:
    """Yield paragraphs; one that click must not wrap is set as it stands."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = paragraph.split("\n")
        if lines[0].strip() == "\b":
            yield ".PP"
            yield ".nf"
            yield from (_line(one) for one in lines[1:])
            yield ".fi"
        else:
            yield ".PP"
            yield _line(" ".join(one.strip() for one in lines))


def _entry(head: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield rf"\fB{_escaped(head)}\fR"
    yield _line(" ".join(text.split())) or r"\&"


def _meaning(setting: Setting) -> str:
    default = setting.documented_default
    text = f"{setting.meaning}; default: {default}" + ("; secret" if setting.secret else "")
    return _MARKDOWN.sub(lambda found: found[1] or "", text)


def _line(text: str) -> str:
    escaped = _escaped(text)
    return rf"\&{escaped}" if escaped[:1] in {".", "'"} else escaped


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
