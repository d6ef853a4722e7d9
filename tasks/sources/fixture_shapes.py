"""The parts of GitHub's and a model's payloads that must be there; other keys are let through."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
NonEmpty = Annotated[str, Meta(min_length=1)]
FullName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+\Z")]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json`: what the world is made of; `fixtures/README.md` explains each key."""

    today: dt.date
    page_size: Annotated[int, Meta(ge=1, le=100)]
    default_search: NonEmpty
    searches: dict[NonEmpty, list[NonEmpty]]
    repositories_gone: list[FullName]
    repositories_without_readme: list[FullName]
    brief_templates: Annotated[list[NonEmpty], Meta(min_length=1)]


class Bucket(Struct, frozen=True):
    """One bucket of a rate limit; `reset` is a Unix time."""

    limit: Count
    remaining: Count
    used: Count
    reset: Count


class RateLimitPayload(Struct, frozen=True):
    """`GET /rate_limit`."""

    resources: dict[NonEmpty, Bucket]
    rate: Bucket


class Owner(Struct, frozen=True):
    """The account that a repository belongs to."""

    login: NonEmpty
    id: Positive
    type: NonEmpty
    html_url: NonEmpty


class License(Struct, frozen=True):
    """A repository's licence; `spdx_id` may be `NOASSERTION`."""

    key: NonEmpty
    name: NonEmpty
    spdx_id: str | None


class Repository(Struct, frozen=True):
    """What a search item and `GET /repos/{owner}/{repo}` have in common."""

    id: Positive
    node_id: NonEmpty
    name: NonEmpty
    full_name: FullName
    owner: Owner
    private: bool
    html_url: NonEmpty
    url: NonEmpty
    description: str | None
    fork: bool
    archived: bool
    disabled: bool
    visibility: NonEmpty
    homepage: str | None
    size: Count
    stargazers_count: Count
    watchers_count: Count
    forks_count: Count
    open_issues_count: Count
    language: str | None
    license: License | None
    topics: list[str]
    default_branch: NonEmpty
    created_at: dt.datetime
    updated_at: dt.datetime
    pushed_at: dt.datetime


class SearchItem(Repository, frozen=True):
    """One item of a search page."""

    score: float


class RepositoryDetail(Repository, frozen=True):
    """`GET /repos/{owner}/{repo}`."""

    subscribers_count: Count
    network_count: Count


class SearchPayload(Struct, frozen=True):
    """`GET /search/repositories`."""

    total_count: Count
    incomplete_results: bool
    items: list[SearchItem]


class ChatMessage(Struct, frozen=True):
    """What the model said."""

    role: NonEmpty
    content: str


class Choice(Struct, frozen=True):
    """One of a completion's answers."""

    index: Count
    message: ChatMessage
    finish_reason: NonEmpty


class Usage(Struct, frozen=True):
    """What a completion cost."""

    prompt_tokens: Count
    completion_tokens: Count
    total_tokens: Count


class Completion(Struct, frozen=True):
    """An OpenAI-compatible chat completion."""

    id: NonEmpty
    object: NonEmpty
    created: Count
    model: NonEmpty
    choices: Annotated[list[Choice], Meta(min_length=1)]
    usage: Usage
