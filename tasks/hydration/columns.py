"""What of a repository's payload stands in the columns of its row."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from models.text.canonical_json import dumps
from tasks.sources.payload import RepositoryPayload


def repo_columns(repo: RepositoryPayload) -> dict[str, Any]:
    """Return the columns of `repos` that come from a repository object.

    The text is hostile and is kept as it is; `parse_repository` has taken out the characters that
    no database stores.
    """
    url = repo.html_url or ""
    return {
        "description": repo.description or "",
        "language": _text_or_none(repo.language),
        "topics_json": dumps(sorted(set(repo.topics))),
        "stars": repo.stargazers_count,
        "forks": repo.forks_count,
        "open_issues": repo.open_issues_count,
        "license": _text_or_none(repo.license.spdx_id if repo.license else None),
        "pushed_at": _day_and_time(repo.pushed_at),
        "github_id": repo.id,
        "html_url": url if url.startswith(("https://", "http://")) else "",
        "payload_json": dumps(msgspec.to_builtins(repo)),
    }


def _text_or_none(text: str | None) -> str | None:
    return text or None


def _day_and_time(moment: dt.datetime | None) -> str | None:
    """Return a time as GitHub writes it; one without a zone is taken for UTC.

    One that UTC has no name for, in the first hours of year 1, is none.
    """
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    try:
        in_utc = aware.astimezone(dt.UTC)
    except OverflowError:
        return None
    # Not by strftime, whose years have fewer than four digits on some systems.
    return in_utc.replace(tzinfo=None, microsecond=0).isoformat() + "Z"
