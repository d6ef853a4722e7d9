"""What is otherwise in the arguments of a run than in those of the run that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.run_args import RunArgs, option_of


def changes_between(old: RunArgs, new: RunArgs) -> dict[str, dict[str, Any]]:
    """Return `{"was": …, "is": …}` by the name of each argument that differs, in order."""
    was, now = old.to_dict(), new.to_dict()
    return {
        name: {"was": was[name], "is": value} for name, value in now.items() if value != was[name]
    }


def change_words(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return changes in words, such as `--top is 10, was 50`; empty without any."""
    return "; ".join(
        f"{option_of(name)} is {value_words(one['is'])}, was {value_words(one['was'])}"
        for name, one in changes.items()
    )


def value_words(value: Any) -> str:
    """Return an argument's value in words."""
    if value in (None, False) or value == []:
        return "off" if value is False else "not set"
    return "on" if value is True else repr(value) if isinstance(value, str) else str(value)
