"""Asking a Redis: it must take what Scout and Dramatiq write, not only answer.

A replica, a server whose memory is full and a user without rights all answer `PING`.
"""

from __future__ import annotations

import uuid
from typing import Any

from workers.probes.answer import Lengths, probe_error

#: What Dramatiq's broker and Scout do on the way of a message, with a key of the probe's own.
_COMMANDS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("hset", ("field", "value")),
    ("hget", ("field",)),
    ("hmget", ("field",)),
    ("hexists", ("field",)),
    ("hdel", ("field",)),
    ("rpush", ("value",)),
    ("lpop", ()),
    ("llen", ()),
    ("sadd", ("value",)),
    ("smembers", ()),
    ("srem", ("value",)),
    ("zadd", ("1", "value")),
    ("zrangebyscore", ("0", "1")),
    ("zrem", ("value",)),
    ("del", ()),
)
#: Each of Dramatiq's calls is a script that names the namespace alone as its key.
_SCRIPT = "return 1"
_SCRIPT_COMMANDS = ("evalsha", "script|load")


def rights(namespace: str) -> str:
    """Return the rights that a user of Redis needs, as `ACL SETUSER` takes them."""
    names = ["ping", *_SCRIPT_COMMANDS, *(name for name, _ in _COMMANDS), "keys"]
    return f"~{namespace} ~{namespace}:* " + " ".join(f"+{name}" for name in names)


def ask_redis(client: Any, url: str, namespace: str, queue: str) -> Lengths:
    """Write, read and remove through a client of Redis, and return the queue's length.

    Raises:
        BrokerUnavailableError: It does not answer, or does not do all of it.
    """
    from redis.sentinel import MasterNotFoundError

    try:
        client.ping()
        _write(client, f"{namespace}:probe:{uuid.uuid4().hex}")
        client.evalsha(client.script_load(_SCRIPT), 1, namespace)
        return Lengths(
            waiting=int(client.llen(f"{namespace}:{queue}")),
            delayed=int(client.llen(f"{namespace}:{queue}.DQ")),
        )
    except MasterNotFoundError as exc:  # its words hold the client's whole inside
        said = ConnectionError("no sentinel that answers knows a primary of that name")
        raise probe_error(url, said, _hints(namespace), answered=False) from exc
    except Exception as exc:
        raise probe_error(url, exc, _hints(namespace), answered=_is_answer(exc)) from exc


def _is_answer(exc: Exception) -> bool:
    """Say whether the server itself refused, rather than nobody heard from it."""
    from redis.exceptions import AuthenticationError, BusyLoadingError, ResponseError

    return isinstance(exc, AuthenticationError | BusyLoadingError | ResponseError)


def _write(client: Any, key: str) -> None:
    """Do every command once, in one round trip.

    Raises:
        redis.exceptions.RedisError: The first that was refused; missing rights name them all.
    """
    from redis.exceptions import NoPermissionError

    pipeline = client.pipeline(transaction=False)
    for name, args in _COMMANDS:
        pipeline.execute_command(name.upper(), f"{key}:{_kind(name)}", *args)
    send = pipeline.execute
    results = send(raise_on_error=False)
    refused = [
        (name, result)
        for (name, _), result in zip(_COMMANDS, results, strict=True)
        if isinstance(result, Exception)
    ]
    missing = [name for name, exc in refused if isinstance(exc, NoPermissionError)]
    if missing:
        raise NoPermissionError(f"its user may not {', '.join(missing)}: {refused[0][1]}")
    if refused:
        raise refused[0][1]


def _kind(command: str) -> str:
    """Return a name for the type of a command's key, since keys of Redis have one type each."""
    return {"h": "hash", "s": "set", "z": "sorted"}.get(command[0], "list")


def _hints(namespace: str) -> dict[str, str]:
    return {
        "NoPermission": f"Give its user these rights: {rights(namespace)}",
        "ReadOnly": "It is a replica: name the primary in SCOUT_BROKER_URL.",
        "OutOfMemory": "Its memory is full: raise its maxmemory, or free some of it.",
        "MISCONF": "It cannot save to its disk: look at its log, and at the space that is left.",
        "BusyLoading": "It is starting and reads its data: wait until it has.",
        "AuthenticationError": "Correct the user and the password in SCOUT_BROKER_URL.",
        "WRONGPASS": "Correct the user and the password in SCOUT_BROKER_URL.",
        "NOAUTH": "Put a user and a password into SCOUT_BROKER_URL: redis://USER:PASSWORD@HOST.",
        "no sentinel": "Start the sentinels, or correct their addresses and the name in"
        " SCOUT_BROKER_URL.",
        "CERTIFICATE_VERIFY_FAILED": "Name the authority that signed its certificate:"
        " rediss://HOST:PORT/0?ssl_ca_certs=FILE",
        "Error 2 connecting": "A file that SCOUT_BROKER_URL names is not there: the socket, or one"
        " of ssl_ca_certs, ssl_certfile and ssl_keyfile.",
    }
