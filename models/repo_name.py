"""The name of a repository as a person types it: `owner/name`, or an address that was copied."""

from __future__ import annotations

import re

from models.errors import InputError

GITHUB_WEB_URL = "https://github.com"
#: GitHub's own rules: an owner has up to 39 characters, a repository up to 100.
_NAME = re.compile(r"(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}))/(?P<name>[A-Za-z0-9._-]{1,100})")
_SCHEME = re.compile(r"(?:https?://|ssh://)?(?:[\w.-]+@)?", re.IGNORECASE)
_HINT = "Give it as owner/name, or as an address such as https://github.com/owner/name."


def read_repo_name(text: str, option: str, web_url: str = GITHUB_WEB_URL) -> str:
    """Return the full name that a person means, as it was typed.

    Args:
        text: `owner/name`, or the address of a page of the repository or of its clone.
        option: What it was typed for, for the message.
        web_url: Where people see repositories; an address must lead there.

    Raises:
        InputError: It is neither.
    """
    typed = text.strip()
    host = web_url.partition("://")[2].rstrip("/").lower()
    rest = _SCHEME.sub("", typed, count=1)
    for place in dict.fromkeys((host, f"www.{host}")):
        if rest.lower().startswith((f"{place}/", f"{place}:")):
            path = re.split(r"[?#]", rest[len(place) + 1 :])[0]
            rest = "/".join(path.strip("/").split("/")[:2])
            break
    else:
        rest = typed
    found = _NAME.fullmatch(rest)
    name = found["name"].removesuffix(".git") if found else ""
    if not found or name in {"", ".", ".."}:
        raise InputError(f"{option} {text!r} is not the name of a repository.", _HINT)
    return f"{found['owner']}/{name}"
