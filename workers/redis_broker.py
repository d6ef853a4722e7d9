"""Dramatiq's broker for Redis, which also gets rid of messages that do not say by what name.

Dramatiq takes a message out of Redis by an id that the message itself holds. What somebody else
wrote there may hold none, or another's: it would stay, and come again at each start of a worker.

Now and then Dramatiq tidies up after dead workers within another command, and needs `KEYS` for
that, which many servers do not allow: the command would fail each time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from dramatiq.brokers import redis
from redis.exceptions import ResponseError

from workers.message_format import UNNAMED, id_in

logger = logging.getLogger(__name__)

#: What Redis says in a script of a command that its user may not use, and of one that is disabled.
_NO_KEYS = ("'keys' command", "Unknown Redis command", "Unknown command")


class RedisBroker(redis.RedisBroker):
    """A Redis broker in which no message stays that was refused."""

    def _dispatch(self, command: str) -> Callable[..., Any]:
        """Return what calls Dramatiq's script; it tidies up no more where it may not."""
        dispatch: Any = super()._dispatch(command)  # type: ignore[no-untyped-call]

        def call(*args: Any) -> Any:
            try:
                return dispatch(*args)
            except ResponseError as exc:
                if not self.maintenance_chance or not any(part in str(exc) for part in _NO_KEYS):
                    raise
                self.maintenance_chance = 0  # what comes before `KEYS` was done, the rest was not
                logger.warning(
                    "Redis does not allow KEYS: what dead workers had taken stays there, and is"
                    " sent again from the rows.",
                    extra={"hint": "Give its user +keys; no work is lost without."},
                )
                return dispatch(*args)

        return call

    def do_ack(self, queue_name: str, message_id: str) -> None:
        """Take a message out of Redis.

        Args:
            queue_name: Where it was taken from.
            message_id: Its name in Redis; `UNNAMED` stands for all that this process has taken and
                that hold no name of their own.
        """
        ack = self._dispatch("ack")
        for one in self._unnamed(queue_name) if message_id == UNNAMED else [message_id]:
            ack(queue_name, one)

    def _unnamed(self, queue_name: str) -> list[str]:
        """Return the names of the messages that this process has taken and that hold another."""
        client: Any = self.client
        taken = client.smembers(f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}")
        names = sorted(name.decode("utf-8", "surrogateescape") for name in taken)
        stored = client.hmget(f"{self.namespace}:{queue_name}.msgs", names) if names else []
        pairs = zip(names, stored, strict=True)
        return [name for name, data in pairs if data is None or id_in(data) != name]
