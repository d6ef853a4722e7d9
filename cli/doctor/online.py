"""`scout doctor --online`: do GitHub and the language model answer, and what would a run cost?

The only command beside live runs that uses the network, and only when it is asked to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from cli.display.terminal import age
from cli.doctor.endpoint import BODY_MAX_BYTES, Endpoint, as_object, parsed
from cli.doctor.model import look_at_embedder, look_at_model
from models.clock import Clock, from_iso, spoken, to_iso
from models.errors import ConfigError, ScoutError
from models.settings.setting import Environ

TOKEN_URL = "https://github.com/settings/personal-access-tokens"  # noqa: S105 - an address
_MAKE_TOKEN = f"Make one at {TOKEN_URL}; it needs no permission. Then set GITHUB_TOKEN."
_BUCKETS = ("core", "search")
_DAY_S = 86_400
#: A reset that was a little while ago: the window is over, and nobody asked since.
_SKEW_S = 3600.0


class Online(Struct, frozen=True):
    """Everything that was found out, and what a run of `top` repositories would cost."""

    github: Endpoint
    model: Endpoint
    cost: dict[str, Any]
    embedder: Endpoint | None = None

    @property
    def endpoints(self) -> list[Endpoint]:
        """Return everybody who was asked."""
        return [self.github, self.model, *([self.embedder] if self.embedder else [])]

    @property
    def problems(self) -> list[str]:
        """Return what keeps live runs from working."""
        return [text for one in self.endpoints for text in one.problems]

    @property
    def notes(self) -> list[str]:
        """Return what a person should know although nothing is broken."""
        return [text for one in self.endpoints for text in one.notes]

    @property
    def doubtful(self) -> bool:
        """Say whether a run may well fail although nothing is known to be broken."""
        return any(one.doubtful for one in self.endpoints)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-like data."""
        found = {"github": asdict(self.github), "model": asdict(self.model), "cost": self.cost}
        return found | ({"embedder": asdict(self.embedder)} if self.embedder else {})

    def facts(self) -> Iterator[tuple[str, str, str]]:
        """Return a label, the status of its mark, and a text for each finding."""
        now = Clock().now()
        yield "github", self.github.state, _state(self.github)
        for name, limit in self.github.limits.items():
            left = f"{name}: {limit['remaining']:,} of {limit['limit']:,} left"
            yield "", "", f"{left} {reset_words(from_iso(limit['reset_at']), now)}"
        yield "model", self.model.state, _state(self.model)
        if self.model.key:
            yield "", "", self.model.key
        if self.embedder:
            yield "embeddings", self.embedder.state, _state(self.embedder)
            if self.embedder.key:
                yield "", "", self.embedder.key
        yield "cost", "", self.cost["text"]


def reset_words(reset_at: datetime, now: datetime) -> str:
    """Return when a quota comes back, seen from now; GitHub's windows last an hour at most."""
    left_s = (reset_at - now).total_seconds()
    if 0 <= left_s < _DAY_S:
        return f"until {reset_at:%H:%M} UTC, in {spoken(left_s)}"
    if -_SKEW_S < left_s < 0:
        return f"until {reset_at:%H:%M} UTC, which is over"
    words = f"in {age(left_s).removesuffix(' ago')}" if left_s > 0 else age(-left_s)
    return f"until {reset_at:%Y-%m-%d %H:%M} UTC, {words}"


def look(top: int, environ: Environ = None) -> Online:
    """Ask GitHub for its limits and the model endpoint for its models.

    Args:
        top: The `--top` of the run whose cost is worked out.
        environ: The environment; the process's own by default.

    Raises:
        ConfigError: The HTTP library is not installed.
        InputError: `top` is out of range.
    """
    from tasks.sources.http.library import http_library

    http_library("--online")
    github = look_at_github(environ)
    return Online(
        github, look_at_model(environ), requests_needed(top, github), look_at_embedder(environ)
    )


def look_at_github(environ: Environ) -> Endpoint:
    """Ask for `GET /rate_limit`, which costs no quota."""
    from models.settings.defaults import GITHUB_URL
    from models.settings.github import github_settings
    from models.settings.github_cli import adopt_gh_token
    from models.text.clean import clean_text
    from tasks.sources.github.http import GitHubHttp

    if environ is None:
        adopt_gh_token()
    try:
        settings = github_settings(environ)
    except ConfigError as exc:
        return Endpoint(GITHUB_URL, False, problems=[f"github: {exc}"])
    found = Endpoint(settings.base_url, settings.token is not None)
    if settings.token is None:
        found.notes.append(
            "github: GITHUB_TOKEN is not set, so GitHub allows 10 searches a minute and 60 other"
            f" requests an hour. {_MAKE_TOKEN}"
        )
    headers = {"Accept": "application/vnd.github+json"}
    try:
        answer = GitHubHttp(settings).get(
            f"{settings.base_url}/rate_limit", headers, BODY_MAX_BYTES
        )
    except ScoutError as exc:
        found.problems.append(f"github: {clean_text(exc.message)}")
        return found
    found.status = answer.status
    if answer.status == 401:
        found.problems.append(
            f"github: {settings.base_url} refuses GITHUB_TOKEN (HTTP 401): it is wrong, expired or"
            f" revoked. {_MAKE_TOKEN}"
        )
    elif answer.status == 404:
        found.doubt("github: the server has no rate limits, or SCOUT_GITHUB_URL is wrong.")
    elif answer.status != 200:
        found.problems.append(f"github: {settings.base_url} answers with HTTP {answer.status}.")
    else:
        found.limits = _limits(answer.body)
        if not found.limits:
            found.problems.append(
                f"github: {settings.base_url} does not answer as GitHub does."
                " Check SCOUT_GITHUB_URL."
            )
        elif any(_is_long_past(limit["reset_at"]) for limit in found.limits.values()):
            found.doubt(
                "github: its limits were to be renewed long ago. Check the clock of this machine,"
                " and that SCOUT_GITHUB_URL is GitHub's."
            )
    return found


def requests_needed(top: int, github: Endpoint) -> dict[str, Any]:
    """Return the requests of a run, compared with what is left of GitHub's quotas."""
    from models.run_args import RunArgs
    from tasks.forecast.forecast import forecast
    from tasks.forecast.history import History

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
    resources = as_object(as_object(parsed(body)).get("resources"))
    found = {}
    for name in _BUCKETS:
        bucket = as_object(resources.get(name))
        numbers = [bucket.get(key) for key in ("limit", "remaining", "reset")]
        if all(type(number) is int and 0 <= number < 1 << 40 for number in numbers):
            reset_at = to_iso(datetime.fromtimestamp(bucket["reset"], UTC))
            found[name] = {
                "limit": bucket["limit"],
                "remaining": bucket["remaining"],
                "reset_at": reset_at,
            }
    return found


def _is_long_past(reset_at: str) -> bool:
    return (from_iso(reset_at) - Clock().now()).total_seconds() < -_SKEW_S


def _state(endpoint: Endpoint) -> str:
    if not endpoint.url:
        return "not configured"
    answered = f"HTTP {endpoint.status}" if endpoint.status else "no answer"
    token = "with" if endpoint.has_token else "without"
    text = f"{endpoint.url}: {answered}, asked {token} a token"
    if endpoint.model:
        text += f", {endpoint.model}"
    return text + (f", {endpoint.models:,} models listed" if endpoint.models is not None else "")
