"""GitHub's repository object: the fields that Scout uses, checked where they come in."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from models.codes import Code
from models.errors import PermanentError
from models.text.storable import storable_tree
from tasks.sources.interface import Payload

#: The widest integer that the columns hold on PostgreSQL.
INTEGER_MAX = 2**31 - 1

Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
FullName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+\Z", max_length=200)]


class LicensePayload(Struct, frozen=True):
    """A repository's licence."""

    spdx_id: str | None = None


class RepositoryPayload(Struct, frozen=True):
    """What a search item and `GET /repos/{owner}/{repo}` both say; other keys are let through.

    Only what every GitHub answers is demanded; older servers lack `topics`, for example.
    """

    full_name: FullName
    stargazers_count: Count
    description: str | None = None
    language: str | None = None
    topics: tuple[str, ...] = ()
    forks_count: Count = 0
    open_issues_count: Count = 0
    license: LicensePayload | None = None
    pushed_at: dt.datetime | None = None
    created_at: dt.datetime | None = None
    html_url: str | None = None
    homepage: str | None = None
    default_branch: str | None = None
    archived: bool = False
    fork: bool = False
    id: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    mirror_url: str | None = None
    is_template: bool = False
    has_issues: bool | None = None
    has_discussions: bool | None = None


# Worked out now: msgspec does it when a type is first used, and the process crashes if a second
# thread uses it meanwhile (docs/decisions.md, trap 24).
msgspec.json.Decoder(RepositoryPayload)


def parse_repository(
    payload: Payload, asked_for: str, *, from_fixture: bool = False
) -> RepositoryPayload:
    """Return the checked fields of a repository object.

    Args:
        payload: What GitHub sent.
        asked_for: What was asked, for the message.
        from_fixture: Whether a file is to blame, or a server.

    Raises:
        PermanentError: A field is missing, or its name or its stars are not as GitHub documents
            them; in a fixture, any field.
    """
    # Storable first: at a lone surrogate in a date, a number or a key msgspec breaks off.
    try:
        fields = storable_tree(payload)
        try:
            return msgspec.convert(fields, RepositoryPayload)
        except msgspec.ValidationError:
            if from_fixture:
                raise
            return msgspec.convert(_without_odd_ones(fields), RepositoryPayload)
    except (msgspec.ValidationError, RecursionError) as exc:
        raise PermanentError(
            f"GitHub's answer to {asked_for} is not a repository as its API documents it: {exc}.",
            "Correct the fixture of that name."
            if from_fixture
            else "Check that SCOUT_GITHUB_URL is the base of GitHub's REST API.",
            code=Code.FIXTURE_BROKEN if from_fixture else Code.GITHUB_URL_WRONG,
        ) from exc


def _without_odd_ones(fields: Payload) -> dict[str, Any]:
    """Return what may be missing only where it is as it should be: it is no reason for a loss."""
    return {
        one.name: fields[one.name]
        for one in msgspec.structs.fields(RepositoryPayload)
        if one.name in fields and (one.required or _fits(fields[one.name], one.type))
    }


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True
