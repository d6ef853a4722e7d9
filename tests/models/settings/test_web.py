"""Who is let in to the page, as the environment says it."""

from __future__ import annotations

import pytest

from models.errors import ConfigError
from models.settings.web import web_settings

TOKEN = "0123456789abcdef"


def test_without_any_nobody_is_asked() -> None:
    found = web_settings({})
    assert not found.asks_who
    assert found.is_proxy("127.0.0.1")
    assert found.is_proxy("::1")
    assert not found.is_proxy("10.0.0.1")


def test_everything_is_read() -> None:
    found = web_settings(
        {
            "SCOUT_WEB_TOKEN": TOKEN,
            "SCOUT_WEB_READ_TOKEN": TOKEN[::-1],
            "SCOUT_WEB_USER_HEADER": "X-Forwarded-User",
            "SCOUT_WEB_PROXIES": "10.0.0.7, fd00::/8",
            "SCOUT_WEB_OPERATORS": "alice, bob@example.org,",
            "SCOUT_WEB_HOSTS": "Scout.Example.org, scout",
        }
    )
    assert found.asks_who
    assert (found.token, found.read_token) == (TOKEN, TOKEN[::-1])
    assert found.operators == {"alice", "bob@example.org"}
    assert found.hosts == ("scout.example.org", "scout")
    assert [found.is_proxy(one) for one in ("10.0.0.7", "fd00::1", "127.0.0.1", "x")] == [
        *(True, True),
        *(False, False),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCOUT_WEB_TOKEN", "123456789abcdef"),
        ("SCOUT_WEB_TOKEN", "with a blank in the middle"),
        ("SCOUT_WEB_READ_TOKEN", "ключ-ключ-ключ-ключ"),
        ("SCOUT_WEB_USER_HEADER", "X Forwarded: User"),
        ("SCOUT_WEB_PROXIES", "10.0.0.1/8"),
        ("SCOUT_WEB_PROXIES", "proxy.example.org"),
        ("SCOUT_WEB_HOSTS", "https://scout.example.org"),
        ("SCOUT_WEB_HOSTS", "*"),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        web_settings({name: value})
    assert refused.value.hint
    if "TOKEN" in name:
        assert value not in str(refused.value)


def test_who_only_reads_has_another_token() -> None:
    with pytest.raises(ConfigError, match="SCOUT_WEB_READ_TOKEN") as refused:
        web_settings({"SCOUT_WEB_TOKEN": TOKEN, "SCOUT_WEB_READ_TOKEN": TOKEN})
    assert TOKEN not in str(refused.value)


def test_tokens_are_in_no_representation() -> None:
    found = web_settings({"SCOUT_WEB_TOKEN": TOKEN, "SCOUT_WEB_READ_TOKEN": TOKEN[::-1]})
    assert TOKEN not in repr(found)
    assert TOKEN[::-1] not in repr(found)
