"""What is agreed for a run beside its arguments, which say what it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class RunTerms(Struct, frozen=True, kw_only=True):
    """How a run is called.

    Attributes:
        tags: Names with values, from `models.tags.read_tags`.
    """

    tags: Mapping[str, str] = MappingProxyType({})


#: Nothing beside the arguments.
NO_TERMS = RunTerms()
