"""Dramatiq's broker for Redis, which also gets rid of messages that do not say by what name.

Dramatiq takes a message out of Redis by an id that the message itself holds. What somebody else
wrote there may hold none, or another's: it would stay, and come again at each start of a worker.
"""

from __future__ import annotations

from typing import Any

from dramatiq.brokers import redis

from workers.message_format import UNNAMED, id_in


class RedisBroker(redis.RedisBroker):
    """A Redis broker in which no message stays that was refused."""

    def do_ack(self, queue_name: str, message_id: str) -> None:
        """Take a message out of Redis.

        Args:
            queue_name: Where it was taken from.
            message_id: Its name in Redis; `UNNAMED` stands for all that this process has taken and
                that hold no name of their own.
        """
        ack: Any = self._dispatch("ack")  # type: ignore[no-untyped-call]
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
