"""Asking a Redis: it must take what Scout and Dramatiq write, not only answer.

A replica, a server whose memory is full and a user without rights all answer `PING`.
"""

from __future__ import annotations

import uuid
from typing import Any

from workers.probes.answer import TLS_NAME_HINTS, BrokerProbeError, Lengths, probe_error

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
    try:
        client.ping()
        _write(client, f"{namespace}:probe:{uuid.uuid4().hex}")
        client.evalsha(client.script_load(_SCRIPT), 1, namespace)
        return Lengths(
            waiting=int(client.llen(f"{namespace}:{queue}")),
            delayed=int(client.llen(f"{namespace}:{queue}.DQ")),
        )
    except Exception as exc:
        raise redis_trouble(exc, url, namespace) from exc


def redis_trouble(exc: Exception, url: str, namespace: str) -> BrokerProbeError:
    """Return the error for what a client of Redis raised, with what to do about it."""
    from redis.sentinel import MasterNotFoundError

    if isinstance(exc, MasterNotFoundError):  # its words hold the client's whole inside
        refused = "AuthenticationError" in str(exc)
        exc = ConnectionError(_SENTINEL_REFUSES if refused else _NO_SENTINEL)
    hints = TLS_NAME_HINTS | _hints(namespace) | _TLS_HINTS[url.startswith("rediss")]
    return probe_error(url, exc, hints, answered=_is_answer(exc))


def _is_answer(exc: Exception) -> bool:
    """Say whether the server itself refused, rather than nobody heard from it."""
    from redis.exceptions import AuthenticationError, BusyLoadingError, ResponseError

    refusals = AuthenticationError | BusyLoadingError | ResponseError
    return isinstance(exc, refusals) or "max number of clients" in str(exc)


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


_SIGN_IN = "Put a user and a password into SCOUT_BROKER_URL: redis://USER:PASSWORD@HOST."
_CLUSTER = "It is part of a Redis Cluster, which Scout cannot use: name a server of its own."


_CLOSED = (
    "It closed the connection: it is restarting, speaks TLS only (then its address begins with"
    " rediss://), or is another program. Correct SCOUT_BROKER_URL."
)
_NO_TLS = "Nothing answers with TLS there: start it, or use redis:// if its port is a plain one."
#: What is heard where only one side speaks TLS, by whether we do.
_TLS_HINTS = {
    False: {"Connection closed by server": _CLOSED, "reset by peer": _CLOSED},
    True: {"Timeout connecting": _NO_TLS, "WRONG_VERSION_NUMBER": _NO_TLS, "EOF": _NO_TLS},
}


_NO_SENTINEL = "no sentinel that answers knows a primary of that name"
_SENTINEL_REFUSES = "no sentinel lets us in"


def _hints(namespace: str) -> dict[str, str]:
    missing = f"Give its user these rights: {rights(namespace)}"
    return {
        "'select' command": f"{missing} +select",  # for a database other than the first
        "NoPermission": missing,
        "ACL failure in script": missing,
        "ReadOnly": "It is a replica: name the primary in SCOUT_BROKER_URL.",
        "OutOfMemory": "Its memory is full: raise its maxmemory, or free some of it.",
        "MISCONF": "It cannot save to its disk: look at its log, and at the space that is left.",
        "BusyLoading": "It is starting and reads its data: wait until it has.",
        "HELLO must": _SIGN_IN,  # what newer clients hear where `NOAUTH` was said
        "Authentication required": _SIGN_IN,
        "NOAUTH": _SIGN_IN,
        "AuthenticationError": "Correct the user and the password in SCOUT_BROKER_URL.",
        "WRONGPASS": "Correct the user and the password in SCOUT_BROKER_URL.",
        "NOREPLICAS": "Too few replicas follow it: start them, or lower its min-replicas-to-write.",
        "BUSY ": "Somebody's script holds it: wait, or end it with SCRIPT KILL.",
        "MasterDown": "It is a replica: name the primary in SCOUT_BROKER_URL.",
        "max number of clients": "All its connections are taken: raise its maxclients.",
        "DB index is out of range": "It has no database of that number: correct the end of"
        " SCOUT_BROKER_URL, or use SCOUT_BROKER_NAMESPACE.",
        "Moved": _CLUSTER,
        "CrossSlot": _CLUSTER,
        "ClusterDown": _CLUSTER,
        "non local key": _CLUSTER,
        _SENTINEL_REFUSES: "Correct the password of the sentinels, which is none of the servers':"
        " sentinel_password= in the query of SCOUT_BROKER_URL, and sentinel_username= if wanted.",
        _NO_SENTINEL: "Start the sentinels, or correct their addresses and the name in"
        " SCOUT_BROKER_URL.",
        "CERTIFICATE_VERIFY_FAILED": "Name the authority that signed its certificate:"
        " rediss://HOST:PORT/0?ssl_ca_certs=FILE",
        "Error 2 connecting": "A file that SCOUT_BROKER_URL names is not there: the socket, or one"
        " of ssl_ca_certs, ssl_certfile and ssl_keyfile.",
    }
