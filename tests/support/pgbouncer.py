"""A PgBouncer of the tests' own: Debian's `pgbouncer`, on a free port, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.servers import Postgres
from tests.support.waiting import DEADLINE_S, wait_until

_CONFIG = """
[databases]
* = host={server} port=5432 user=postgres pool_size={pool_size}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
max_client_conn = {clients}
logfile = {folder}/pgbouncer.log
"""


def _program() -> str:
    path = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        raise FileNotFoundError("it is not there: install Debian's pgbouncer")
    return path


@contextmanager
def running_pgbouncer(
    server: Postgres, mode: str = "transaction", *, pool_size: int = 3, clients: int = 200
) -> Iterator[str]:
    """Run a PgBouncer before a server for the block, and yield the beginning of its URLs.

    Args:
        server: Where it takes its few connections from.
        mode: Its `pool_mode`.
        pool_size: How many connections to a database there are for all clients.
        clients: How many clients it takes.
    """
    program = _program()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="scout-pgbouncer-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o777)  # it refuses to be root, and is somebody else then
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = folder / "pgbouncer.ini"
        values = {"server": server.folder, "port": port, "mode": mode, "folder": folder}
        config.write_text(_CONFIG.format(**values, pool_size=pool_size, clients=clients))
        # The server's own user, as nobody else gets at its socket.
        user = ["-u", server.folder.owner()] if os.geteuid() == 0 else []
        process = subprocess.Popen(
            [program, *user, str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait, DEADLINE_S)
        stack.callback(process.kill)

        def listens() -> bool:
            if process.poll() is not None:
                raise RuntimeError((folder / "pgbouncer.log").read_text()[-2000:])
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0

        wait_until("PgBouncer to listen", listens)
        yield f"postgresql://postgres@127.0.0.1:{port}"
