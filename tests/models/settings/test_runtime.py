"""Settings come from the environment, are checked, and never show a credential."""

from __future__ import annotations

import json

import pytest

from models.errors import ConfigError, ExitCode
from models.settings.runtime import load_settings
from models.settings.urls import without_credentials


def test_without_any_variable_scout_is_embedded() -> None:
    settings = load_settings({})

    assert (settings.broker_url, settings.broker_kind) == ("", "memory")
    assert settings.database_url.startswith("sqlite:////")
    assert settings.database_url.endswith("/scout.db")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", "memory"),
        ("redis://localhost:6379/0", "redis"),
        ("rediss://host", "redis"),
        ("REDIS://host", "redis"),
        ("unix:///run/redis.sock", "redis"),
        ("amqp://host", "amqp"),
        ("amqps://host", "amqp"),
    ],
)
def test_the_broker_is_known_by_its_scheme(url: str, kind: str) -> None:
    assert load_settings({"SCOUT_BROKER_URL": url}).broker_kind == kind


@pytest.mark.parametrize(
    "url", ["http://host", "localhost:6379", "redis", "redis://[bad", "memory"]
)
def test_an_unknown_broker_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError, match="SCOUT_BROKER_URL") as refusal:
        load_settings({"SCOUT_BROKER_URL": url})
    assert refusal.value.exit_code is ExitCode.DEPENDENCY


def test_a_malformed_broker_url_keeps_its_password_to_itself() -> None:
    with pytest.raises(ConfigError, match="SCOUT_BROKER_URL") as refusal:
        load_settings({"SCOUT_BROKER_URL": "bob:hunter2@host:6379/0"})
    assert "hunter2" not in str(refusal.value)


def test_common_variables_are_honoured_as_fallbacks() -> None:
    common = {"REDIS_URL": "redis://common", "DATABASE_URL": "postgresql://common/x"}
    own = {"SCOUT_BROKER_URL": "redis://own", "SCOUT_DATABASE_URL": "postgresql://own/x"}

    assert load_settings(common).broker_url == "redis://common"
    assert load_settings(common).database_url == "postgresql://common/x"
    assert load_settings(common | own).broker_url == "redis://own"
    assert load_settings(common | own).database_url == "postgresql://own/x"
    assert load_settings(common | {"SCOUT_BROKER_URL": ""}).broker_kind == "memory"


@pytest.mark.parametrize("name", ["SCOUT_LEASE_S", "SCOUT_DATABASE_WAIT_S", "SCOUT_REPEAT_AFTER_S"])
@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "1e99", "1,5"])
def test_a_malformed_number_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_settings({name: value})


