"""`scout web`: the fleet and its runs as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from models.errors import ConfigError, DatabaseUnavailableError
from models.settings import table
from models.settings.loopback import is_loopback

if TYPE_CHECKING:
    from models.settings.runtime import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8765,
    show_default=True,
    help="The port; 0 takes any that is free.",
)
@click.option(
    "--allow-actions",
    is_flag=True,
    help="Let operators cancel, resume and rerun runs, and mark briefs; who did it is audited.",
)
def command(host: str, port: int, allow_actions: bool) -> None:
    """Serve a page with the fleet, its runs, and what each recorded, live, until Ctrl-C.

    Needs the extra `web`. It shows what scout health, top, runs, show, logs and explain print, and
    reads the database without writing to it. Where others can reach it, it demands a token
    (SCOUT_WEB_TOKEN), or a proxy that says who asks (SCOUT_WEB_USER_HEADER).

    Example: scout web --port 8080
    """
    from cli.display.terminal import say
    from cli.running.execution import user_name
    from cli.running.logging import set_up_server_logging
    from models.settings.runtime import load_settings
    from models.settings.web import web_settings
    from workers.tracing.export import tracing

    _need_extra()
    from cli.web.access import Access
    from cli.web.app import build_app
    from cli.web.serve import bound_socket, serve
    from cli.web.streams import Hub

    settings, let_in = load_settings(), web_settings()
    set_up_server_logging()
    others = [name for name in (host, *let_in.hosts) if not is_loopback(name)]
    if others and not let_in.asks_who:
        raise ConfigError(
            f"{others[0]} can be reached from elsewhere, and everybody there could read all of it.",
            f"Set SCOUT_WEB_TOKEN to {table.WEB_TOKEN.example};"
            " or leave --host away, and come through a tunnel or a proxy",
        )
    _need_database(settings)
    hub, access = Hub(), Access(let_in, user_name())
    names = [host, *let_in.hosts]
    app = build_app(settings, hub, access, names, allow_actions=allow_actions, warm=True)
    listening = bound_socket(host, port)
    address, taken = listening.getsockname()[:2]

    def ready() -> None:
        say(f"http://{f'[{address}]' if ':' in address else address}:{taken}/")
        say("Ctrl-C ends it.", err=True)

    with tracing():  # a run that is cancelled on the page ends in this process
        serve(app, hub, listening, ready)


def _need_extra() -> None:
    """Refuse to go on without the libraries of the extra.

    Raises:
        ConfigError: One is missing.
    """
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        from models.install_hint import library_missing

        raise library_missing(
            f"The page needs {' and '.join(missing)}, which is not installed.", "web"
        )


def _need_database(settings: Settings) -> None:
    """Refuse to go on without a database that can be read.

    Raises:
        DatabaseUnavailableError: There is none, or not of this Scout's schema.
    """
    from cli.doctor.database import check_database

    found = check_database(settings, count=False)
    if found.state == "not created":
        raise DatabaseUnavailableError(
            f"There is no database yet in {found.label}.",
            "Make it: scout db migrate, or set SCOUT_DATABASE_URL to the one that is meant",
        )
    if not found.readable:
        words = found.error or f"{found.label} has {found.state}."
        raise DatabaseUnavailableError(words, found.hint)
