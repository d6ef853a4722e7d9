"""The `scout` command: a thin group that imports a command's module only when it is needed.

`scout --help` imports click and the error table and nothing else, so the one-line descriptions
stand here. A command lives in the module of its name, as the attribute `command`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from cli import errors
from cli.own_process import FOR_CONTEXT, end_hard_if_hanging

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMPLETE_VARIABLE = "_SCOUT_COMPLETE"

#: Command, its module, and what `scout --help` says about it; in the order of that list.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("cli.commands.run", "Find projects and write collaboration briefs."),
    "runs": ("cli.commands.runs", "List runs, newest first."),
    "show": ("cli.commands.show", "Show a run: its steps, attempts, stats and error."),
    "watch": ("cli.commands.watch", "Follow a run until it ends."),
    "logs": ("cli.commands.logs", "Print what a run recorded, during it or after."),
    "explain": ("cli.commands.explain", "Say what happened to a run, and what to do next."),
    "resume": ("cli.commands.resume", "Continue a run from its first unfinished step."),
    "rerun": ("cli.commands.rerun", "Start a new run with the arguments of another."),
    "expand": ("cli.commands.expand", "Widen the search of a run with its keywords, again."),
    "briefs": ("cli.commands.briefs", "Write or export the briefs of a run, again."),
    "analyses": ("cli.commands.analyses", "Have the repositories of a run analysed again."),
    "replay": ("cli.commands.replay", "Compute a run's scores and ranking again, and compare."),
    "diff": ("cli.commands.diff", "Say where two runs part; exits 1 where they differ."),
    "bundle": ("cli.commands.bundle", "Pack what a run recorded, to attach to a bug report."),
    "cancel": ("cli.commands.cancel", "Cancel a queued or running run."),
    "worker": ("cli.commands.worker", "Start worker processes."),
    "workers": ("cli.commands.workers", "List live workers and what their threads hold."),
    "stats": ("cli.commands.stats", "Count steps, failures, durations, tokens and cost."),
    "top": ("cli.commands.top", "Show the whole fleet on one screen, refreshed."),
    "web": ("cli.commands.web", "Serve the fleet and its runs as a page."),
    "health": ("cli.commands.health", "Say whether work is being done; exits 1 if not."),
    "config": ("cli.commands.config", "List every setting, its value and where it came from."),
    "notify": ("cli.commands.notify", "Send a test to whoever is told what becomes of runs."),
    "doctor": ("cli.commands.doctor", "Check configuration, database, broker and workers."),
    "drill": ("cli.commands.drill", "Kill workers on purpose and check that nothing is lost."),
    "prune": ("cli.commands.prune", "Remove old runs, after saying which."),
    "audit": ("cli.commands.audit", "Hold what was recorded to its seals; exits 1 if broken."),
    "db": ("cli.commands.db", "Look at the database's schema, bring it up to date, or back it up."),
    "meaning": ("cli.commands.meaning", "Say what a failure's code or an event means."),
    "man": ("cli.commands.man", "Print the manual page."),
    "completion": ("cli.commands.completion", "Print the completion script of a shell."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are invoked or their help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which they are of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is no click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; one that does not exist gets a suggestion."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(
                f"No such command {args[0]!r}.{errors.did_you_mean(args[0], COMMANDS)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command without importing any of them."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed, with the settings that files say."""
        from models.settings.files import load_files

        load_files()
        return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit with its status; every error passes through `cli.errors`.

        With `standalone_mode` off the status is returned instead.
        """
        arguments = list(sys.argv[1:] if args is None else args)
        name = prog_name or "scout"

        def work() -> Any:
            _complete(self, name, complete_var or COMPLETE_VARIABLE)
            with self.make_context(name, arguments, **extra) as ctx:
                return self.invoke(ctx)

        status = errors.run(work, as_json=errors.wants_json(arguments))
        if not standalone_mode:
            return status
        sys.exit(status)


def _complete(group: click.Group, prog_name: str, variable: str) -> None:
    """Answer a shell that asks for completions, and exit; nothing otherwise."""
    instruction = os.environ.get(variable)
    if instruction:
        from click.shell_completion import shell_complete

        raise click.exceptions.Exit(shell_complete(group, {}, prog_name, variable, instruction))


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from models.version import version_text

        click.echo(f"scout {version_text()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 the run failed, 2 usage, 3 a dependency is missing, "
    "4 cancelled, 5 not finished, 130 interrupted, 143 stopped by SIGTERM.",
)
@click.option(
    "--version",
    "-V",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Find GitHub projects that could be built together, and see everything it did.

    Example: scout run --dry --query "vector database"
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run `scout` with the arguments of the process."""
    try:
        cli.main(prog_name="scout", **FOR_CONTEXT)
    finally:
        end_hard_if_hanging()


if __name__ == "__main__":
    main()
