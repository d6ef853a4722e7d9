"""Scout's settings, all from the environment; secrets stay there and are never part of this."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from models.errors import ConfigError

#: Environment variables that hold secrets; only whether they are set is ever reported.
TOKEN_VARIABLES = ("GITHUB_TOKEN", "OPENROUTER_API_KEY", "SCOUT_LLM_API_KEY")
_SECRET_PARAMETER = re.compile(
    r"([?&][^=&#]*(?:user|pass|pwd|secret|token|key)[^=&#]*=)[^&#]*", re.I
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
BROKER_KINDS = {
    "": "memory",
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "amqp": "amqp",
    "amqps": "amqp",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings of a process. Times are in seconds."""

    database_url: str
    broker_url: str
    lease_s: float
    recovery_interval_s: float
    repeat_after_s: float
    step_time_limit_s: float
    shutdown_grace_s: float
    database_wait_s: float

    @property
    def broker_kind(self) -> str:
        """Return memory, redis or amqp."""
        return BROKER_KINDS[urlsplit(self.broker_url).scheme]

    def public(self) -> dict[str, object]:
        """Return the settings without the user names and passwords of their URLs."""
        return asdict(self) | {
            "database_url": without_credentials(self.database_url),
            "broker_url": without_credentials(self.broker_url),
        }

    def config_hash(self) -> str:
        """Return a digest of the settings that is the same for the same settings."""
        from models.text.canonical_json import dumps

        return hashlib.sha256(dumps(self.public()).encode()).hexdigest()[:16]


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment describes.

    Raises:
        ConfigError: A setting is malformed; the message names the variable.
    """
    env = os.environ if environ is None else environ
    broker_url = env.get("SCOUT_BROKER_URL", env.get("REDIS_URL", "")).strip()
    if scheme_of(broker_url) not in BROKER_KINDS or ("://" not in broker_url and broker_url):
        raise ConfigError(
            f"SCOUT_BROKER_URL has an unknown scheme: {without_credentials(broker_url)!r}.",
            "Use redis://HOST:6379/0, or unset it to run without a broker.",
        )
    database_url = env.get("SCOUT_DATABASE_URL", env.get("DATABASE_URL", "")).strip()
    return Settings(
        database_url=database_url or f"sqlite:///{default_database_path()}",
        broker_url=broker_url,
        lease_s=_seconds(env, "SCOUT_LEASE_S", 15.0, low=0.5),
        recovery_interval_s=_seconds(env, "SCOUT_RECOVERY_INTERVAL_S", 2.0, low=0.05),
        repeat_after_s=_seconds(env, "SCOUT_REPEAT_AFTER_S", 10.0, low=0.1),
        step_time_limit_s=_seconds(env, "SCOUT_STEP_TIME_LIMIT_S", 1800.0, low=0.1),
        shutdown_grace_s=_seconds(env, "SCOUT_SHUTDOWN_GRACE_S", 30.0, low=0.0),
        database_wait_s=_seconds(env, "SCOUT_DATABASE_WAIT_S", 60.0, low=0.0),
    )


def default_database_path() -> Path:
    """Return where the database is kept when nothing else is said: the user's data directory."""
    from platformdirs import user_data_path

    return user_data_path("scout", appauthor=False) / "scout.db"


def scheme_of(url: str) -> str:
    """Return a URL's scheme in lower case, or `invalid` where it is no URL at all."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return "invalid"


def without_credentials(url: str) -> str:
    """Return a URL with the user name and password masked, wherever in it they stand."""
    try:
        url = _SECRET_PARAMETER.sub(r"\1[REDACTED]", url)
        if "@" in url and not _SCHEME.match(url):  # malformed: a user may be taken for a scheme
            return f"[REDACTED]@{url.rpartition('@')[2]}"
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "[REDACTED]"
    if parts.username is None and parts.password is None:
        return url
    host = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"[REDACTED]@{host}{port}"))


def _seconds(env: Mapping[str, str], name: str, default: float, *, low: float) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= 86_400 * 365:
        raise ConfigError(
            f"{name} is {text!r}, which is not a number of seconds from {low:g}.",
            f"Set {name} to a number such as {default:g}, or unset it.",
        )
    return value
