"""`scout completion`: the script that lets a shell complete commands, options and runs."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell, to be read by it at its start.

    Put it where the shell finds it:

    \b
      bash  ~/.local/share/bash-completion/completions/scout
      zsh   _scout in a folder of $fpath
      fish  ~/.config/fish/completions/scout.fish

    \b
    Example:
      scout completion bash > ~/.local/share/bash-completion/completions/scout
    """
    from click.shell_completion import get_completion_class

    from cli.main import COMPLETE_VARIABLE, cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"This version of click knows no completion for {shell}.")
    completion = kind(cli, {}, "scout", COMPLETE_VARIABLE)
    # Not `source()`: for bash that starts the bash of this machine to ask for its version.
    click.echo(completion.source_template % completion.source_vars())