def test_numbers_are_seconds() -> None:
    settings = load_settings({"SCOUT_LEASE_S": " 2.5 ", "SCOUT_DATABASE_WAIT_S": "0"})

    assert (settings.lease_s, settings.database_wait_s) == (2.5, 0.0)
    assert load_settings({"SCOUT_LEASE_S": " "}).lease_s == load_settings({}).lease_s


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:hunter2@host:6379/0", "redis://[REDACTED]@host:6379/0"),
        ("postgresql://ada:hunter2@host/x", "postgresql://[REDACTED]@host/x"),
        ("postgresql://ada:hunter2@[::1]:5432/x", "postgresql://[REDACTED]@[::1]:5432/x"),
        ("postgresql:///x?host=/run", "postgresql:///x?host=/run"),
        (
            "postgresql:///x?user=ada&host=/run&password=hunter2",
            "postgresql:///x?user=[REDACTED]&host=/run&password=[REDACTED]",
        ),
        (
            "redis://me:hunter2@host/0?ssl_password=hunter2#x",
            "redis://[REDACTED]@host/0?ssl_password=[REDACTED]",
        ),
        ("redis://ada:hunter2@host:port/0", "redis://[REDACTED]@host:port/0"),
        ("redis://ada:hunter2@[bad", "redis://[REDACTED]@[bad"),
        ("sqlite:////data/scout.db", "sqlite:////data/scout.db"),
        ("bob:hunter2@ghe.corp/api/v3", "[REDACTED]@ghe.corp/api/v3"),
        ("bob:hunt@er2@ghe.corp/?key=hunter2", "[REDACTED]@ghe.corp/?key=[REDACTED]"),
        ("//bob:hunter2@ghe.corp", "[REDACTED]@ghe.corp"),
        ("redis://ada:p@ss/w#rd@host/0", "redis://[REDACTED]@host/0"),
        ("redis://ada:p%40ss%2Fw@host/0", "redis://[REDACTED]@host/0"),
        ("redis://a:b@one;redis://c:d@two", "redis://[REDACTED]@one;redis://[REDACTED]@two"),
        ("https://h/?next=https://a:b@c/", "https://h/?next=https://[REDACTED]@c/"),
        ("://bob:hunter2@ghe.corp", "://[REDACTED]@ghe.corp"),
        ("bob:hunter2@ghe.corp/http://x", "[REDACTED]@ghe.corp/http://x"),
        ("ghe.corp/api/v3", "ghe.corp/api/v3"),
        ("redis://ada:hun'te r2@host/0", "redis://[REDACTED]@host/0"),
        ('postgresql://ada:"hun\\ter2<@host/x', "postgresql://[REDACTED]@host/x"),
    ],
)
def test_urls_are_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_the_public_settings_and_their_digest_hold_no_credentials() -> None:
    def settings(password: str) -> object:
        return load_settings(
            {
                "SCOUT_BROKER_URL": f"redis://:{password}@host/0",
                "SCOUT_DATABASE_URL": f"postgresql:///x?password={password}",
            }
        )

    one, other = settings("hunter2"), settings("swordfish")
    assert "hunter2" not in json.dumps(one.public())  # type: ignore[attr-defined]
    assert one.config_hash() == other.config_hash()  # type: ignore[attr-defined]


def test_the_digest_tells_settings_apart() -> None:
    digests = {
        load_settings(env).config_hash()
        for env in ({}, {"SCOUT_LEASE_S": "3"}, {"SCOUT_BROKER_URL": "redis://host"})
    }
    assert len(digests) == 3
    assert load_settings({}).config_hash() in digests


@pytest.mark.parametrize("name", ["SCOUT_BROKER_URL", "SCOUT_DATABASE_URL", "REDIS_URL"])
@pytest.mark.parametrize(
    "rest",
    [
        ":EeZC9YE649s5P#12@127.0.0.1:6379/0",
        "u:EeZC9YE649s5P/12@127.0.0.1:6379/0",
        "u:EeZC9YE649s5P?12@127.0.0.1:6379/0",
        "u:hunt@EeZC9YE649s5P/12@127.0.0.1/0",
        "u:hunt@EeZC9YE649s5P?x=12@127.0.0.1/0",
        "u:EeZC9YE649s5P#12",
    ],
)
def test_a_url_that_its_password_tears_in_two_is_refused_and_not_shown(
    name: str, rest: str
) -> None:
    scheme = "postgresql" if "DATABASE" in name else "redis"
    with pytest.raises(ConfigError, match=f"{name} cannot be read") as refusal:
        load_settings({name: f"{scheme}://{rest}"})
    assert "EeZC9YE649s5P" not in str(refusal.value)
    assert "%40" in refusal.value.hint
    assert refusal.value.exit_code is ExitCode.DEPENDENCY


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@ss@host/x",
        "postgresql://u:p%2Fss@h1:5432,h2:5433/x?sslmode=require",
        "postgresql://[::1]:5432/x",
        "postgresql:///x?host=/run/postgresql",
        "sqlite:////home/me@work/scout#1.db",
    ],
)
def test_a_url_that_is_whole_is_taken(url: str) -> None:
    assert load_settings({"SCOUT_DATABASE_URL": url}).database_url == url
