"""`scout man` prints a page that has everything, and that roff reads without a complaint."""

from __future__ import annotations

import re
import shutil
import subprocess

import click
import pytest

from cli.display.manual import _WORDS_OF_CODES, _line
from cli.main import COMMANDS, cli
from models.errors import ExitCode
from models.settings.table import SETTINGS
from tests.support.cli import Scout


def test_it_has_every_command_option_setting_and_exit_code(scout: Scout) -> None:
    page = scout("man").stdout.replace(r"\-", "-")
    context = click.Context(cli, info_name="scout")
    for name in COMMANDS:
        assert f'.SS "scout {name}' in page
        command = cli.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in page, f"{name} {parameter.opts}"
    assert all(f"\\fB{one.name}\\fR" in page for one in SETTINGS)
    assert list(_WORDS_OF_CODES) == list(ExitCode)


def test_no_text_is_an_order_to_roff(scout: Scout) -> None:
    assert _line(".so /etc/passwd") == r"\&.so /etc/passwd"
    assert _line("'x") == r"\&'x"
    assert _line("a\\b") == r"a\eb"
    orders = set(re.findall(r"^([.']\S*)", scout("man").stdout, re.MULTILINE))
    assert orders <= {".TH", ".SH", ".SS", ".B", ".BR", ".PP", ".TP", ".nf", ".fi"}


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_roff_reads_it_without_a_complaint(scout: Scout) -> None:
    page = scout("man").stdout
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-Kutf8"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "SCOUT(1)" in done.stdout
