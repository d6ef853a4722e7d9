"""`scout web`: the fleet and its runs as a page."""

from __future__ import annotations

import click

from models.codes import Code
from models.errors import ConfigError, DatabaseUnavailableError, InputError
from models.settings.loopback import is_loopback


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8765,
    show_default=True,
    help="The port; 0 takes any that is free.",
)
def command(host: str, port: int) -> None:
    """Serve a page with the fleet, its runs, and what each recorded, live, until Ctrl-C.

    Needs the extra `web`. It shows what scout health, top, runs, show, logs and explain print, and
    reads the database without writing to it.

    Example: scout web --port 8080
    """
    from cli.display.terminal import say
    from models.settings.runtime import load_settings

    if not is_loopback(host):
        raise InputError(
            f"{host!r} can be reached from elsewhere, and everybody there could read everything.",
            "Leave --host away, and come through ssh -L 8765:127.0.0.1:8765 HOST",
        )
    _need_extra()
    from cli.web.app import build_app
    from cli.web.serve import bound_socket, serve
    from cli.web.streams import Hub

    settings = load_settings()
    _need_database()
    hub = Hub()
    listening = bound_socket(host, port)
    address, taken = listening.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    say(f"http://{shown}:{taken}/")
    say("Ctrl-C ends it.", err=True)
    serve(build_app(settings, hub, [host]), hub, listening)


def _need_extra() -> None:
    """Refuse to go on without the libraries of the extra.

    Raises:
        ConfigError: One is missing.
    """
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        from models.install_hint import install_command

        raise ConfigError(
            f"The page needs {' and '.join(missing)}, which is not installed.",
            f"Install it: {install_command('web')}",
            code=Code.LIBRARY_MISSING,
        )


def _need_database() -> None:
    """Refuse to go on without a database that can be read.

    Raises:
        DatabaseUnavailableError: There is none, or not of this Scout's schema.
    """
    from cli.doctor.database import check_database
    from models.settings.runtime import load_settings

    found = check_database(load_settings(), count=False)
    if found.state == "not created":
        raise DatabaseUnavailableError(
            f"There is no database yet in {found.label}.",
            "Make it: scout db migrate, or set SCOUT_DATABASE_URL to the one that is meant",
        )
    if not found.readable:
        words = found.error or f"{found.label} has {found.state}."
        raise DatabaseUnavailableError(words, found.hint)
