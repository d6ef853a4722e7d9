"""A RabbitMQ of the tests' own: Debian's `rabbitmq-server`, on free ports, in a temporary folder.

Its start script is called past the wrapper in /usr/sbin, which changes to the system's user and
folders. What Erlang's daemon for names, `epmd`, is to others stays untouched: this one has its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.waiting import DEADLINE_S, wait_until

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class Rabbitmq:
    """A RabbitMQ server that can be stopped and started again.

    Args:
        folder: Where everything that it writes goes.
    """

    def __init__(self, folder: Path) -> None:
        if not SERVER.exists() or not shutil.which("epmd"):
            raise FileNotFoundError(f"{SERVER} is not there: install Debian's rabbitmq-server")
        self._folder = folder
        self._port, self._distribution_port, epmd_port = _free_ports(3)
        self._environ = self._settings(epmd_port)
        self._server: subprocess.Popen[bytes] | None = None
        # In the foreground: a daemon would outlive us.
        self._epmd = subprocess.Popen(
            ["epmd", "-port", str(epmd_port), "-address", "127.0.0.1"],
            env=self._environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """Where it is, for the user that every new server has."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/%2F"

    def start(self) -> None:
        """Start it, with the messages that it had; returns when it takes connections."""
        with (self._folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [str(SERVER)],
                env=self._environ,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until("RabbitMQ to listen", self._listens)

    def stop(self) -> None:
        """Kill it with everything that it started; connections break."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(DEADLINE_S)
            self._server = None
            wait_until("RabbitMQ to be gone", lambda: not self._accepts())

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        self._epmd.kill()
        self._epmd.wait(DEADLINE_S)

    def purge(self) -> None:
        """Take all waiting messages away."""
        import pika

        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            for queue in ("scout", "scout.DQ", "scout.XQ"):
                channel = connection.channel()
                try:
                    channel.queue_purge(queue)
                except pika.exceptions.ChannelClosedByBroker as exc:
                    if exc.reply_code != 404:
                        raise
        finally:
            connection.close()

    def _listens(self) -> bool:
        if self._server is not None and self._server.poll() is not None:
            raise RuntimeError((self._folder / "server.log").read_text()[-2000:])
        return self._accepts()

    def _accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True

    def _settings(self, epmd_port: int) -> dict[str, str]:
        folder = self._folder
        (folder / "definitions.json").write_text(json.dumps(_definitions()))
        (folder / "rabbit.conf").write_text(
            f"listeners.tcp.default = 127.0.0.1:{self._port}\n"
            f"load_definitions = {folder / 'definitions.json'}\n"
        )
        (folder / "plugins").write_text("[].\n")
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"scout{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbit"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
        }


@contextmanager
def running_rabbitmq() -> Iterator[Rabbitmq]:
    """Run a RabbitMQ server for the block."""
    import pika  # noqa: F401 - without its client the server is of no use

    folder = Path(tempfile.mkdtemp(prefix="scout-rabbitmq-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = Rabbitmq(folder)
        stack.callback(server.close)
        server.start()
        yield server


def _definitions() -> dict[str, object]:
    """Return who and what is there from the start.

    Besides the usual user there is `sender`, who may not read. Queues that are called `full…`
    refuse all messages, and those that are called `losing…` drop them.
    """
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    rights = {"guest": everything, "sender": everything | {"read": ""}}
    policies = {
        "full": {"max-length": 0, "overflow": "reject-publish"},
        "losing": {"max-length": 0},
    }
    return {
        "vhosts": [{"name": "/"}],
        "users": [
            {"name": name, "password_hash": _hashed(name), "tags": "administrator"}
            for name in rights
        ],
        "permissions": [{"user": name, "vhost": "/"} | what for name, what in rights.items()],
        "policies": [
            {"vhost": "/", "name": name, "pattern": f"^{name}", "apply-to": "queues"}
            | {"definition": what, "priority": 0}
            for name, what in policies.items()
        ],
    }


def _hashed(password: str) -> str:
    salt = b"salt"
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody uses now, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
