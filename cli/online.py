"""`scout doctor --online`: do GitHub and the language model answer, and what would a run cost?

The only command beside live runs that uses the network, and only when it is asked to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from models.clock import to_iso
from models.errors import ConfigError, ScoutError

TOKEN_URL = "https://github.com/settings/personal-access-tokens"  # noqa: S105 - an address
_MAKE_TOKEN = f"Make one at {TOKEN_URL}; it needs no permission. Then set GITHUB_TOKEN."
_BODY_MAX_BYTES = 8 << 20
_TIMEOUT_S = 15.0
_BUCKETS = ("core", "search")


@dataclass(slots=True)
class Endpoint:
    """What one server said.

    status: the HTTP status, or None where it did not answer. `limits` are GitHub's buckets, and
    `models` counts what a model endpoint lists; each is empty for the other.
    """

    url: str
    has_token: bool
    status: int | None = None
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    model: str | None = None
    models: int | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Online:
    """Everything that was found out, and what a run of `top` repositories would cost."""

    github: Endpoint
    model: Endpoint
    cost: dict[str, Any]

    @property
    def problems(self) -> list[str]:
        """Return what keeps live runs from working."""
        return [*self.github.problems, *self.model.problems]

    @property
    def notes(self) -> list[str]:
        """Return what a person should know although nothing is broken."""
        return [*self.github.notes, *self.model.notes]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-like data."""
        return {"github": asdict(self.github), "model": asdict(self.model), "cost": self.cost}

    def facts(self) -> Iterator[tuple[str, bool | None, str]]:
        """Return a label, whether it is well (None: neither), and a text for each finding."""
        yield "github", not self.github.problems, _state(self.github)
        for name, limit in self.github.limits.items():
            left = f"{name}: {limit['remaining']:,} of {limit['limit']:,} left"
            yield "", None, f"{left} until {limit['reset_at'][11:16]} UTC"
        yield "model", not self.model.problems, _state(self.model)
        yield "cost", None, self.cost["text"]


def look(top: int, environ: Mapping[str, str] | None = None) -> Online:
    """Ask GitHub for its limits and the model endpoint for its models.

    Args:
        top: The `--top` of the run whose cost is worked out.
        environ: The environment; the process's own by default.

    Raises:
        ConfigError: The HTTP library is not installed.
        InputError: `top` is out of range.
    """
    try:
        import httpx  # noqa: F401 - its absence deserves a better message
    except ImportError as exc:
        raise ConfigError(
            "--online needs the HTTP library httpx, which is not installed.",
            "Install it: pip install 'scout[live]'",
        ) from exc
    env = os.environ if environ is None else environ
    github = look_at_github(env)
    return Online(github, look_at_model(env), cost_of(top, github))


def look_at_github(environ: Mapping[str, str]) -> Endpoint:
    """Ask for `GET /rate_limit`, which costs no quota."""
    from tasks.sources.github_http import GitHubHttp
    from tasks.sources.github_settings import DEFAULT_URL, github_settings

    try:
        settings = github_settings(environ)
    except ConfigError as exc:
        return Endpoint(DEFAULT_URL, False, problems=[f"github: {exc}"])
    found = Endpoint(settings.base_url, settings.token is not None)
    if settings.token is None:
        found.notes.append(
            "github: GITHUB_TOKEN is not set, so GitHub allows 10 searches a minute and 60 other"
            f" requests an hour. {_MAKE_TOKEN}"
        )
    headers = {"Accept": "application/vnd.github+json"}
    try:
        answer = GitHubHttp(settings).get(
            f"{settings.base_url}/rate_limit", headers, _BODY_MAX_BYTES
        )
    except ScoutError as exc:
        found.problems.append(f"github: {_clean(exc.message)}")
        return found
    found.status = answer.status
    if answer.status == 401:
        found.problems.append(
            f"github: {settings.base_url} refuses GITHUB_TOKEN (HTTP 401): it is wrong, expired or"
            f" revoked. {_MAKE_TOKEN}"
        )
    elif answer.status == 404:
        found.notes.append("github: the server has no rate limits, or SCOUT_GITHUB_URL is wrong.")
    elif answer.status != 200:
        found.problems.append(f"github: {settings.base_url} answers with HTTP {answer.status}.")
    else:
        found.limits = _limits(answer.body)
        if not found.limits:
            found.problems.append(
                f"github: {settings.base_url} does not answer as GitHub does."
                " Check SCOUT_GITHUB_URL."
            )
    return found


