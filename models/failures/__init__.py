"""What every code means: the one catalogue that people are told from, offline and without rows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.codes import Code
from models.failures.explanation import Explanation
from models.failures.own import OWN
from models.failures.services import GITHUB, MODEL

#: Each code with what it means, in the order of `Code`.
CATALOGUE: Mapping[Code, Explanation] = MappingProxyType({**OWN, **MODEL, **GITHUB})

__all__ = ["CATALOGUE", "Explanation"]
