"""`scout config`: every setting, its value, and where that came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.display.config_notes import config_notes
from cli.display.table import Column, table_lines
from cli.display.terminal import emit_json, say
from cli.options.shared import json_option

if TYPE_CHECKING:
    from models.settings.setting import Setting

_COLUMNS = (Column("SETTING"), Column("VALUE", flexible=True), Column("FROM", flexible=True))
_PLAIN = str.maketrans("", "", "`")


@click.command()
@json_option
@click.option("--example", is_flag=True, help="Print a config.toml with every setting, all unset.")
def command(as_json: bool, example: bool) -> None:
    """List every setting with its value and where that came from: the environment, a file, or none.

    The environment comes first, then .env, then config.toml; both files stand in ~/.config/scout,
    or where SCOUT_CONFIG says. Secrets are never shown.

    \b
    Example:
      scout config
      scout config --example > ~/.config/scout/config.toml
    """
    from models.settings.files import config_path, dotenv_path
    from models.settings.table import SETTINGS

    if example:
        for line in _example():
            say(line)
        return
    if as_json:
        files = {str(path): path.is_file() for path in (config_path(), dotenv_path())}
        listed = [_row(setting) for setting in SETTINGS]
        emit_json(
            {"format": "scout-config/1", "files": files, "settings": listed}
            | {"notes": config_notes()}
        )
        return
    for path in (config_path(), dotenv_path()):
        say(f"{path}{'' if path.is_file() else ' (not there)'}")
    rows = [[one["name"], one["value"], one["from"]] for one in map(_row, SETTINGS)]
    for line in table_lines(_COLUMNS, rows):
        say(line)
    for note in config_notes():
        say(f"! {note}", hang=2)


def _row(setting: Setting) -> dict[str, Any]:
    """Return a setting as JSON-like data; without a value, what holds then, in people's words."""
    from models.redaction.masked_spans import MASK
    from models.settings.files import DEFAULT, origin_of
    from models.text.clean import clean_text

    origin = origin_of(setting)
    if origin == DEFAULT:
        value = setting.documented_default.translate(_PLAIN)
    elif setting.secret:
        value = "set"
    else:
        value = clean_text(setting.shown(setting.text()) or MASK)
    return {"name": setting.name, "value": value, "from": origin}


def _example() -> list[str]:
    from models.settings.files import toml_key
    from models.settings.table import CONFIG, SETTINGS

    lines = ["# Settings of Scout. A variable of the environment comes before what stands here."]
    for setting in SETTINGS:
        if setting is CONFIG:
            continue
        secret = "; a secret: rather in .env, beside this file" if setting.secret else ""
        lines += [
            "",
            f"# {setting.name}: {setting.meaning.translate(_PLAIN)}{secret}.",
            f"# Default: {setting.documented_default.translate(_PLAIN)}.",
            f'#{toml_key(setting)} = ""',
        ]
    return lines
