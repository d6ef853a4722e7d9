"""Who is told of what, as the environment says it; an address is never shown."""

from __future__ import annotations

import pytest

from models.errors import ConfigError
from models.settings.notify import About, notify_settings
from models.settings.runtime import load_settings


def test_nobody_is_told_by_default() -> None:
    found = notify_settings({})
    assert found.receivers == ()
    assert found.about == {About.FAILED, About.STALLED}


def test_all_receivers() -> None:
    found = notify_settings(
        {
            "SCOUT_NOTIFY_ON": "failed, success",
            "SCOUT_NOTIFY_COMMAND": "tell 'two words' $HOME;",
            "SCOUT_NOTIFY_WEBHOOK": "https://hook.example/x",
            "SCOUT_NOTIFY_APPRISE": "ntfys://a/b mailto://c",
        }
    )
    assert found.receivers == ("command", "webhook", "apprise")
    assert found.command == ("tell", "two words", "$HOME;")
    assert found.about == {About.FAILED, About.SUCCESS}
    assert len(found.apprise) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCOUT_NOTIFY_ON", "failed later"),
        ("SCOUT_NOTIFY_COMMAND", "tell 'open"),
        ("SCOUT_NOTIFY_WEBHOOK", "http://hook.example/SECRET-PATH"),
        ("SCOUT_NOTIFY_WEBHOOK", "ftp://SECRET-PATH"),
        ("SCOUT_NOTIFY_WEBHOOK", "https://user:SECRET-PATH/y@hook.example/x"),
        ("SCOUT_NOTIFY_WEBHOOK", "https://user:SECRET-PATH#12@hook.example/x"),
        ("SCOUT_NOTIFY_WEBHOOK", "https://hook.example:SECRET-PATH/x"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        load_settings({name: value})
    assert "SECRET-PATH" not in str(caught.value)


def test_what_may_not_be_shown_is_in_no_representation() -> None:
    found = notify_settings(
        {
            "SCOUT_NOTIFY_COMMAND": "tell HIDDEN-word",
            "SCOUT_NOTIFY_WEBHOOK": "https://hook.example/HIDDEN-path",
            "SCOUT_NOTIFY_WEBHOOK_SECRET": "HIDDEN-secret",
            "SCOUT_NOTIFY_APPRISE": "ntfys://HIDDEN/b",
        }
    )
    assert "HIDDEN" not in repr(found)
    assert found.webhook_secret == "HIDDEN-secret"
