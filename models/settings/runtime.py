"""What every process works with: database, broker and times; secrets are never part of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from msgspec import Struct, to_builtins

from models.errors import ConfigError
from models.retention import RetentionPolicy
from models.settings import table
from models.settings.data_folder import data_folder
from models.settings.notify import notify_settings
from models.settings.retries import StepTries
from models.settings.setting import Environ
from models.settings.urls import is_torn, scheme_of, without_credentials

BROKER_KINDS = {
    "": "memory",
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "redis+sentinel": "redis",
    "rediss+sentinel": "redis",
    "amqp": "amqp",
    "amqps": "amqp",
}

DEFAULT_NAMESPACE = "scout"
_NAMESPACE = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Settings(Struct, frozen=True):
    """The effective settings of a process. Times are in seconds."""

    database_url: str
    broker_url: str
    lease_s: float
    recovery_interval_s: float
    repeat_after_s: float
    step_time_limit_s: float
    shutdown_grace_s: float
    database_wait_s: float
    handoff: str = "thread"
    broker_namespace: str = DEFAULT_NAMESPACE
    retention: RetentionPolicy | None = None
    retries: Mapping[str, StepTries] = MappingProxyType({})

    @property
    def broker_kind(self) -> str:
        """Return memory, redis or amqp."""
        return BROKER_KINDS[urlsplit(self.broker_url).scheme]

    def public(self) -> dict[str, object]:
        """Return the settings without the user names and passwords of their URLs."""
        told: dict[str, object] = to_builtins(self)
        return told | {
            "database_url": without_credentials(self.database_url),
            "broker_url": without_credentials(self.broker_url),
        }

    def config_hash(self) -> str:
        """Return a digest of the settings that is the same for the same settings."""
        from models.text.canonical_json import dumps

        return hashlib.sha256(dumps(self.public()).encode()).hexdigest()[:16]


def load_settings(environ: Environ = None) -> Settings:
    """Return the settings that the environment describes.

    Raises:
        ConfigError: A setting is malformed; the message names the variable.
    """
    broker_url = table.BROKER_URL.text(environ)
    brokers = _each(broker_url)
    kinds = {BROKER_KINDS.get(scheme_of(one)) for one in brokers}
    if None in kinds or len(kinds) > 1 or ("://" not in broker_url and broker_url):
        raise table.BROKER_URL.refused(broker_url, "of an unknown scheme", environ=environ)
    database_url = table.DATABASE_URL.text(environ)
    if any(map(is_torn, brokers)):
        raise table.BROKER_URL.torn(environ)
    if is_torn(database_url):
        raise table.DATABASE_URL.torn(environ)
    notify_settings(environ)  # refused at the start of a process, and kept out of what is stored
    return Settings(
        database_url=database_url or f"sqlite:///{default_database_path()}",
        broker_url=broker_url,
        lease_s=table.LEASE_S.read(environ),
        recovery_interval_s=table.RECOVERY_INTERVAL_S.read(environ),
        repeat_after_s=table.REPEAT_AFTER_S.read(environ),
        step_time_limit_s=table.STEP_TIME_LIMIT_S.read(environ),
        shutdown_grace_s=table.SHUTDOWN_GRACE_S.read(environ),
        database_wait_s=table.DATABASE_WAIT_S.read(environ),
        handoff=table.HANDOFF.read(environ),
        broker_namespace=_namespace(broker_url, environ),
        retention=table.RETENTION.read(environ),
        retries=table.RETRIES.read(environ),
    )


def _each(broker_url: str) -> list[str]:
    """Return the addresses of the servers; those of a RabbitMQ cluster stand side by side."""
    is_amqp = BROKER_KINDS.get(scheme_of(broker_url)) == "amqp"
    return broker_url.split(";") if is_amqp else [broker_url]


def _namespace(broker_url: str, environ: Environ) -> str:
    setting = table.BROKER_NAMESPACE
    text = setting.text(environ)
    if not text:
        return DEFAULT_NAMESPACE
    if not _NAMESPACE.fullmatch(text):
        raise setting.refused(text, "no name that keys can begin with", environ=environ)
    if BROKER_KINDS[scheme_of(broker_url)] == "amqp" and text != DEFAULT_NAMESPACE:
        hint = "Give each database a virtual host: SCOUT_BROKER_URL=amqp://HOST/NAME"
        raise setting.refused(text, "for Redis only, and the broker is RabbitMQ", hint)
    return text


def default_database_path() -> Path:
    """Return where the database is kept when nothing else is said: the user's data directory.

    Raises:
        ConfigError: The user has no home.
    """
    try:
        return data_folder() / "scout.db"
    except RuntimeError as exc:
        hint = f"Set {table.DATABASE_URL.name} to sqlite:////absolute/path.db."
        raise ConfigError("There is no home folder for the database.", hint) from exc
