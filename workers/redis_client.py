"""The client of Redis as the settings name it: one server, or the primary that Sentinel knows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_SENTINEL_PORT = 26379
_FORM = "redis+sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/NAME[/DATABASE]"
#: What the query of such a URL may say: who asks the sentinels, where they want to know.
_PARAMETERS = frozenset({"sentinel_username", "sentinel_password"})


def redis_client(url: str, **how: Any) -> Any:
    """Return a client that connects when it is used first.

    Args:
        url: `redis://`, `rediss://`, `unix://`, or `redis+sentinel://` and `rediss+sentinel://`,
            where user and password are those of the servers. After a failover, the next
            connection leads to the new primary.
        how: What else the client's connections are made with.

    Raises:
        ValueError: The URL cannot be used; the message quotes nothing of it.
    """
    import redis

    if "+sentinel:" not in url:
        parts = urlsplit(url)
        # Its own client takes the first database where it cannot read which one is meant.
        if parts.scheme != "unix" and not (parts.path.strip("/") or "0").isdecimal():
            raise ValueError("the database at its end is no number")
        return redis.Redis.from_url(url, **how)
    return _by_sentinel(url, how)


def _by_sentinel(url: str, how: dict[str, Any]) -> Any:
    from redis import sentinel

    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    name, _, database = parts.path.strip("/").partition("/")
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not name or not hosts or not (database or "0").isdecimal():
        raise ValueError(f"it must be {_FORM}")
    if unknown := sorted(set(said) - _PARAMETERS):
        raise ValueError(f"{unknown[0]!r} is no parameter of it")
    timeouts = {key: value for key, value in how.items() if key.startswith("socket_")}
    asked = sentinel.Sentinel(  # type: ignore[no-untyped-call]
        [_address(host) for host in hosts.split(",")],
        sentinel_kwargs=timeouts | {key.removeprefix("sentinel_"): said[key] for key in said},
        ssl=parts.scheme.startswith("rediss"),
        username=unquote(user) or None,
        password=unquote(password) or None,
        db=int(database or 0),
        **how,
    )
    return asked.master_for(unquote(name))  # type: ignore[no-untyped-call]


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if port and not port.isdecimal():
        raise ValueError(f"it must be {_FORM}")
    return host.strip("[]"), int(port or _SENTINEL_PORT)