def look_at_model(environ: Mapping[str, str]) -> Endpoint:
    """Ask for `GET /models` of the endpoint's base URL, which costs no token."""
    import httpx

    from tasks.sources.chat_settings import chat_settings

    try:
        settings = chat_settings(environ)
    except ConfigError as exc:
        return Endpoint("", False, problems=[f"model: {' '.join(str(exc).split())}"])
    found = Endpoint(settings.label, bool(settings.api_key), model=settings.model)
    headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    try:
        # The key is for this address only, so no redirect is followed.
        answer = httpx.get(
            f"{settings.base_url}/models",
            headers=headers,
            timeout=_TIMEOUT_S,
            follow_redirects=False,
        )
    except httpx.HTTPError as exc:
        found.problems.append(
            f"model: {settings.label} cannot be reached ({type(exc).__name__}). Check that it is"
            " running and that SCOUT_LLM_BASE_URL is right."
        )
        return found
    found.status = answer.status_code
    _judge_model(found, answer.content[:_BODY_MAX_BYTES])
    if settings.is_openrouter and not found.problems:
        found.notes.append(
            "model: OpenRouter lists its models to everybody; only a run tries the key."
        )
    return found


def cost_of(top: int, github: Endpoint) -> dict[str, Any]:
    """Return the requests of a run, compared with what is left of GitHub's quotas."""
    from models.run_args import RunArgs
    from tasks.forecast import forecast
    from tasks.history import History

    args = RunArgs(query="x", top=top).normalised()
    planned = forecast(args, History(), with_token=github.has_token)
    needed = {"core": planned.core.at_most, "search": planned.searches.at_most}
    text = (
        f"a run of --top {top} makes at most {needed['search']:,} searches and {needed['core']:,}"
        f" other requests to GitHub, and {planned.calls.at_most:,} to the model"
    )
    short = [
        f"{name} has only {github.limits[name]['remaining']:,} left"
        for name in _BUCKETS
        if name in github.limits and github.limits[name]["remaining"] < needed[name]
    ]
    if short:
        text += f"; {' and '.join(short)}, so it would wait for the next window"
    elif github.limits:
        text += "; that is less than what is left"
    fits = None if not github.limits else not short
    return {"top": top, "requests": needed, "calls": planned.calls.at_most, "fits": fits} | {
        "text": text + "."
    }


def _limits(body: bytes) -> dict[str, dict[str, Any]]:
    """Return limit, remaining and reset of the buckets that Scout draws on."""
    resources = _object(_object(_json(body)).get("resources"))
    found = {}
    for name in _BUCKETS:
        bucket = _object(resources.get(name))
        numbers = [bucket.get(key) for key in ("limit", "remaining", "reset")]
        if all(type(number) is int and 0 <= number < 1 << 40 for number in numbers):
            reset_at = to_iso(datetime.fromtimestamp(bucket["reset"], UTC))
            found[name] = {
                "limit": bucket["limit"],
                "remaining": bucket["remaining"],
                "reset_at": reset_at,
            }
    return found


def _judge_model(found: Endpoint, body: bytes) -> None:
    if found.status in {401, 403}:
        key = "the key" if found.has_token else "requests without a key"
        found.problems.append(
            f"model: {found.url} refuses {key} (HTTP {found.status})."
            " Set SCOUT_LLM_API_KEY, or OPENROUTER_API_KEY for OpenRouter."
        )
    elif found.status in {404, 405, 501}:
        found.notes.append(
            f"model: {found.url} answers, but does not list its models (HTTP {found.status})."
            " Where a run fails as well, check SCOUT_LLM_BASE_URL; it often ends in /v1."
        )
    elif found.status != 200:
        found.problems.append(f"model: {found.url} answers with HTTP {found.status}.")
    else:
        listed = _object(_json(body)).get("data")
        names = [_object(one).get("id") for one in listed] if isinstance(listed, list) else []
        found.models = len(names)
        if names and not {found.model, f"{found.model}:latest"} & set(map(str, names)):
            found.notes.append(
                f"model: {found.url} does not list {found.model}. Check SCOUT_LLM_MODEL."
            )


def _state(endpoint: Endpoint) -> str:
    if not endpoint.url:
        return "not configured"
    answered = f"HTTP {endpoint.status}" if endpoint.status else "no answer"
    token = "with" if endpoint.has_token else "without"
    text = f"{endpoint.url}: {answered}, asked {token} a token"
    if endpoint.model:
        text += f", {endpoint.model}"
    return text + (f", {endpoint.models:,} models listed" if endpoint.models is not None else "")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _clean(text: str) -> str:
    from models.redaction import default_redactor

    return default_redactor().redact_text(text)
