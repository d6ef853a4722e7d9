"""`scout man`: the manual page, made from the commands themselves, so that it is never old."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """Print the manual page in the format of man.

    It has every command with its options, the settings, and the exit codes of this very version.

    \b
    Example:
      scout man | man -l -
      scout man > ~/.local/share/man/man1/scout.1
    """
    from cli.display.manual import manual_page
    from cli.main import cli

    click.echo(manual_page(cli), nl=False)
